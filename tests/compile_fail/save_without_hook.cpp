// SPDX-License-Identifier: MIT
// expected: a table with these rules cannot be saved: their `hooks` do not list rule_hooks::saving
#include <tcplens/connection/saved/saved_table.hpp>

struct my_rules {
    struct connection_state {};
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

auto bytes = tcplens::save(tcplens::basic_connection_table<my_rules>{});
