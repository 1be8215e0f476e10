// SPDX-License-Identifier: MIT
// expected: the rules list the hook `forget`, but do not have it as: void forget(connection_state&) noexcept
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::rule_hooks::forget;
    void forgets(connection_state&) noexcept {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
