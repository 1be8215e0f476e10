// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace tcplens::inline v1::detail::observing {

/// SYN-ACKs and RSTs of one end that answer nothing in the capture: what the victim of a flood sends to forged sources. Source: Moore,
/// Voelker, Savage: Inferring Internet Denial-of-Service Activity, 2001 (25 packets). The same packets to one target from many ends are
/// a reflection.
template <class Observed>
void find_backscatter(const Observed& in, findings& found) {
    const auto packets_of = [](contact_group group) {
        std::uint64_t packets = 0;
        for (const contact* each : group) packets += each->packets_out;
        return packets;
    };
    const auto observe_group = [&](const observation::subject_type& subject, contact_group group, std::uint64_t packets,
                                   std::uint64_t others, auto text) {
        if (!found.wants(static_cast<double>(packets), group[0]->first)) return;
        observation made = observe(observation_kind::backscatter, observation_category::flood, subject, group);
        made.value = static_cast<double>(packets);
        made.threshold = in.options.backscatter;
        made.threshold_source = "Moore et al. 2001: 25 packets";
        made.counts = {{"packets", packets}, {"other_ends", others}};
        made.limits = "Where one direction alone was captured, ordinary answers look unsolicited.";
        made.text = text();
        found.add(std::move(made));
    };
    const auto own_packets = [](const contact& of) {
        return of.came_out == outcome::unsolicited ? std::uint64_t{of.packets_out} : 0;
    };
    const auto is_unsolicited = [](const contact& of) { return of.came_out == outcome::unsolicited; };
    if (in.count({outcome::unsolicited}) == 0) return;
    const auto unsolicited = select(in.unanswered, is_unsolicited);
    const group_rule enough{in.least(in.options.backscatter), own_packets, is_unsolicited, unsolicited, unsolicited};
    const auto all_packets = static_cast<double>(packets_of(unsolicited));
    for_each_group(shared_key<shared::source>{in.keys}, enough, all_packets, [&](contact_group group) {
        const address& source = group[0]->source.address;
        const std::uint64_t packets = packets_of(group) << in.level;
        if (!in.reaches(packets_of(group), in.options.backscatter)) return;
        const auto targets = in.estimate(count_distinct(group, [](const contact& of) { return of.target.address; }));
        observe_group({.source = source}, group, packets, targets, [&] {
            return to_string(source) + " sent " + counted(packets, "SYN-ACK or RST segment") + " to " +
                   counted(targets, "host") + " that asked for none in this capture.";
        });
    });
    for_each_group(shared_key<shared::target>{in.keys}, enough, all_packets, [&](contact_group group) {
        const address& target = group[0]->target.address;
        const std::uint64_t packets = packets_of(group) << in.level;
        if (!in.reaches(packets_of(group), in.options.backscatter)) return;
        const auto sources = in.estimate(count_distinct(group, [](const contact& of) { return of.source.address; }));
        if (sources < 2) return; // its one source is observed already
        observe_group({.target = target}, group, packets, sources, [&] {
            return to_string(target) + " got " + counted(packets, "SYN-ACK or RST segment") + " from " +
                   counted(sources, "host") + " that it asked for nothing in this capture.";
        });
    });
}
} // namespace tcplens::inline v1::detail::observing
