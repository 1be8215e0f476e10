// SPDX-License-Identifier: MIT
#include <tcplens/connection/recent_segments.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>

using namespace tcplens;
using namespace std::chrono_literals;

namespace {

segment numbered(std::uint32_t number) {
    return {.time = timestamp{1ms * number},
            .packet_number = number,
            .sequence = {number * 100},
            .payload_length = 100,
            .flags = {0x10}};
}

} // namespace

TEST_CASE("the last segments are remembered, the latest first") {
    recent_segments<4> recent;
    CHECK(recent.empty());
    CHECK_FALSE(recent.find_copy(0)); // not even of what was never written
    for (std::uint32_t i = 1; i <= 6; ++i) {
        CHECK((recent.oldest() != nullptr) == (i > 4));
        recent.remember(numbered(i), i, numbered(i).time - (i == 5 ? 3ms : 0ms));
    }
    CHECK_FALSE(recent.find_copy(2));
    REQUIRE(recent.find_copy(3));
    CHECK(recent.find_copy(3)->packet_number == 3);
    CHECK(recent.find_copy(3)->missed_since == timestamp{3ms});
    CHECK(recent.find_copy(5)->time == timestamp{5ms});
    CHECK(recent.find_copy(5)->missed_since == timestamp{2ms});
    REQUIRE(recent.oldest() != nullptr);
    CHECK(recent.oldest()->packet_number == 3);
    CHECK(recent.find_covering({299}) == nullptr);
    REQUIRE(recent.find_covering({300}) != nullptr);
    CHECK(recent.find_covering({399})->packet_number == 3);

    recent.remember(numbered(7), 5, timestamp{});
    CHECK(recent.find_copy(5)->packet_number == 7);
}

TEST_CASE("what was missed longer than 71 minutes was missed for 71 minutes") {
    recent_segments<4> recent;
    segment late = numbered(1);
    late.time = timestamp{100h};
    recent.remember(late, 1, timestamp{});
    CHECK(recent.find_copy(1)->missed_since == timestamp{100h} - 4294967295us);
    recent.remember(numbered(2), 2, numbered(2).time + 1s); // the clock ran back
    CHECK(recent.find_copy(2)->missed_since == timestamp{2ms});
}

TEST_CASE("a larger memory takes over all of a smaller one in its order") {
    for (const std::uint32_t count : {0u, 1u, 4u, 7u}) {
        recent_segments<4> few;
        for (std::uint32_t i = 1; i <= count; ++i) few.remember(numbered(i), i % 2, numbered(i).time - 1us);
        recent_segments<16> many;
        many.take_over(few);
        CHECK(many.empty() == (count == 0));
        if (count == 0) continue;
        CHECK(many.find_copy(count % 2)->packet_number == count);
        CHECK(many.find_copy(count % 2)->missed_since == numbered(count).time - 1us);
        CHECK((many.find_covering(numbered(count - 1).sequence) != nullptr) == (count > 1));
        CHECK(many.oldest() == nullptr);
    }
}

TEST_CASE("a fingerprint changes with all that TCP and IP say") {
    segment plain = numbered(5);
    plain.ip_id = 7;
    plain.options.timestamps = tcp_timestamps{100, 200};
    plain.options.sack_block_count = 2;
    plain.options.sack_block_storage = {sack_block{{1000}, {2000}}, sack_block{{5000}, {6000}}};
    std::set<std::uint32_t> seen{segment_fingerprint(plain)};
    const auto differs = [&](auto change) {
        segment changed = plain;
        change(changed);
        CHECK(seen.insert(segment_fingerprint(changed)).second);
    };
    for (std::uint32_t step : {1u, 1448u, 1u << 31}) {
        differs([&](segment& s) { s.sequence = s.sequence + step; });
        differs([&](segment& s) { s.acknowledgment = s.acknowledgment + step; });
        differs([&](segment& s) { s.payload_length += step; });
        differs([&](segment& s) { s.options.timestamps->value += step; });
        differs([&](segment& s) { s.options.timestamps->echo += step; });
        for (std::size_t i = 0; i < 2; ++i) {
            differs([&](segment& s) {
                s.options.sack_block_storage[i].left = {s.options.sack_block_storage[i].left + step};
            });
            differs([&](segment& s) {
                s.options.sack_block_storage[i].right = {s.options.sack_block_storage[i].right + step};
            });
        }
    }
    differs([](segment& s) { s.window = 1; });
    differs([](segment& s) { s.flags = {0x18}; });
    differs([](segment& s) { s.ip_id = 8; });
    differs([](segment& s) { s.ip_id.reset(); });
    differs([](segment& s) { s.ip_id = 0; });
    differs([](segment& s) { s.options.timestamps.reset(); });
    differs([](segment& s) { s.options.sack_block_count = 1; });
    segment later = plain; // when it was captured, and how long it lived, may differ
    later.time += 1ms;
    later.packet_number = 9;
    later.hop_limit = 3;
    CHECK(segment_fingerprint(later) == segment_fingerprint(plain));
}
