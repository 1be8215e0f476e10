// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace tcplens::inline v1::detail::observing {

/// Segments that open no connection and wait for a RST: NULL, FIN, Xmas and SYN with FIN, and ACKs on no connection. Source: nmap's
/// documentation of its scan types.
template <class Observed>
void find_stealth_probes(const Observed& in, findings& found) {
    constexpr outcome_set probes{outcome::odd_probe, outcome::ack_probe};
    for_each_group<shared::source>(in, 1, probes, probes, [&](contact_group group) {
        const address& source = group[0]->source.address;
        const auto odd = select(group, [](const contact& of) { return of.came_out == outcome::odd_probe; });
        const auto acks = select(group, [](const contact& of) { return of.came_out == outcome::ack_probe; });
        const std::uint64_t ack_targets = count_distinct(acks, [](const contact& of) { return of.target; });
        const auto odd_count = static_cast<double>(in.estimate(odd.size()));
        const auto ack_count = static_cast<double>(in.estimate(ack_targets));
        const bool are_odd = !odd.empty() && in.reaches(odd.size(), in.options.stealth_probes);
        if (!are_odd && !in.reaches(ack_targets, in.options.ack_probes)) return;
        const double value = are_odd ? odd_count : ack_count;
        const contact_group evidence = are_odd ? contact_group{odd} : group;
        if (!found.wants(value, evidence[0]->first)) return;
        observation made = observe(observation_kind::stealth_probe, observation_category::reconnaissance,
                                   {.source = source}, evidence);
        made.value = value;
        made.threshold = are_odd ? in.options.stealth_probes : in.options.ack_probes;
        made.threshold_source = "nmap's scan types; the number is ours";
        made.counts = {{"odd_probes", in.estimate(odd.size())}, {"ack_targets", in.estimate(ack_targets)}};
        made.limits = "ACKs of a connection that is older than the capture look like probes.";
        made.text = to_string(source) + " sent " + counted(in.estimate(odd.size()), "probe") +
                    " with the flags of NULL, FIN, Xmas or SYN+FIN scans, and ACKs on no connection to " +
                    counted(in.estimate(ack_targets), "endpoint") + ".";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
