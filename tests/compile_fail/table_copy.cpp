// SPDX-License-Identifier: MIT
// expected: deleted
#include <tcplens/connection/table/connection_table.hpp>

tcplens::connection_table one;
tcplens::connection_table other = one;
