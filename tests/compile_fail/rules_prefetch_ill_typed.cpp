// SPDX-License-Identifier: MIT
// expected: the rules list the hook `prefetch`, but do not have it as: static void prefetch(const connection_state&) noexcept
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::rule_hooks::prefetch;
    void prefetch(const connection_state&) const noexcept {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
