// SPDX-License-Identifier: MIT
#pragma once

#include "closing_observer.hpp"
#include "connection_table.hpp"
#include "evidence_rules.hpp"
#include "opening_observer.hpp"
#include "profile_observer.hpp"
#include "zeek_observer.hpp"

namespace tcplens {

/// A table of connections with all that can be told of each in bounded memory.
using detailed_connection_table =
    basic_connection_table<evidence_rules, opening_observer, closing_observer, profile_observer, zeek_observer>;

/// One of its connections.
using detailed_connection = detailed_connection_table::connection_type;

} // namespace tcplens
