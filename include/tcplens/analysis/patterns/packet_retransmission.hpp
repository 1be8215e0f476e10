// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/ratio.hpp"
#include "../terms/bounded_list.hpp"
#include "anomaly_category.hpp"
#include "anomaly_options.hpp"
#include "anomaly_statistics.hpp"
#include "notable_observation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// Pattern: there are retransmissions.
struct packet_retransmission {
    static constexpr std::string_view name = "packet_retransmission";           ///< anomaly_pattern::name
    static constexpr anomaly_category category = anomaly_category::reliability; ///< anomaly_pattern::category

    std::uint64_t total_retransmissions = 0;                  ///< At least 1.
    std::uint64_t total_packets = 0;                          ///< TCP segments, with or without data.
    double retransmission_rate = 0;                           ///< `total_retransmissions / total_packets`
    double threshold = 0;                                     ///< anomaly_options::retransmission_threshold
    bool exceeds_threshold = false;                           ///< `retransmission_rate > threshold`
    bounded_list<connection_retransmissions> by_connection{}; ///< anomaly_statistics::retransmissions_by_connection

    /// The pattern in these counts; nullopt without retransmissions.
    template <class Pattern = packet_retransmission>
    [[nodiscard]] static std::optional<Pattern> find(const anomaly_statistics& counts, const anomaly_options& options) {
        if (counts.total_retransmissions == 0) return std::nullopt;
        return Pattern{.total_retransmissions = counts.total_retransmissions,
                       .total_packets = counts.total_packets,
                       .retransmission_rate = counts.retransmission_rate,
                       .threshold = options.retransmission_threshold,
                       .exceeds_threshold = counts.retransmission_rate > options.retransmission_threshold,
                       .by_connection = counts.retransmissions_by_connection};
    }

    /// anomaly_pattern::description
    [[nodiscard]] std::string description() const {
        return std::to_string(total_retransmissions) + " of " + std::to_string(total_packets) + " packets (" +
               detail::percentage(retransmission_rate, 2) + ") were retransmissions.";
    }

    /// `high_retransmission` if the rate exceeds the threshold.
    [[nodiscard]] std::optional<notable_observation> notable() const {
        if (!exceeds_threshold) return std::nullopt;
        return notable_observation{.name = "high_retransmission",
                                   .detail = "The retransmission rate, " + detail::percentage(retransmission_rate, 2) +
                                             ", is above " + detail::percentage(threshold, 2) + "."};
    }

    /// Calls `visit(name, value)` for each field, in order.
    void for_each_field(auto&& visit) const {
        const auto& [retransmissions, packets, rate, limit, exceeds, connections] = *this;
        visit("total_retransmissions", retransmissions);
        visit("total_packets", packets);
        visit("retransmission_rate", rate);
        visit("threshold", limit);
        visit("exceeds_threshold", exceeds);
        visit("by_connection", connections);
    }
};

} // namespace tcplens::inline v1
