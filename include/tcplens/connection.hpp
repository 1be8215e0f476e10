// SPDX-License-Identifier: MIT
#pragma once

// segments -> connections: the table, what it remembers, the verdict on each segment
#include "connection/connection.hpp"
#include "connection/connection_observer.hpp"
#include "connection/connection_table.hpp"
#include "connection/detailed_connection.hpp"
#include "connection/evidence_rules.hpp"
#include "connection/profile_observer.hpp"
#include "connection/repeated_sequence_rules.hpp"
#include "connection/time_attribution.hpp"
#include "connection/time_observer.hpp"
#include "connection/time_series_observer.hpp"
#include "connection/trace_observer.hpp"
#include "connection/wireshark_round_trips.hpp"
#include "connection/wireshark_rules.hpp"
#include "connection/zeek_observer.hpp"
#include "connection/zeek_rules.hpp"
