// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace tcplens::inline v1::detail::observing {

/// One source, one port: at least so many distinct hosts that failed within five minutes. Source: Zeek's policy script scan.zeek
/// (25 hosts in 5 minutes). Whatever the probe was: SYN, ACK, FIN, NULL.
template <class Observed>
void find_address_scans(const Observed& in, findings& found) {
    const auto port_of = [](const contact& of) { return of.target.port; };
    const auto failed = [](const contact& of) { return failures.has(of.came_out); };
    const double least = in.least(in.options.address_scan);
    const group_rule enough{least, failed, failed, in.among(failures), in.among(failures)};
    const auto failed_count = static_cast<double>(in.count(failures));
    for_each_group(source_and{in.keys, port_of}, enough, failed_count, [&](contact_group group) {
        const auto distinct_hosts = [](contact_group part) {
            return count_distinct(part, [](const contact& of) { return std::pair{of.target.address, of.network}; });
        };
        const auto [part, hosts] = best_window(group, scan_unit, scan_units, distinct_hosts);
        if (!in.reaches(hosts, in.options.address_scan)) return;
        const auto value = static_cast<double>(in.estimate(hosts));
        if (!found.wants(value, part[0]->first)) return;
        const address& source = part[0]->source.address;
        const std::uint16_t port = part[0]->target.port;
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
