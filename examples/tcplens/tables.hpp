// SPDX-License-Identifier: MIT
#pragma once

// Tables that several subcommands fill: compiled once.

#include "captures.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

namespace program {

/// Adds all packets of the captures.
void read(captures& from, tcplens::detailed_connection_table& into);

} // namespace program
