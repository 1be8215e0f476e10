// SPDX-License-Identifier: MIT
#define TCPLENS_CHECKS 0
#include <tcplens/base/check.hpp>

#include <doctest/doctest.h>

TEST_CASE("check: the condition is not evaluated where checks are off") {
    bool evaluated = false;
    TCPLENS_CHECK((evaluated = true, false), "never");
    CHECK_FALSE(evaluated);
}
