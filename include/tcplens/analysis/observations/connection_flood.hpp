// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// The most of some connections that were open at once. They are open from their first packet to their last.
template <class Contact>
[[nodiscard]] std::size_t most_at_once(std::span<const Contact* const> group) {
    std::vector<std::pair<timestamp, int>> changes;
    changes.reserve(2 * group.size());
    for (const contact* each : group) {
        changes.emplace_back(each->first, 1);
        changes.emplace_back(each->last, -1);
    }
    std::sort(changes.begin(), changes.end());
    std::ptrdiff_t open = 0;
    std::ptrdiff_t most = 0;
    for (const auto& [time, change] : changes) most = (std::max)(most, open += change);
    return static_cast<std::size_t>(most);
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
    const double least = in.least(in.options.idle_connections);
    const auto service_of = [&](const contact& of) {
        return is_idle(of) ? std::optional{std::pair{of.target, of.network}} : std::nullopt;
    };
    for_each_group(in.contacts, least, service_of, [&](const auto& service, contact_group group) {
        const endpoint& target = service.first;
        observe_group({.target = target.address, .port = target.port}, group, group.size(), in.options.idle_connections,
                      "idle_connections", [&] {
                          return to_string(target) + " has " +
                                 counted(in.estimate(group.size()), "established connection") + without_data;
                      });
    });
    const auto source_of = [&](const contact& of) {
        return is_idle(of) ? std::optional{of.source.address} : std::nullopt;
    };
    for_each_group(in.contacts, least, source_of, [&](const address& source, contact_group group) {
        if (count_distinct(group, [](const contact& of) { return of.target; }) < 2) return; // told above
        observe_group({.source = source}, group, group.size(), in.options.idle_connections, "idle_connections", [&] {
            return to_string(source) + " holds " + counted(in.estimate(group.size()), "established connection") +
                   without_data;
        });
    });
    const auto pair_of = [](const contact& of) {
        const bool open =
            of.came_out == outcome::answered || of.came_out == outcome::idle || of.came_out == outcome::stalled;
        return open ? std::optional{std::tuple{of.source.address, of.target, of.network}} : std::nullopt;
    };
    for_each_group(
        in.contacts, in.least(in.options.open_connections), pair_of, [&](const auto& pair, contact_group group) {
            const address& source = std::get<0>(pair);
            const endpoint& target = std::get<1>(pair);
            const std::size_t open = most_at_once(group);
            observe_group({.source = source, .target = target.address, .port = target.port}, group, open,
                          in.options.open_connections, "open_at_once", [&] {
                              return to_string(source) + " held " + counted(in.estimate(open), "connection") + " to " +
                                     to_string(target) + " at once.";
                          });
        });
}
} // namespace tcplens::inline v1::detail::observing
