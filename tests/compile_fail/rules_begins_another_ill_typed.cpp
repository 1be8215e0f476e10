// SPDX-License-Identifier: MIT
// expected: the rules list the hook `begins_another`, but do not have it as: bool begins_another(const rule_input&, const connection_state&) const
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::rule_hooks::begins_another;
    bool begins_another(const tcplens::rule_input&, connection_state&) { return false; }
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
