// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "contact_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace tcplens::inline v1::detail::observing {

/// A service with many attempts a second, or many that are half open within a minute, of which less than half were completed. Source:
/// RFC 4987 describes the attack; the numbers are ours.
template <class Observed>
void find_syn_floods(const Observed& in, findings& found) {
    constexpr std::chrono::seconds second{1};
    constexpr std::chrono::minutes half_open_time{1}; // a SYN-ACK is sent for about so long by default
    constexpr outcome_set attempts_of_all = outcome_set::all() - outcome_set{outcome::midstream, outcome::unsolicited,
                                                                             outcome::odd_probe, outcome::ack_probe};
    constexpr outcome_set completed_ones{outcome::answered, outcome::idle, outcome::reset_at_once,
                                         outcome::reset_after_data};
    const auto is_completed = [&](const contact& of) { return completed_ones.has(of.came_out); };
    // A refused attempt leaves nothing half open.
    const auto stays_open = [](const contact& of) {
        return of.came_out == outcome::ignored || of.came_out == outcome::half_open;
    };
    // Of a flood at least so many are not completed.
    const double least = in.least((std::min)(in.options.syn_rate, in.options.half_open));
    const double failed = (1 - in.options.syn_completed) * least;
    constexpr outcome_set not_completed = attempts_of_all - completed_ones;
    for_each_group<shared::service>(in, failed, not_completed, attempts_of_all, [&](contact_group group) {
        const auto [burst, attempts] = best_window(group, second, 1, [](contact_group part) { return part.size(); });
        const auto open = select(group, stays_open);
        const auto [waiting, half_open] =
            best_window(contact_group{open}, half_open_time, 1, [](contact_group part) { return part.size(); });
        const auto rate = static_cast<double>(in.estimate(attempts));
        const auto at_once = static_cast<double>(in.estimate(half_open));
        const bool by_rate = in.reaches(attempts, in.options.syn_rate);
        if (!by_rate && !in.reaches(half_open, in.options.half_open)) return;
        const contact_group part = by_rate ? burst : waiting;
        const std::size_t completed = select(part, is_completed).size();
        if (static_cast<double>(completed) >= in.options.syn_completed * static_cast<double>(part.size())) return;
        const double value = by_rate ? rate : at_once;
        if (!found.wants(value, part[0]->first)) return;
        const std::size_t sources = count_distinct(part, [](const contact& of) { return of.source.address; });
        const endpoint& target = group[0]->target;
        observation made = observe(observation_kind::syn_flood, observation_category::flood,
                                   {.target = target.address, .port = target.port}, part);
        made.value = value;
        made.threshold = by_rate ? in.options.syn_rate : in.options.half_open;
        made.threshold_source = by_rate ? "attempts a second; ours, the attack is RFC 4987's"
                                        : "half open within a minute; ours, the attack is RFC 4987's";
        made.counts = {{"attempts_in_1_second", in.estimate(attempts)},
                       {"half_open_in_1_minute", in.estimate(half_open)},
                       {"completed", in.estimate(completed)},
                       {"distinct_sources", in.estimate(sources)},
                       {"attempts", in.estimate(group.size())}};
        made.limits =
            "Sources may be forged. A service whose answers were not captured looks flooded at the same rate.";
        made.text = to_string(target) + " got " + counted(in.estimate(part.size()), "attempt") + " from " +
                    counted(in.estimate(sources), "source") + (by_rate ? " within a second" : " within a minute") +
                    ", and " + std::to_string(in.estimate(completed)) + " of them were completed.";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
