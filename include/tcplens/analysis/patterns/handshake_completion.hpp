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

/// Pattern: some handshakes failed. Connections picked up midstream do not count.
struct handshake_completion {
    static constexpr std::string_view name = "handshake_completion"; ///< anomaly_pattern::name
    static constexpr anomaly_category category =
        anomaly_category::connection_establishment; ///< anomaly_pattern::category

    std::uint64_t successful_handshakes = 0; ///< handshake_state::completed
    std::uint64_t failed_handshakes = 0;     ///< handshake_state::failed
    double failure_rate = 0;                 ///< `failed_handshakes / (successful_handshakes + failed_handshakes)`

    /// The pattern in these counts; nullopt if no handshake failed.
    template <class Pattern = handshake_completion>
    [[nodiscard]] static std::optional<Pattern> find(const anomaly_statistics& counts, const anomaly_options&) {
        if (counts.failed_handshakes == 0) return std::nullopt;
        return Pattern{.successful_handshakes = counts.successful_handshakes,
                       .failed_handshakes = counts.failed_handshakes,
                       .failure_rate = detail::ratio(counts.failed_handshakes,
                                                     counts.successful_handshakes + counts.failed_handshakes)};
    }

    /// anomaly_pattern::description
    [[nodiscard]] std::string description() const {
        const std::uint64_t attempts = successful_handshakes + failed_handshakes;
        return std::to_string(successful_handshakes) + " of " + std::to_string(attempts) + " handshakes (" +
               detail::percentage(detail::ratio(successful_handshakes, attempts), 1) + ") were completed.";
    }

    /// Always nullopt: no number of failed handshakes is notable.
    [[nodiscard]] std::optional<notable_observation> notable() const { return std::nullopt; }

    /// Calls `visit(name, value)` for each field, in order.
    void for_each_field(auto&& visit) const {
        const auto& [successful, failed, rate] = *this;
        visit("successful_handshakes", successful);
        visit("failed_handshakes", failed);
        visit("failure_rate", rate);
    }
};

} // namespace tcplens::inline v1
