// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "contact_groups.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A source that comes back to one service at regular intervals: skew and spread of intervals and sizes. Source: RITA (Bowley's skew,
/// the median absolute deviation).
template <class Observed>
void find_regular_contacts(const Observed& in, findings& found) {
    if (in.level > 0) return;            // a sample has no intervals
    constexpr double least_interval = 1; // seconds: faster repetitions are one action of a program
    in.pairs->for_each([&](contact_group group) {
        if (static_cast<double>(group.size()) < in.options.regular_contacts || group.size() < 3) return;
        std::vector<double> intervals;
        for (std::size_t i = 1; i < group.size(); ++i) {
            const std::chrono::duration<double> interval = group[i]->first - group[i - 1]->first;
            intervals.push_back(interval.count());
        }
        const double interval = median(intervals);
        if (interval < least_interval) return;
        const double spread = median_deviation(intervals, interval) / interval;
        if (spread > in.options.regular_spread) return;
        if (!found.wants(spread, group[0]->first)) return;
        const address& source = group[0]->source.address;
        const endpoint& target = group[0]->target;
        std::vector<double> sizes;
        for (const contact* each : group) sizes.push_back(static_cast<double>(each->bytes_out));
        const double size = median(sizes);
        observation made = observe(observation_kind::regular_contact, observation_category::transfer,
                                   {.source = source, .target = target.address, .port = target.port}, group);
        made.value = spread;
        made.threshold = in.options.regular_spread;
        made.threshold_source = "RITA compares the same numbers; the bound is ours and an upper one";
        const auto milli = [](double of) { return static_cast<std::uint64_t>(std::llround(of * 1000)); };
        made.counts = {{"connections", group.size()},
                       {"interval_ms", milli(interval)},
                       {"interval_deviation_ms", milli(spread * interval)},
                       {"interval_skew_per_mille_above_minus_1000", milli(bowley_skew(intervals) + 1)},
                       {"bytes_out", static_cast<std::uint64_t>(size)},
                       {"bytes_out_deviation", static_cast<std::uint64_t>(median_deviation(sizes, size))}};
        made.limits = "Whatever polls on purpose is as regular: monitors, mail clients, updates.";
        made.text = to_string(source) + " opened " + counted(group.size(), "connection") + " to " + to_string(target) +
                    ", one every " + std::to_string(milli(interval)) + " ms give or take " +
                    std::to_string(milli(spread * interval)) + " ms.";
        found.add(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
