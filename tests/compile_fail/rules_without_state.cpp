// SPDX-License-Identifier: MIT
// expected: the rules have no type `connection_state`
#include <tcplens/connection/rules/segment_rules.hpp>

struct my_rules {};

static_assert(tcplens::check_rules<my_rules>());
