// SPDX-License-Identifier: MIT
// expected: the rules have a member `saved_as`, but do not list it: add rule_hooks::saving to their `hooks`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto saved_as = "my_rules";
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
