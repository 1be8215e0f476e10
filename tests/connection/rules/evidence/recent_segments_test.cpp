// SPDX-License-Identifier: MIT
#include <tcplens/connection/rules/evidence/recent_segments.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

using short_memory = recent_segments<7, remembered_segment>;
using long_memory = recent_segments<16, stamped_segment>;

/// With a fingerprint that is its number, unless it is given another.
remembered_segment numbered(std::uint32_t number, std::uint32_t fingerprint = 0) {
    return {.time = timestamp{1ms * number},
            .fingerprint = fingerprint != 0 ? fingerprint : number,
            .short_number = number,
            .begin = {number * 100},
            .length_and_hop_limit = 100};
}

/// With the count that belongs to it.
template <class Memory>
struct counted {
    Memory recent{};
    remembered_count count{};

    void remember(const remembered_segment& sent, const send_stamp& stamp = {}, copy_kind kind = copy_kind::first) {
        recent.remember(sent, stamp, kind, count);
        count.increment();
    }
    [[nodiscard]] auto find_copy(std::uint32_t fingerprint) const { return recent.find_copy(fingerprint, count); }
    [[nodiscard]] const auto* find_covering(std::uint32_t at) const { return recent.find_covering({at}, count); }
};

} // namespace

TEST_CASE("the last segments are remembered, the latest first") {
    counted<short_memory> of;
    CHECK(of.find_copy(1) == nullptr);
    CHECK(of.find_covering(0) == nullptr);
    for (std::uint32_t i = 1; i <= 9; ++i) {
        CHECK((of.recent.oldest(of.count).length() > 0) == (i > 7));
        CHECK(of.count.leaves_room<7>() == (i <= 7));
        of.remember(numbered(i));
        CHECK(of.recent.latest(1, of.count) == numbered(i));
    }
    CHECK(of.find_copy(2) == nullptr);
    REQUIRE(of.find_copy(3) != nullptr);
    CHECK(*of.find_copy(3) == numbered(3));
    CHECK(of.recent.oldest(of.count) == numbered(3));
    CHECK(of.recent.latest(7, of.count) == numbered(3));
    CHECK(of.find_covering(299) == nullptr);
    REQUIRE(of.find_covering(300) != nullptr);
    CHECK(*of.find_covering(399) == numbered(3));

    of.remember(numbered(10, 5));
    CHECK(*of.find_copy(5) == numbered(10, 5));
}

TEST_CASE("however many are remembered, each takes the place of the one that is as old as there are places") {
    remembered_count count{};
    for (std::size_t i = 0; i < 1000; ++i) {
        CHECK(count.place<7>(0) == i % 7);
        CHECK(count.place<16>(1) == (i + 15) % 16);
        CHECK(count.leaves_room<7>() == (i < 7));
        CHECK(count.leaves_room<16>() == (i < 16));
        count.increment();
    }
}

TEST_CASE("a packet number comes out whole again, by one that is near") {
    const std::uint64_t far = std::uint64_t{1} << 40;
    for (const std::uint64_t number : {std::uint64_t{1}, far - 1, far, far + 7, far + 0xffffffff}) {
        const auto kept = remembered_segment::of({.packet_number = number}, 0, 1);
        for (const std::int64_t step : {0, 1, -1, 1000, 0x7fffffff, -0x7fffffff}) {
            const std::uint64_t near = number + static_cast<std::uint64_t>(step);
            CHECK(kept.packet_number({.packet_number = near}) == number);
        }
    }
}

TEST_CASE(
    "a long memory knows the first copy that was sent next beyond a sequence number, as far as it says when that was") {
    counted<long_memory> of;
    CHECK(of.recent.find_beyond({0}, of.count) == nullptr);
    of.remember(numbered(9), {.id = 9});
    of.remember(numbered(7), {.id = 7});
    of.remember(numbered(6), {.id = 10}, copy_kind::resent);
    of.remember(numbered(5), {.id = 11}, copy_kind::repeated);
    of.remember(numbered(4)); // it does not say
    of.remember(numbered(3), {.id = 3}, copy_kind::late);
    CHECK(of.recent.find_beyond({200}, of.count)->id == 3);
    CHECK(of.recent.find_beyond({301}, of.count)->id == 7);
    CHECK(of.recent.find_beyond({900}, of.count)->id == 9);
    CHECK(of.recent.find_beyond({901}, of.count) == nullptr);
    CHECK(of.recent.is_late(*of.find_copy(3)));
    CHECK_FALSE(of.recent.is_late(*of.find_copy(7)));
    int covering = 0;
    of.remember(numbered(3), {.id = 12}, copy_kind::repeated);
    of.recent.for_each_covering({350}, of.count, [&](const stamped_segment& each) { covering += each.id; });
    CHECK(covering == 15);
}

TEST_CASE("a memory takes over what another holds in its order, as much as it can") {
    for (const std::uint32_t count : {0u, 1u, 4u, 7u, 16u, 40u, 224u, 1003u}) {
        counted<short_memory> few;
        counted<long_memory> many;
        for (std::uint32_t i = 1; i <= count; ++i) {
            few.remember(numbered(i));
            many.remember(numbered(i), {.id = 1});
        }
        counted<long_memory> grown{.count = few.count};
        grown.recent.take_over(few.recent, few.count);
        counted<short_memory> shrunk{.count = many.count};
        shrunk.recent.take_over(many.recent, many.count);
        CHECK(shrunk.recent == few.recent);
        for (std::uint32_t i = 1; i <= count + 1; ++i) {
            const bool is_one = i <= count;
            CHECK((many.find_copy(i) != nullptr) == (is_one && i + 16 > count));
            CHECK((grown.find_copy(i) != nullptr) == (is_one && i + 7 > count));
            CHECK((shrunk.find_copy(i) != nullptr) == (is_one && i + 7 > count));
            if (grown.find_copy(i) == nullptr) continue;
            CHECK(*grown.find_copy(i) == numbered(i));
            CHECK(static_cast<const remembered_segment&>(*grown.find_covering(100 * i)) == numbered(i));
        }
        grown.remember(numbered(count + 1)); // what was taken over stays where it is
        CHECK(grown.recent.latest(1, grown.count) == numbered(count + 1));
        if (count >= 3) CHECK(*grown.find_copy(count - 2) == numbered(count - 2));
    }
}

TEST_CASE("a fingerprint changes with all that TCP and IP say") {
    segment plain{
        .time = timestamp{5ms}, .packet_number = 5, .sequence = {500}, .payload_length = 100, .flags = {0x10}};
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
    differs([](segment& s) { s.options.timestamps.reset(); });
    differs([](segment& s) { s.options.sack_block_count = 1; });
    segment later = plain; // when it was captured, and how long it lived, may differ
    later.time += 1ms;
    later.packet_number = 9;
    later.hop_limit = 3;
    CHECK(segment_fingerprint(later) == segment_fingerprint(plain));
}
