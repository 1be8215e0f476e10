// SPDX-License-Identifier: MIT
// expected: the rules list the hook `reserve`, but do not have it as: void reserve(std::size_t connections)
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::rule_hooks::reserve;
    void reserve() {}
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
