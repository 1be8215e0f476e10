// SPDX-License-Identifier: MIT
// expected: `judge` of the rules must return a tcplens::verdict
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {
    struct connection_state {};
    bool judge(const tcplens::rule_input&, connection_state&) { return true; }
};

static_assert(tcplens::check_rules<my_rules>());
