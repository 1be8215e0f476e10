// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/sequence_holes.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr std::uint32_t starts[]{0, 1'000'000, 0x8000'0000u - 1000, 0xffff'ffffu - 1000, 0xffff'ffffu};

/// A stretch of sequence numbers, one by one: each in the hole with this number, or in none.
class map {
public:
    static constexpr std::uint32_t size = 2000;

    void open(std::uint32_t begin, std::uint32_t end) {
        ++opened_;
        std::fill(hole_.begin() + begin, hole_.begin() + end, opened_);
        forget();
    }
    std::uint32_t fill(std::uint32_t begin, std::uint32_t end) {
        std::uint32_t filled = 0;
        for (std::uint32_t i = begin; i < end; ++i) filled += hole_[i] != 0;
        std::fill(hole_.begin() + begin, hole_.begin() + end, 0u);
        forget();
        return filled;
    }
    [[nodiscard]] bool any(std::uint32_t begin, std::uint32_t end) const {
        return std::any_of(hole_.begin() + begin, hole_.begin() + end, [](std::uint32_t hole) { return hole != 0; });
    }
    [[nodiscard]] bool empty() const { return !any(0, size); }
    [[nodiscard]] std::uint32_t forgotten_up_to() const { return forgotten_up_to_; }

private:
    [[nodiscard]] bool begins(std::uint32_t at) const {
        return hole_[at] != 0 && (at == 0 || hole_[at - 1] != hole_[at]);
    }
    /// The lowest, if there are too many.
    void forget() {
        std::size_t holes = 0;
        for (std::uint32_t i = 0; i < size; ++i) holes += begins(i);
        if (holes <= sequence_holes::capacity) return;
        REQUIRE(holes == sequence_holes::capacity + 1);
        std::uint32_t at = 0;
        while (hole_[at] == 0) ++at;
        const std::uint32_t lowest = hole_[at];
        for (; at < size && hole_[at] == lowest; ++at) hole_[at] = 0;
        forgotten_up_to_ = std::max(forgotten_up_to_, at);
    }

    std::array<std::uint32_t, size> hole_{};
    std::uint32_t opened_ = 0;
    std::uint32_t forgotten_up_to_ = 0;
};

} // namespace

TEST_CASE("a hole is filled once") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sequence_holes holes;
        CHECK(holes.empty());
        CHECK(holes.fill(zero, zero + 100).bytes == 0);
        holes.open(zero + 10, zero + 20, {});
        CHECK(!holes.empty());
        CHECK(holes.fill(zero, zero + 10).bytes == 0);
        CHECK(holes.fill(zero + 20, zero + 30).bytes == 0);
        CHECK(holes.fill(zero + 5, zero + 12).bytes == 2);    // its begin,
        CHECK(holes.fill(zero + 18, zero + 1000).bytes == 2); // its end,
        CHECK(holes.fill(zero + 14, zero + 15).bytes == 1);   // its middle, so that two are left:
        CHECK(holes.fill(zero + 13, zero + 16).bytes == 2);   // from 12 to 13 and from 16 to 18
        CHECK(holes.fill(zero, zero + 100).bytes == 3);
        CHECK(holes.empty());
        CHECK(holes.fill(zero, zero + 100).bytes == 0);
        CHECK(!holes.forgotten(zero));
    }
}

TEST_CASE("several holes are filled at once") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sequence_holes holes;
        for (std::uint32_t at = 0; at < 80; at += 10) holes.open(zero + at, zero + at + 5, {});
        CHECK(holes.fill(zero + 2, zero + 72).bytes == 3 + 6 * 5 + 2);
        CHECK(holes.fill(zero, zero + 80).bytes == 2 + 3);
        CHECK(holes.empty());
        CHECK(!holes.forgotten(zero));
    }
}

TEST_CASE("of too many holes the lowest is forgotten") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sequence_holes holes;
        for (std::uint32_t at = 0; at < 120; at += 10) holes.open(zero + at, zero + at + 5, {});
        CHECK(!holes.forgotten(zero));
        holes.open(zero + 120, zero + 125, {});
        CHECK(holes.forgotten(zero));
        CHECK(holes.forgotten(zero + 4));
        CHECK(!holes.forgotten(zero + 5));
        CHECK(holes.fill(zero, zero + 10).bytes == 0);

        // one that is split makes another
        CHECK(holes.fill(zero + 122, zero + 123).bytes == 1);
        CHECK(holes.forgotten(zero + 14));
        CHECK(!holes.forgotten(zero + 15));
        CHECK(holes.fill(zero, zero + 140).bytes == 10 * 5 + 4);
        CHECK(holes.empty());
        CHECK(holes.forgotten(zero + 14)); // it still does not know
    }
}

TEST_CASE("holes are what a map of all sequence numbers says") {
    std::size_t forgot = 0;
    std::size_t remembered = 0;
    for (std::uint32_t round = 0; round < 500; ++round) {
        const sequence_number zero{starts[round % std::size(starts)] - 300 * (round % 7)};
        const std::uint32_t longest = round % 3 == 0 ? 20 : 200;
        std::mt19937_64 random{round};
        sequence_holes holes;
        map expected;
        for (int step = 0; step < 60; ++step) {
            const auto begin = static_cast<std::uint32_t>(random() % (map::size - longest));
            const auto end = begin + 1 + static_cast<std::uint32_t>(random() % longest);
            if (random() % 2 == 0 && !expected.any(begin, end)) {
                expected.open(begin, end);
                holes.open(zero + begin, zero + end, {});
            } else {
                CHECK(holes.fill(zero + begin, zero + end).bytes == expected.fill(begin, end));
            }
            CHECK(holes.empty() == expected.empty());
            for (int i = 0; i < 5; ++i) {
                const auto at = static_cast<std::uint32_t>(random() % map::size);
                CHECK(holes.forgotten(zero + at) == (at < expected.forgotten_up_to()));
            }
        }
        (expected.forgotten_up_to() > 0 ? forgot : remembered) += 1;
        CHECK(holes.fill(zero, zero + map::size).bytes == expected.fill(0, map::size));
        CHECK(holes.empty());
    }
    CHECK(forgot > 50);
    CHECK(remembered > 50);
}

TEST_CASE("what fills a hole is told which packet opened it, of several holes the lowest") {
    const sequence_number zero{starts[3]};
    sequence_holes holes;
    holes.open(zero + 10, zero + 20, {.packet_number = 7});
    holes.open(zero + 30, zero + 40, {.packet_number = 8});
    CHECK(holes.fill(zero + 32, zero + 34).opened.packet_number == 8); // and so are the two that are left of it
    CHECK(holes.fill(zero + 15, zero + 31).opened.packet_number == 7);
    CHECK(holes.fill(zero + 38, zero + 40).opened.packet_number == 8);
    CHECK(holes.fill(zero + 38, zero + 40).bytes == 0);
}

TEST_CASE("holes far behind are dropped, before their numbers come again") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sequence_holes holes;
        for (std::uint32_t at = 0; at < 130; at += 10) holes.open(zero + at, zero + at + 5, {});
        holes.age(zero + (1u << 30) + 5);
        CHECK(holes.forgotten(zero)); // the one from 0 to 5
        CHECK(holes.fill(zero + 10, zero + 15).bytes == 5);
        holes.age(zero + (1u << 30) + 115);
        CHECK(!holes.forgotten(zero));
        CHECK(holes.fill(zero + 110, zero + 115).bytes == 0);
        CHECK(holes.fill(zero + 120, zero + 125).bytes == 5);
        CHECK(holes.empty());
    }
}

TEST_CASE("holes from a number on are dropped, and those below it stay") {
    for (const std::uint32_t start : starts) {
        const sequence_number zero{start};
        sequence_holes holes;
        for (std::uint32_t at = 0; at < 50; at += 10) holes.open(zero + at, zero + at + 5, {});
        holes.drop_from(zero + 50);
        CHECK(holes.fill(zero + 40, zero + 45).bytes == 5);
        holes.drop_from(zero + 20); // one that begins there, too
        CHECK(holes.fill(zero + 20, zero + 50).bytes == 0);
        holes.drop_from(zero + 11); // one that begins before it stays whole
        CHECK(holes.fill(zero, zero + 50).bytes == 5 + 5);
        CHECK(holes.empty());
        holes.drop_from(zero);
        CHECK(!holes.forgotten(zero)); // they were none
    }
}
