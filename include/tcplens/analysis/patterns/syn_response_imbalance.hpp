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

/// Pattern: fewer than half of the SYN segments without ACK were answered by a SYN-ACK.
struct syn_response_imbalance {
    static constexpr std::string_view name = "syn_response_imbalance"; ///< anomaly_pattern::name
    static constexpr anomaly_category category =
        anomaly_category::connection_establishment; ///< anomaly_pattern::category
    /// The pattern is there if less than one SYN in so many was answered: half of them. The limit of mcpcap.
    static constexpr std::uint64_t syns_for_one_answer = 2;

    std::uint64_t syns_without_ack = 0; ///< SYN segments without ACK, retransmissions included.
    std::uint64_t syns_answered = 0;    ///< Those of them that a SYN-ACK of their connection answered.
    double response_ratio = 0;          ///< `syns_answered / syns_without_ack`

    /// The pattern in these counts; nullopt if at least half of the SYN segments were answered.
    template <class Pattern = syn_response_imbalance>
    [[nodiscard]] static std::optional<Pattern> find(const anomaly_statistics& counts, const anomaly_options&) {
        if (syns_for_one_answer * counts.syns_answered >= counts.syns_without_ack) return std::nullopt;
        return Pattern{.syns_without_ack = counts.syns_without_ack,
                       .syns_answered = counts.syns_answered,
                       .response_ratio = detail::ratio(counts.syns_answered, counts.syns_without_ack)};
    }

    /// anomaly_pattern::description
    [[nodiscard]] std::string description() const {
        return std::to_string(syns_answered) + " of " + std::to_string(syns_without_ack) + " SYN packets (" +
               detail::percentage(response_ratio, 1) + ") were answered by a SYN-ACK.";
    }

    /// Always nullopt: the pattern has a limit of its own.
    [[nodiscard]] std::optional<notable_observation> notable() const { return std::nullopt; }

    /// Calls `visit(name, value)` for each field, in order.
    void for_each_field(auto&& visit) const {
        const auto& [without_ack, answered, response] = *this;
        visit("syns_without_ack", without_ack);
        visit("syns_answered", answered);
        visit("response_ratio", response);
    }
};

} // namespace tcplens::inline v1
