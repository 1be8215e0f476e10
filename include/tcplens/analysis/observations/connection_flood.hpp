// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// The most of some connections that were open at once. They are open from their first packet to their last.
/// @pre the group is in the order of time
[[nodiscard]] inline std::size_t most_at_once(contact_group group) {
    std::vector<timestamp> ends;
    ends.reserve(group.size());
    for (const contact* each : group) ends.push_back(each->last);
    std::sort(ends.begin(), ends.end());
    std::size_t begun = 0;
    std::size_t ended = 0;
    std::size_t most = 0;
    for (const contact* each : group) {
        ++begun;
        while (ended < ends.size() && ends[ended] <= each->first) ++ended;
        if (begun > ended) most = (std::max)(most, begun - ended); // a clock that runs back ends some too early
    }
    return most;
}

/// Whether so many may have been open at once. False is certain, and cheap.
/// @pre the group is in the order of time
[[nodiscard]] inline bool may_be_open_at_once(contact_group group, double many) noexcept {
    if (static_cast<double>(group.size()) < many) return false;
    const auto others = static_cast<std::size_t>((std::max)(std::ceil(many) - 1, 0.0));
    for (std::size_t i = 0; i + others < group.size(); ++i) {
        if (group[i]->last > group[i + others]->first) return true;
    }
    return false;
}

/// The contacts of a pair that were established: mostly all of them, otherwise `some` has them.
[[nodiscard]] inline contact_group held_of(contact_group pair, std::vector<const contact*>& some) {
    constexpr outcome_set open_ones{outcome::answered, outcome::idle, outcome::stalled};
    const auto was_open = [&](const contact& of) { return open_ones.has(of.came_out); };
    if (std::all_of(pair.begin(), pair.end(), [&](const contact* of) { return was_open(*of); })) return pair;
    some = select(pair, was_open);
    return some;
}

/// A service, or a source, with many connections that were established and stayed without data; and a source that holds many connections
/// to one service at once. The numbers are ours.
template <class Observed>
void find_connection_floods(const Observed& in, findings& found) {
    const auto is_idle = [&](const contact& of) {
        return of.came_out == outcome::idle && of.last - of.first >= in.options.idle_time;
    };
    const auto observe_group = [&](const observation::subject_type& subject, contact_group group, std::size_t value,
                                   double threshold, std::string_view name, auto text) {
        if (!in.reaches(value, threshold)) return;
        if (!found.wants(static_cast<double>(in.estimate(value)), group[0]->first)) return;
        observation made = observe(observation_kind::connection_flood, observation_category::flood, subject, group);
        made.value = static_cast<double>(in.estimate(value));
        made.threshold = threshold;
        made.threshold_source = "ours";
        const std::size_t sources = count_distinct(group, [](const contact& of) { return of.source.address; });
        made.counts = {{name, in.estimate(value)},
                       {"connections", in.estimate(group.size())},
                       {"distinct_sources", in.estimate(sources)}};
        made.limits = "Connections that are kept in reserve look the same.";
        made.text = text();
        found.add(std::move(made));
    };
    const std::string without_data =
        " without data for " + std::to_string(in.options.idle_time.count()) + " s or longer.";
    const auto idle = in.count({outcome::idle}) > 0 ? select(in.unanswered, is_idle) : std::vector<const contact*>{};
    const auto all_idle = static_cast<double>(idle.size());
    const auto counts = [](const contact&) { return true; };
    const group_rule enough{in.least(in.options.idle_connections), counts, counts, idle, idle};
    const auto observe_service = [&](contact_group group) {
        const endpoint& target = group[0]->target;
        observe_group({.target = target.address, .port = target.port}, group, group.size(), in.options.idle_connections,
                      "idle_connections", [&] {
                          return to_string(target) + " has " +
                                 counted(in.estimate(group.size()), "established connection") + without_data;
                      });
    };
    for_each_group(shared_key<shared::service>{in.keys}, enough, all_idle, observe_service);
    const auto observe_source = [&](contact_group group) {
        const address& source = group[0]->source.address;
        if (count_distinct(group, [](const contact& of) { return of.target; }) < 2) return; // told above
        observe_group({.source = source}, group, group.size(), in.options.idle_connections, "idle_connections", [&] {
            return to_string(source) + " holds " + counted(in.estimate(group.size()), "established connection") +
                   without_data;
        });
    };
    for_each_group(shared_key<shared::source>{in.keys}, enough, all_idle, observe_source);
    const double least_open = in.least(in.options.open_connections);
    in.pairs->for_each([&](contact_group pair) {
        if (static_cast<double>(pair.size()) < least_open) return;
        std::vector<const contact*> some;
        const contact_group group = held_of(pair, some);
        if (!may_be_open_at_once(group, least_open)) return;
        const address& source = group[0]->source.address;
        const endpoint& target = group[0]->target;
        const std::size_t open = most_at_once(group);
        observe_group({.source = source, .target = target.address, .port = target.port}, group, open,
                      in.options.open_connections, "open_at_once", [&] {
                          return to_string(source) + " held " + counted(in.estimate(open), "connection") + " to " +
                                 to_string(target) + " at once.";
                      });
    });
}
} // namespace tcplens::inline v1::detail::observing
