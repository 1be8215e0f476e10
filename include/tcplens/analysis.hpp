// SPDX-License-Identifier: MIT
#pragma once

// connections -> answers: four questions, plain result structs
#include "analysis/analyze_anomalies.hpp"
#include "analysis/analyze_connections.hpp"
#include "analysis/analyze_retransmissions.hpp"
#include "analysis/analyze_traffic_flow.hpp"
