// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/ratio.hpp"
#include "anomaly_category.hpp"
#include "anomaly_options.hpp"
#include "anomaly_statistics.hpp"
#include "notable_observation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// Pattern: a RST ended more than one connection in ten.
struct abnormal_termination {
    static constexpr std::string_view name = "abnormal_termination";                     ///< anomaly_pattern::name
    static constexpr anomaly_category category = anomaly_category::connection_lifecycle; ///< anomaly_pattern::category
    /// The pattern is there if more than this share of the connections was reset. The limit of mcpcap.
    static constexpr double reset_rate_limit = 0.1;

    std::uint64_t reset_connections = 0; ///< close_reason::reset
    std::uint64_t normal_close = 0;      ///< close_reason::normal
    std::uint64_t total_connections = 0; ///< All connections, however they ended.
    double reset_rate = 0;               ///< `reset_connections / total_connections`

    /// The pattern in these counts; nullopt if the reset rate is not above `reset_rate_limit`.
    template <class Pattern = abnormal_termination>
    [[nodiscard]] static std::optional<Pattern> find(const anomaly_statistics& counts, const anomaly_options&) {
        const double rate = detail::ratio(counts.connection_states.reset, counts.total_connections);
        if (rate <= reset_rate_limit) return std::nullopt;
        return Pattern{.reset_connections = counts.connection_states.reset,
                       .normal_close = counts.connection_states.closed,
                       .total_connections = counts.total_connections,
                       .reset_rate = rate};
    }

    /// anomaly_pattern::description
    [[nodiscard]] std::string description() const {
        return std::to_string(reset_connections) + " of " + std::to_string(total_connections) + " connections (" +
               detail::percentage(reset_rate, 1) + ") ended by RST.";
    }

    /// Always nullopt: the pattern has a limit of its own.
    [[nodiscard]] std::optional<notable_observation> notable() const { return std::nullopt; }

    /// Calls `visit(name, value)` for each field, in order.
    void for_each_field(auto&& visit) const {
        const auto& [resets, normal, connections, rate] = *this;
        visit("reset_connections", resets);
        visit("normal_close", normal);
        visit("total_connections", connections);
        visit("reset_rate", rate);
    }
};

} // namespace tcplens::inline v1
