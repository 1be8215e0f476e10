// SPDX-License-Identifier: MIT
#pragma once

// What watch tells Prometheus: the text of its metrics. The sets of labels are fixed, whatever is captured.

#include "watch_totals.hpp"

#include <tcplens/analysis/observations/observation.hpp>
#include <tcplens/tcplens.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace program::watching {

/// All that is told. What is referred to has to stay as long as this.
struct metric_values {
    const segment_totals& segments;
    const tcplens::connection_counters& connections;
    const tcplens::decode_statistics& packets;
    kernel_counts kernel{};
    std::span<const std::uint64_t> observations{}; ///< by tcplens::observation_kind
    std::size_t most_connections = 0;
    bool interface_up = true;
    std::uint64_t interface_returns = 0; ///< how often it went away and came back
    std::chrono::system_clock::time_point begun{};
    std::uint64_t resident_bytes = 0; ///< 0: not known
};

enum class metrics_format {
    prometheus,  ///< text format 0.0.4
    openmetrics, ///< OpenMetrics 1.0: families are named without _total, and the text ends with # EOF
};

[[nodiscard]] std::string metrics_text(const metric_values& of, metrics_format format);
[[nodiscard]] std::string_view content_type(metrics_format format) noexcept;

} // namespace program::watching
