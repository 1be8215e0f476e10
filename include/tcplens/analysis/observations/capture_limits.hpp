// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// What the capture itself cannot show: connections of which one direction alone was captured, of which it lost packets, or has samples
/// only; and clocks of the two directions that differ. The numbers are ours.
template <class Observed>
void find_capture_limits(const Observed& in, findings& found) {
    const auto observe_those = [&](std::size_t count, auto condition, double threshold, std::string_view name,
                                   std::string_view limits, std::string_view what) {
        if (count == 0 || !in.reaches(count, threshold)) return;
        const auto group = select(in.contacts, condition);
        const auto value = static_cast<double>(in.estimate(group.size()));
        if (!found.wants(value, group[0]->first)) return;
        observation made = observe(observation_kind::capture_limits, observation_category::capture, {}, group);
        made.value = value;
        made.threshold = threshold;
        made.threshold_source = "ours";
        made.counts = {{name, in.estimate(group.size())}, {"connections", in.estimate(in.contacts.size())}};
        made.limits = limits;
        made.text = "Of " + counted(in.estimate(group.size()), "connection") + ' ' + std::string{what};
        found.add(std::move(made));
    };
    observe_those(
        in.counts.one_sided, [](const contact& of) { return of.one_sided; }, in.options.one_sided,
        "one_sided_connections", "The other direction may have taken another path, or a filter left it out.",
        "with data one direction alone was captured.");
    observe_those(
        in.counts.lost, [](const contact& of) { return of.lost; }, in.options.incomplete, "incomplete_connections",
        "What was lost before the capture looks like what the capture lost.",
        "some segments that arrived are not in the capture.");
    observe_those(
        in.counts.sampled, [](const contact& of) { return of.sampled; }, in.options.incomplete, "sampled_connections",
        "What lies between the samples is not known.", "the capture holds samples only.");
    if (in.skew == nullptr || static_cast<double>(in.skew->skewed) < in.options.skewed || in.contacts.empty()) return;
    const auto value = static_cast<double>(in.skew->skewed);
    if (!found.wants(value, in.contacts[0]->first)) return;
    observation made = observe(observation_kind::capture_limits, observation_category::capture, {}, in.contacts);
    made.value = value;
    made.threshold = in.options.skewed;
    made.threshold_source = "ours: answers that were captured before what they answer";
    const auto nanoseconds = [](const auto& bound) { return bound ? static_cast<std::uint64_t>(bound->count()) : 0; };
    made.counts = {{"skewed_connections", in.skew->skewed},
                   {"varying_connections", in.skew->varying},
                   {"connections", in.skew->connections},
                   {"skew_at_least_ns", nanoseconds(in.skew->at_least)}};
    made.limits = "The evidence names the first connections of the capture, whichever prove the skew.";
    made.text = counted(in.skew->skewed, "connection") + " of " + std::to_string(in.skew->connections) +
                " show answers before what they answer: the two directions have different clocks.";
    found.add(std::move(made));
}
} // namespace tcplens::inline v1::detail::observing
