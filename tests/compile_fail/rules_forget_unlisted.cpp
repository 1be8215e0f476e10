// SPDX-License-Identifier: MIT
// expected: the rules have a member `forget`, but do not list it: add rule_hooks::forget to their `hooks`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    void forget(connection_state&) noexcept {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
