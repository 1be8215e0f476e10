// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// Connections with data of which one direction alone was captured: nothing can be said about the other. The number is ours.
inline void find_capture_limits(const observed_contacts& in, std::vector<observation>& found) {
    const auto one_sided = [](const contact& of) { return of.one_sided ? std::optional{true} : std::nullopt; };
    for_each_group(in.contacts, one_sided, [&](bool, contact_group group) {
        const auto value = static_cast<double>(in.estimate(group.size()));
        if (!in.reaches(group.size(), in.options.one_sided)) return;
        observation made = observe(observation_kind::capture_limits, observation_category::capture, {}, group);
        made.value = value;
        made.threshold = in.options.one_sided;
        made.threshold_source = "ours";
        made.counts = {{"one_sided_connections", in.estimate(group.size())},
                       {"connections", in.estimate(in.contacts.size())}};
        made.limits = "The other direction may have taken another path, or a filter left it out.";
        made.text =
            "Of " + counted(in.estimate(group.size()), "connection") + " with data one direction alone was captured.";
        found.push_back(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
