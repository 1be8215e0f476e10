// SPDX-License-Identifier: MIT
#include <tcplens/capture/skipped_parts.hpp>

#include <doctest/doctest.h>

using tcplens::skipped_parts;

TEST_CASE("skipped parts: each count of two readers is their sum") {
    skipped_parts sum{.sections = 1, .numbered_blocks = 2, .bad_options = 3, .descriptions = 4, .corrected_clocks = 5};
    sum.add({.sections = 10, .numbered_blocks = 20, .bad_options = 30, .descriptions = 40, .corrected_clocks = 50});
    const skipped_parts expected{
        .sections = 11, .numbered_blocks = 22, .bad_options = 33, .descriptions = 44, .corrected_clocks = 55};
    CHECK(sum == expected);
    sum.add({});
    CHECK(sum == expected);
}
