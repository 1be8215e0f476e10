// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A service with many connections that were established and stayed without data. The numbers are ours.
inline void find_connection_floods(const observed_contacts& in, std::vector<observation>& found) {
    const auto service_of = [&](const contact& of) {
        const bool idle = of.came_out == outcome::idle && of.last - of.first >= in.options.idle_time;
        return idle ? std::optional{std::pair{of.target, of.network}} : std::nullopt;
    };
    for_each_group(in.contacts, service_of, [&](const auto& service, contact_group group) {
        const auto value = static_cast<double>(in.estimate(group.size()));
        if (!in.reaches(group.size(), in.options.idle_connections)) return;
        const auto sources = in.estimate(count_distinct(group, [](const contact& of) { return of.source.address; }));
        const endpoint& target = service.first;
        observation made = observe(observation_kind::connection_flood, observation_category::flood,
                                   {.target = target.address, .port = target.port}, group);
        made.value = value;
        made.threshold = in.options.idle_connections;
        made.threshold_source = "ours";
        made.counts = {{"idle_connections", in.estimate(group.size())}, {"distinct_sources", sources}};
        made.limits = "Connections that are kept in reserve look the same.";
        made.text = to_string(target) + " has " + counted(in.estimate(group.size()), "established connection") +
                    " from " + counted(sources, "source") + " without data for " +
                    std::to_string(in.options.idle_time.count()) + " s or longer.";
        found.push_back(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
