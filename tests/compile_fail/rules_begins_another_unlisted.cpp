// SPDX-License-Identifier: MIT
// expected: the rules have a member `begins_another`, but do not list it: add rule_hooks::begins_another to their `hooks`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    bool begins_another(const tcplens::rule_input&, const connection_state&) const { return false; }
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
