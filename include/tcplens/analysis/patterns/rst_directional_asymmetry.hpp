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

/// Pattern: there are RST segments whose direction is known.
struct rst_directional_asymmetry {
    static constexpr std::string_view name = "rst_directional_asymmetry"; ///< anomaly_pattern::name
    static constexpr anomaly_category category =
        anomaly_category::connection_termination; ///< anomaly_pattern::category
    static constexpr double notable_above = 0.9;  ///< A `to_server_share` above it is notable. The limit of mcpcap.
    static constexpr double notable_below = 0.1;  ///< A `to_server_share` below it is notable. The limit of mcpcap.

    std::uint64_t rst_to_server = 0;   ///< RST segments that clients sent.
    std::uint64_t rst_from_server = 0; ///< RST segments that servers sent.
    double to_server_share = 0;        ///< `rst_to_server / (rst_to_server + rst_from_server)`
    bounded_list<connection_name>
        affected_connections{}; ///< anomaly_statistics::reset_distribution::connections_with_rst

    /// The pattern in these counts; nullopt if no RST has a known direction.
    template <class Pattern = rst_directional_asymmetry>
    [[nodiscard]] static std::optional<Pattern> find(const anomaly_statistics& counts, const anomaly_options&) {
        const auto& [to_server, from_server, unknown] = counts.rst_distribution.by_direction;
        if (to_server + from_server == 0) return std::nullopt;
        return Pattern{.rst_to_server = to_server,
                       .rst_from_server = from_server,
                       .to_server_share = detail::ratio(to_server, to_server + from_server),
                       .affected_connections = counts.rst_distribution.connections_with_rst};
    }

    /// anomaly_pattern::description
    [[nodiscard]] std::string description() const {
        return std::to_string(rst_to_server) + " RST packets went to the server, " + std::to_string(rst_from_server) +
               " came from it.";
    }

    /// `strong_rst_asymmetry` if nearly all RST segments have one direction.
    [[nodiscard]] std::optional<notable_observation> notable() const {
        if (to_server_share >= notable_below && to_server_share <= notable_above) return std::nullopt;
        return notable_observation{.name = "strong_rst_asymmetry",
                                   .detail = detail::percentage(to_server_share, 1) +
                                             " of the RST packets went to the server."};
    }

    /// Calls `visit(name, value)` for each field, in order.
    void for_each_field(auto&& visit) const {
        const auto& [to_server, from_server, share, affected] = *this;
        visit("rst_to_server", to_server);
        visit("rst_from_server", from_server);
        visit("to_server_share", share);
        visit("affected_connections", affected);
    }
};

} // namespace tcplens::inline v1
