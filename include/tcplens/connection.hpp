// SPDX-License-Identifier: MIT
#pragma once

// segments -> connections: the table with its usual rules, and the verdict on each segment. One more include each: the observers,
// the other rule sets, saved, parallel and joined tables, Zeek's view (docs/reference/headers.md).
#include "connection/connection.hpp"
#include "connection/direction.hpp"
#include "connection/direction_statistics.hpp"
#include "connection/end_reason.hpp"
#include "connection/side.hpp"
#include "connection/table/connection_table.hpp"
#include "connection/verdict.hpp"
