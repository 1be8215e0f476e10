// SPDX-License-Identifier: MIT
// expected: the rules list the hook `saving`, but do not have: static constexpr std::string_view saved_as
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::rule_hooks::saving;
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
