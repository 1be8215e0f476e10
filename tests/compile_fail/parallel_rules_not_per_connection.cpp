// SPDX-License-Identifier: MIT
// expected: a parallel table takes only rules that declare: static constexpr bool per_connection = true
#include <tcplens/connection/parallel/parallel_connection_table.hpp>

struct my_rules {
    struct connection_state {};
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

tcplens::basic_parallel_connection_table<my_rules> table;
