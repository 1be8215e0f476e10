// SPDX-License-Identifier: MIT
#pragma once

#include "../rules/evidence_rules.hpp"
#include "basic_connection_table.hpp"

namespace tcplens::inline v1 {

/// A table that judges by evidence_rules, without observers.
using connection_table = basic_connection_table<evidence_rules>;

} // namespace tcplens::inline v1
