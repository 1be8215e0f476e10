// SPDX-License-Identifier: MIT
#pragma once

#include "../terms/server_filter.hpp"

#include <cstddef>

namespace tcplens::inline v1 {

/// Options of analyze_anomalies().
struct anomaly_options {
    server_filter server{}; ///< Counts only the connections of this server; by default all connections.
    /// A retransmission rate above this one is notable. From 0 to 1; 0.02 is the default of mcpcap.
    double retransmission_threshold = 0.02;
    /// How many connections or addresses each list of the report holds at most. All are counted either way.
    std::size_t limit = 10;
    /// How many addresses that sent RST segments are told apart at most. If there are more, their counts become limits, see
    /// anomaly_statistics::reset_distribution. An address takes about 100 bytes.
    std::size_t tracked_sources = 1024;

    /// Whether all options are equal.
    [[nodiscard]] friend constexpr bool operator==(const anomaly_options&, const anomaly_options&) noexcept = default;
};

} // namespace tcplens::inline v1
