// SPDX-License-Identifier: MIT
#include <tcplens/base/choose.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>
#include <limits>

using namespace tcplens;
using namespace tcplens::detail;

TEST_CASE("choose: the first of two numbers if the condition holds, else the second") {
    static_assert(choose(true, std::uint8_t{255}, std::uint8_t{1}) == 255);
    static_assert(choose(false, std::uint8_t{255}, std::uint8_t{1}) == 1);
    static_assert(choose(true, std::int64_t{-5}, (std::numeric_limits<std::int64_t>::max)()) == -5);
    constexpr auto least = (std::numeric_limits<std::int64_t>::min)();
    for (const std::int64_t a : {least, std::int64_t{-1}, std::int64_t{0}, std::int64_t{7}}) {
        for (const std::int64_t b : {least, std::int64_t{-1}, std::int64_t{0}, std::int64_t{7}}) {
            CHECK(choose(true, a, b) == a);
            CHECK(choose(false, a, b) == b);
        }
    }
}

TEST_CASE("choose: of two objects") {
    int first = 1;
    int second = 2;
    CHECK(&choose_object(true, first, second) == &first);
    choose_object(false, first, second) = 3;
    CHECK(second == 3);
}
