// SPDX-License-Identifier: MIT
#pragma once

// connections -> answers: each analysis is one file, and one line here. One more include each: analysis/analyze_observations.hpp and
// analysis/timeline.hpp (docs/reference/headers.md).
#include "analysis/analyze_anomalies.hpp"
#include "analysis/analyze_connections.hpp"
#include "analysis/analyze_retransmissions.hpp"
#include "analysis/analyze_traffic_flow.hpp"
#include "analysis/community_id.hpp"
#include "analysis/list_connections.hpp"
#include "analysis/list_servers.hpp"
