// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/tcplens.hpp>

/// How many connections are in a table.
unsigned long long count_connections(const tcplens::connection_table& table);
