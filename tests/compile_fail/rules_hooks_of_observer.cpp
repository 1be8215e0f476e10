// SPDX-License-Identifier: MIT
// expected: `hooks` of the rules must be a set of rule_hooks
#include <tcplens/connection/observers/connection_observer.hpp>

struct my_rules {
    struct connection_state {};
    static constexpr auto hooks = tcplens::observer_hooks::saving;
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
