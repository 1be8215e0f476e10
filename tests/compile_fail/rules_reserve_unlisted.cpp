// SPDX-License-Identifier: MIT
// expected: the rules have a member `reserve`, but do not list it: add rule_hooks::reserve to their `hooks`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    void reserve(int) {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
