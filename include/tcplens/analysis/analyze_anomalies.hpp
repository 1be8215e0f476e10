// SPDX-License-Identifier: MIT
#pragma once

#include "anomaly_patterns.hpp"
#include "anomaly_statistics.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tcplens::inline v0 {

struct anomaly_options {
    std::optional<address> server_address{}; ///< only connections to this server
    std::optional<std::uint16_t> server_port{};
    double retransmission_threshold = 0.02; ///< retransmissions by packets; a rate above it is notable
};

enum class notable_kind : std::uint8_t { strong_rst_asymmetry, high_retransmission };

[[nodiscard]] constexpr std::string_view to_string(notable_kind kind) noexcept {
    return kind == notable_kind::strong_rst_asymmetry ? "strong_rst_asymmetry" : "high_retransmission";
}

struct notable_observation {
    notable_kind type{};
    std::string detail{}; ///< one sentence
};

struct category_count {
    anomaly_category category{};
    std::uint64_t count = 0;
};

struct anomaly_summary {
    std::uint64_t total_patterns = 0;
    std::vector<category_count> by_category{}; ///< those that have any
    std::vector<notable_observation> notable_observations{};
};

struct anomaly_report {
    anomaly_statistics statistics{};
    std::vector<anomaly_pattern> patterns{};
    anomaly_summary summary{};
};

namespace detail {

[[nodiscard]] inline anomaly_summary summarize(const std::vector<anomaly_pattern>& patterns) {
    anomaly_summary summary{.total_patterns = patterns.size()};
    for (const anomaly_pattern& each : patterns) {
        const auto of_category = std::find_if(summary.by_category.begin(), summary.by_category.end(),
                                              [&](const category_count& of) { return of.category == each.category; });
        if (of_category != summary.by_category.end()) ++of_category->count;
        else summary.by_category.push_back({.category = each.category, .count = 1});

        if (const auto* rst = std::get_if<rst_directional_asymmetry>(&each.observations);
            rst != nullptr && (rst->ratio > 0.9 || rst->ratio < 0.1)) {
            summary.notable_observations.push_back(
                {.type = notable_kind::strong_rst_asymmetry,
                 .detail = percentage(rst->ratio, 1) + " of the RST packets went to the server."});
        }
        if (const auto* again = std::get_if<packet_retransmission>(&each.observations);
            again != nullptr && again->exceeds_threshold) {
            summary.notable_observations.push_back({.type = notable_kind::high_retransmission,
                                                    .detail = "The retransmission rate, " + percentage(again->rate, 2) +
                                                              ", is above " + percentage(again->threshold, 2) + "."});
        }
    }
    return summary;
}

} // namespace detail

/// What is odd: counts over all connections, and the patterns that stand out from them.
template <connection_range Connections>
[[nodiscard]] anomaly_report analyze_anomalies(Connections&& connections, const anomaly_options& options = {}) {
    anomaly_report report{.statistics =
                              detail::count_anomalies(connections, {options.server_address, options.server_port})};
    report.patterns = detail::find_patterns(report.statistics, options.retransmission_threshold);
    report.summary = detail::summarize(report.patterns);
    return report;
}

} // namespace tcplens::inline v0
