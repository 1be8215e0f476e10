// SPDX-License-Identifier: MIT
#pragma once

#include "../terms/server_filter.hpp"

namespace tcplens::inline v0 {

/// Options of analyze_anomalies().
struct anomaly_options {
    server_filter server{}; ///< Counts only the connections of this server; by default all connections.
    /// A retransmission rate above this one is notable. From 0 to 1; 0.02 is the default of mcpcap.
    double retransmission_threshold = 0.02;
};

} // namespace tcplens::inline v0
