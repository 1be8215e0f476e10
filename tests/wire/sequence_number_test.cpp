// SPDX-License-Identifier: MIT
#include <tcplens/wire/sequence_number.hpp>

#include <doctest/doctest.h>

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <limits>

using namespace tcplens;

using namespace tcplens::detail;

static_assert(!std::totally_ordered<sequence_number>);
static_assert(before(sequence_number{0xffff'ffff}, sequence_number{0}));
static_assert(!before(sequence_number{0}, sequence_number{0xffff'ffff}));

TEST_CASE("sequence number: distance() and before() are right around zero, 2^31 and 2^32") {
    for (const std::uint32_t start : {0u, 1u, 0x7fff'fffeu, 0x7fff'ffffu, 0x8000'0000u, 0x8000'0001u, 0xffff'ffffu}) {
        CAPTURE(start);
        const sequence_number from{start};
        CHECK(distance(from, from) == 0);
        CHECK(!before(from, from));

        for (const std::uint32_t step : {1u, 2u, 1460u, 65535u, 0x4000'0000u, 0x7fff'ffffu}) {
            CAPTURE(step);
            const sequence_number to = from + step;
            CHECK(to.value == start + step);
            CHECK(to - step == from);
            CHECK(distance(from, to) == static_cast<std::int32_t>(step));
            CHECK(distance(to, from) == -static_cast<std::int32_t>(step));
            CHECK(before(from, to));
            CHECK(!before(to, from));
        }

        // 2^31 apart: RFC 1982 3.2 leaves the order undefined
        const sequence_number opposite = from + 0x8000'0000u;
        CHECK(distance(from, opposite) == std::numeric_limits<std::int32_t>::min());
        CHECK(distance(opposite, from) == std::numeric_limits<std::int32_t>::min());
        CHECK(!before(from, opposite));
        CHECK(!before(opposite, from));

        const sequence_number beyond = from + 0x8000'0001u;
        CHECK(distance(from, beyond) == -0x7fff'ffff);
        CHECK(before(beyond, from));
    }
}

TEST_CASE("sequence number: before() is not transitive") {
    const sequence_number a{0};
    const sequence_number b{0x6000'0000};
    const sequence_number c{0xc000'0000};
    CHECK(before(a, b));
    CHECK(before(b, c));
    CHECK(before(c, a));
}
