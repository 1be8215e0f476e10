// SPDX-License-Identifier: MIT
// What descriptions of captures are equal by: all of their members.
#include <tcplens/capture.hpp>

#include "../support/comparisons.hpp"

#include <doctest/doctest.h>

using namespace tcplens;
using comparisons::check_members;

TEST_CASE("descriptions of captures are equal if all members are") {
    check_members(capture_interface{});
    check_members(capture_interface::interface_statistics{});
    check_members(capture_section{});
    check_members(skipped_parts{});
    check_members(capture_error{});
}
