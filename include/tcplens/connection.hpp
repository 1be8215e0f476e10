// SPDX-License-Identifier: MIT
#pragma once

// segments -> connections: the table, what it remembers, the verdict on each segment
#include "connection/connection.hpp"
#include "connection/detailed/detailed_connection_table.hpp"
#include "connection/joined/trace_observer.hpp"
#include "connection/observers/connection_observer.hpp"
#include "connection/observers/profile_observer.hpp"
#include "connection/observers/time_attribution.hpp"
#include "connection/observers/time_observer.hpp"
#include "connection/observers/time_series_observer.hpp"
#include "connection/observers/wireshark_round_trips.hpp"
#include "connection/rules/evidence_rules.hpp"
#include "connection/rules/repeated_sequence_rules.hpp"
#include "connection/rules/wireshark_rules.hpp"
#include "connection/table/connection_table.hpp"
#include "connection/zeek/zeek_observer.hpp"
#include "connection/zeek/zeek_rules.hpp"
