// SPDX-License-Identifier: MIT
#include "counting.hpp"

unsigned long long count_connections(const tcplens::connection_table& table) {
    return tcplens::analyze_connections(table).summary.total_connections;
}
