// SPDX-License-Identifier: MIT
// expected: rules must be a class that is not final
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules final {
    struct connection_state {};
    tcplens::verdict judge(const tcplens::rule_input&, connection_state&) { return {}; }
};

static_assert(tcplens::check_rules<my_rules>());
