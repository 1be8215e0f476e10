// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// One source, one port: at least so many distinct hosts that failed within five minutes. Source: Zeek's policy script scan.zeek
/// (25 hosts in 5 minutes). Whatever the probe was: SYN, ACK, FIN, NULL.
template <class Observed>
void find_address_scans(const Observed& in, findings& found) {
    const auto port_of = [](const contact& of) {
        return is_failure(of.came_out) ? std::optional{std::pair{of.source.address, of.target.port}} : std::nullopt;
    };
    for_each_group(in.contacts, in.least(in.options.address_scan), port_of, [&](const auto& key, contact_group group) {
        const auto distinct_hosts = [](contact_group part) {
            return count_distinct(part, [](const contact& of) { return std::pair{of.target.address, of.network}; });
        };
        const auto [part, hosts] = best_window(group, scan_unit, scan_units, distinct_hosts);
        if (!in.reaches(hosts, in.options.address_scan)) return;
        const auto value = static_cast<double>(in.estimate(hosts));
        if (!found.wants(value, part[0]->first)) return;
        const auto& [source, port] = key;
        observation made = observe(observation_kind::address_scan, observation_category::reconnaissance,
                                   {.source = source, .port = port}, part);
        made.value = value;
        made.threshold = in.options.address_scan;
        made.threshold_source = "Zeek's scan policy: 25 hosts at one port in 5 minutes";
        made.counts = {{"hosts_in_5_minutes", in.estimate(hosts)},
                       {"hosts", in.estimate(distinct_hosts(group))},
                       {"failed_connections", in.estimate(group.size())}};
        made.limits = "Where the capture lost the answers, ordinary connections look like failed ones.";
        made.text = to_string(source) + " failed at port " + std::to_string(port) + " of " +
                    counted(in.estimate(hosts), "host") + " within five minutes.";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
