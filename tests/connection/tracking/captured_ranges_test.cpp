// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/captured_ranges.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr std::uint32_t starts[]{0, 1'000'000, 0x8000'0000u - 1000, 0xffff'ffffu - 1000, 0xffff'ffffu};

} // namespace

TEST_CASE("numbers are covered once they were added") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        captured_ranges ranges;
        CHECK(ranges.empty());
        CHECK(ranges.add(zero, zero + 100, zero).covered == 0);
        CHECK(ranges.highest() == zero + 100);
        CHECK(ranges.add(zero + 100, zero + 200, zero).covered == 0); // in order
        CHECK(ranges.add(zero, zero + 200, zero).covered == 200);     // all of it
        CHECK(ranges.add(zero + 50, zero + 60, zero).covered == 10);  // within
        CHECK(!ranges.add(zero + 150, zero + 250, zero).fills_hole);  // 50 of it, and beyond
        CHECK(ranges.highest() == zero + 250);

        const auto beyond = ranges.add(zero + 300, zero + 400, zero);
        CHECK(beyond.covered == 0);
        CHECK(!beyond.fills_hole);
        CHECK(ranges.add(zero + 500, zero + 600, zero).covered == 0);
        const auto over_all = ranges.add(zero + 240, zero + 510, zero); // 10 + 100 + 10 of it
        CHECK(over_all.covered == 120);
        CHECK(over_all.fills_hole);
        CHECK(ranges.highest() == zero + 600);
        CHECK(ranges.add(zero, zero + 600, zero).covered == 600);

        const auto below = ranges.add(zero - 50, zero + 10, zero); // before the first
        CHECK(below.covered == 10);
        CHECK(below.fills_hole);
        CHECK(ranges.add(zero - 50, zero, zero).covered == 50);
        CHECK(!ranges.add(zero - 50, zero, zero).forgot);
    }
}

TEST_CASE("of too many ranges the lowest is forgotten, and what is acknowledged is taken for captured there") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        captured_ranges<4> ranges;
        for (std::uint32_t i = 0; i < 4; ++i) CHECK(!ranges.add(zero + 100 * i, zero + 100 * i + 50, zero).forgot);
        const auto fifth = ranges.add(zero + 400, zero + 450, zero);
        CHECK(fifth.forgot);
        CHECK(fifth.covered == 0);
        CHECK(ranges.highest() == zero + 450);

        // Below 50, where it ended, nothing is known but that 30 are acknowledged, ...
        const auto low = ranges.add(zero + 10, zero + 40, zero + 30);
        CHECK(low.unsure);
        CHECK(low.covered == 20);
        CHECK(low.fills_hole);
        CHECK(!ranges.add(zero + 10, zero + 40, zero + 40).fills_hole);
        CHECK(ranges.add(zero + 10, zero + 40, zero + 400).covered == 30);
        CHECK(ranges.add(zero + 10, zero + 40, zero).covered == 0); // nor is that remembered
        // ... and above all.
        const auto partly = ranges.add(zero + 40, zero + 60, zero + 45);
        CHECK(partly.unsure);
        CHECK(partly.forgot); // it is a fifth range again, and the lowest
        CHECK(partly.covered == 5);
        const auto hole = ranges.add(zero + 60, zero + 100, zero);
        CHECK(!hole.unsure);
        CHECK(hole.covered == 0);
        CHECK(hole.fills_hole);
        CHECK(ranges.add(zero + 60, zero + 450, zero).covered == 40 + 50 + 3 * 50);
    }
}

TEST_CASE("a new range in the middle makes the lowest one forgotten, a new lowest one itself") {
    const sequence_number zero{0};
    captured_ranges<2> ranges;
    ranges.add(zero + 100, zero + 110, zero);
    ranges.add(zero + 300, zero + 310, zero);
    CHECK(ranges.add(zero + 200, zero + 210, zero).forgot);
    CHECK(ranges.add(zero + 200, zero + 210, zero).covered == 10);
    CHECK(ranges.add(zero + 100, zero + 110, zero).unsure);

    captured_ranges<2> others;
    others.add(zero + 100, zero + 110, zero);
    others.add(zero + 300, zero + 310, zero);
    CHECK(others.add(zero + 50, zero + 60, zero).forgot);
    CHECK(others.add(zero + 50, zero + 60, zero).unsure);
    CHECK(others.add(zero + 100, zero + 110, zero).covered == 10);
}

TEST_CASE("what lies too far below the highest number is forgotten before it seems to lie above") {
    constexpr auto step = std::uint32_t{1} << 24;
    for (const std::uint32_t start : starts) {
        sequence_number at{start};
        captured_ranges ranges;
        ranges.add(at - 100, at - 50, at); // with a hole behind it
        for (int i = 0; i < 1000; ++i, at = at + step) CHECK(ranges.add(at, at + step, at).covered == 0);
        CHECK(ranges.add(at - step, at, at).covered == step);
        const auto oldest = at - static_cast<std::uint32_t>(max_sequence_age);
        CHECK(ranges.add(oldest, oldest + 10, at).covered == 10);
        CHECK(ranges.add(oldest + 5, oldest + 10, at).covered == 5);
    }
}

TEST_CASE("what was forgotten is not forgotten for ever") {
    captured_ranges<2> ranges;
    sequence_number at{0};
    ranges.add(at, at + 10, at);
    ranges.add(at + 20, at + 30, at);
    CHECK(ranges.add(at + 40, at + 50, at).forgot);
    CHECK(ranges.add(at + 5, at + 6, at).unsure);
    for (at = at + 50; at.value < 0xc000'0000u; at = at + 0x0100'0000u) ranges.add(at, at + 0x0100'0000u, at);
    CHECK(!ranges.add(sequence_number{0x9000'0000u}, sequence_number{0x9000'0001u}, at).unsure);
}

TEST_CASE("a segment further away than can be remembered begins the set anew") {
    for (const std::uint32_t away : {0x4000'0001u, 0x8000'0000u, 0xbfff'ffffu}) {
        captured_ranges ranges;
        const sequence_number zero{5};
        ranges.add(zero, zero + 100, zero);
        CHECK(ranges.add(zero + 100 + away, zero + 200 + away, zero).covered == 0);
        CHECK(ranges.highest() == zero + 200 + away);
        CHECK(ranges.add(zero + 150 + away, zero + 250 + away, zero).covered == 50);
    }
}

TEST_CASE("ranges are what a map of all sequence numbers says") {
    unsigned filled = 0;
    for (std::uint32_t round = 0; round < 300; ++round) {
        constexpr std::uint32_t size = 2000;
        const sequence_number zero{starts[round % std::size(starts)] - 300 * (round % 7)};
        std::mt19937_64 random{round};
        const std::uint32_t longest = round % 3 == 0 ? 20 : 200;
        captured_ranges<512> ranges;
        std::vector<bool> expected(size);
        std::uint32_t highest = 0;
        for (int step = 0; step < 60; ++step) {
            const auto begin = static_cast<std::uint32_t>(random() % (size - longest));
            const auto end = begin + 1 + static_cast<std::uint32_t>(random() % longest);
            std::uint32_t covered = 0;
            bool fills = false;
            for (std::uint32_t i = begin; i < end; ++i) {
                covered += expected[i];
                fills |= !expected[i] && i < highest;
                expected[i] = true;
            }
            highest = std::max(highest, end);
            const auto added = ranges.add(zero + begin, zero + end, zero);
            CHECK(added.covered == covered);
            CHECK(added.fills_hole == fills);
            CHECK(!added.forgot);
            CHECK(!added.unsure);
            CHECK(ranges.highest() == zero + highest);
            filled += fills;
        }
    }
    CHECK(filled > 3000);
}
