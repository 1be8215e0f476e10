// SPDX-License-Identifier: MIT
#include <tcplens/base/enum_set.hpp>
#include <tcplens/connection/joined/joined_connection.hpp>
#include <tcplens/connection/verdict.hpp>
#include <tcplens/wire/tunnel_set.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace tcplens {

enum class test_set : std::uint8_t { none = 0, red = 1, green = 2, blue = 4 };
[[nodiscard]] constexpr test_set tcplens_all_members(test_set) noexcept {
    return detail::members_up_to(test_set::blue);
}

enum class test_enum : std::uint8_t { one = 1, two = 2 };

} // namespace tcplens

namespace {

using enum tcplens::test_set;

template <class Enum>
concept has_set_operators = requires(Enum a, Enum b) {
    a | b;
    a& b;
    ~a;
    a |= b;
    a &= b;
    contains_all(a, b);
    contains_any(a, b);
};
template <class Enum>
concept has_any_set_operator = requires(Enum a, Enum b) {
    a | b;
}
|| requires(Enum a, Enum b) {
    a& b;
}
|| requires(Enum a) {
    ~a;
}
|| requires(Enum a, Enum b) {
    contains_all(a, b);
};

static_assert(has_set_operators<tcplens::test_set>);
static_assert(has_set_operators<tcplens::verdict_kinds>);
static_assert(has_set_operators<tcplens::evidence_set>);
static_assert(has_set_operators<tcplens::tunnel_set>);
static_assert(has_set_operators<tcplens::join_doubt>);
static_assert(!has_any_set_operator<tcplens::test_enum>); // it names no members

} // namespace

TEST_CASE("enum set: operators combine, intersect and complement within the members") {
    static_assert((red | blue) == static_cast<tcplens::test_set>(5));
    static_assert(((red | blue) & (blue | green)) == blue);
    static_assert(~none == (red | green | blue));
    static_assert(~(red | green) == blue);
    auto set = red;
    set |= green;
    CHECK(set == (red | green));
    set &= ~red;
    CHECK(set == green);
}

TEST_CASE("enum set: queries distinguish all and any, and an empty set of members") {
    static_assert(contains_all(red | green, red));
    static_assert(contains_all(red | green, red | green));
    static_assert(!contains_all(red, red | green));
    static_assert(contains_all(red, none));
    static_assert(contains_any(red, red | green));
    static_assert(!contains_any(red, green | blue));
    static_assert(!contains_any(red, none));
}

TEST_CASE("enum set: the names are listed by bit, with commas between") {
    constexpr std::array<std::string_view, 3> names{"red", "green", "blue"};
    CHECK(tcplens::detail::list_members(0, names.data()).empty());
    CHECK(tcplens::detail::list_members(2, names.data()) == "green");
    CHECK(tcplens::detail::list_members(5, names.data()) == "red,blue");
}
