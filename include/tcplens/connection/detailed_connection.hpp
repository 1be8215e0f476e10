// SPDX-License-Identifier: MIT
#pragma once

#include "connection_table.hpp"
#include "evidence_rules.hpp"
#include "time_observer.hpp"

namespace tcplens {

/// A table of connections with all that can be told of each in bounded memory.
using detailed_connection_table = basic_connection_table<evidence_rules, time_observer>;

/// One of its connections.
using detailed_connection = detailed_connection_table::connection_type;

} // namespace tcplens
