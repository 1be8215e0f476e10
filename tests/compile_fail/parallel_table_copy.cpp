// SPDX-License-Identifier: MIT
// expected: deleted
#include <tcplens/connection/parallel/parallel_connection_table.hpp>

tcplens::parallel_connection_table one;
tcplens::parallel_connection_table other = one;
