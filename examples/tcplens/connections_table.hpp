// SPDX-License-Identifier: MIT
#pragma once

// Connections as a table for people: as many columns as there is room for.

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include "connections_order.hpp"
#include "terminal.hpp"

#include <ostream>

namespace program {

/// Prints a row for each connection, under a header. No line is wider than the terminal: first the columns that matter least are left
/// out, then the addresses are cut, so that the ports stay. The column of the order stays, too.
void print_table(std::ostream& out, const terminal& screen, const connection_listing& connections,
                 const connection_order& by, tcplens::timestamp capture_begins);

} // namespace program
