// SPDX-License-Identifier: MIT
// expected: the rules have no `judge`: verdict judge(const rule_input&, connection_state&)
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
};

static_assert(tcplens::check_rules<my_rules>());
