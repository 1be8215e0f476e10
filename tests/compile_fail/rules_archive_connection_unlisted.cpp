// SPDX-License-Identifier: MIT
// expected: the rules have a member `archive_connection`, but do not list it: add rule_hooks::archive_connection to their `hooks`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    void archive_connection(auto&, connection_state&) {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
