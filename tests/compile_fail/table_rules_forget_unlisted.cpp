// SPDX-License-Identifier: MIT
// expected: the rules have a member `forget`, but do not list it: add rule_hooks::forget to their `hooks`
#include <tcplens/connection/table/connection_table.hpp>

struct my_rules {
    struct connection_state {};
    void forget(connection_state&) noexcept {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

tcplens::basic_connection_table<my_rules> table;
