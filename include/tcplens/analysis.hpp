// SPDX-License-Identifier: MIT
#pragma once

// connections -> answers: each analysis is one file, and one line here
#include "analysis/analyze_anomalies.hpp"
#include "analysis/analyze_connections.hpp"
#include "analysis/analyze_observations.hpp"
#include "analysis/analyze_retransmissions.hpp"
#include "analysis/analyze_traffic_flow.hpp"
#include "analysis/community_id.hpp"
#include "analysis/list_connections.hpp"
#include "analysis/list_servers.hpp"
#include "analysis/timeline.hpp"
