// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <string>
#include <utility>

namespace tcplens::inline v1::detail::observing {

/// One source, one target: at least so many distinct ports that failed within five minutes. Source: Zeek's policy script scan.zeek
/// (15 ports in 5 minutes). Whatever the probe was: SYN, ACK, FIN, NULL.
template <class Observed>
void find_port_scans(const Observed& in, findings& found) {
    const double least = in.least(in.options.port_scan);
    for_each_group<shared::path>(in, least, failures, failures, [&](contact_group group) {
        const auto distinct_ports = [](contact_group part) {
            return count_distinct(part, [](const contact& of) { return of.target.port; });
        };
        const auto [part, ports] = best_window(group, scan_unit, scan_units, distinct_ports);
        if (!in.reaches(ports, in.options.port_scan)) return;
        const auto value = static_cast<double>(in.estimate(ports));
        if (!found.wants(value, part[0]->first)) return;
        const address& source = part[0]->source.address;
        const address& target = part[0]->target.address;
        observation made = observe(observation_kind::port_scan, observation_category::reconnaissance,
                                   {.source = source, .target = target}, part);
        made.value = value;
        made.threshold = in.options.port_scan;
        made.threshold_source = "Zeek's scan policy: 15 ports of one host in 5 minutes";
        made.counts = {{"ports_in_5_minutes", in.estimate(ports)},
                       {"ports", in.estimate(distinct_ports(group))},
                       {"failed_connections", in.estimate(group.size())}};
        made.limits = "A client that tries many closed ports on purpose looks the same.";
        made.text = to_string(source) + " failed at " + counted(in.estimate(ports), "port") + " of " +
                    to_string(target) + " within five minutes.";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
