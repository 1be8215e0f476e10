// SPDX-License-Identifier: MIT
#pragma once

#include "contact_groups.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// A path, which is a pair of hosts, on which many data packets were sent again. The numbers are ours.
inline void find_path_trouble(const observed_contacts& in, std::vector<observation>& found) {
    const auto pair_of = [](const contact& of) {
        return of.data_packets > 0 ? std::optional{std::tuple{of.source.address, of.target.address, of.network}}
                                   : std::nullopt;
    };
    for_each_group(in.contacts, pair_of, [&](const auto& pair, contact_group group) {
        std::uint64_t packets = 0;
        std::uint64_t resent = 0;
        for (const contact* each : group) {
            packets += each->data_packets;
            resent += each->retransmissions;
        }
        const double share = static_cast<double>(resent) / static_cast<double>(packets);
        const bool enough =
            static_cast<double>(packets) * static_cast<double>(in.estimate(1)) >= in.options.path_packets;
        if (!enough || share < in.options.path_retransmissions) return;
        const auto& [source, target, network] = pair;
        const auto affected = select(group, [](const contact& of) { return of.retransmissions > 0; });
        observation made = observe(observation_kind::path_trouble, observation_category::path,
                                   {.source = source, .target = target}, affected);
        made.value = share;
        made.threshold = in.options.path_retransmissions;
        made.threshold_source = "ours";
        made.counts = {{"data_packets", packets << in.level},
                       {"retransmissions", resent << in.level},
                       {"connections", in.estimate(group.size())},
                       {"affected_connections", in.estimate(affected.size())}};
        made.limits = "The counts do not tell where on the path packets were lost.";
        made.text = "Between " + to_string(source) + " and " + to_string(target) + ' ' +
                    counted(resent << in.level, "segment") + " were sent again, of " +
                    counted(packets << in.level, "data packet") + ".";
        found.push_back(std::move(made));
    });
}
} // namespace tcplens::inline v1::detail::observing
