// SPDX-License-Identifier: MIT
#include "../support/packet_builder.hpp"

#include <tcplens/wire/tcp_options.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <random>
#include <span>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

/// Read from memory that ends where the options do.
tcp_options parse(const byte_vector& bytes, bool cut = false) {
    const auto exact = std::make_unique<std::byte[]>(bytes.size());
    std::ranges::copy(bytes, exact.get());
    return tcp_options::parse({exact.get(), bytes.size()}, cut);
}

bool nothing_in(const tcp_options& options) {
    return !options.timestamps && !options.maximum_segment_size && !options.window_scale && !options.sack_permitted &&
           !options.fast_open && options.sack_blocks().empty();
}

} // namespace

TEST_CASE("TCP options: each option that matters is read") {
    SUBCASE("maximum segment size") { // RFC 9293 3.2: kind 2, length 4
        const tcp_options found = parse(hex("02 04 05b4"));
        CHECK(found.maximum_segment_size == 1460);
        CHECK(!found.malformed);
    }
    SUBCASE("window scale") { // RFC 7323 2.2: kind 3, length 3
        const tcp_options found = parse(hex("03 03 07"));
        CHECK(found.window_scale == 7);
        CHECK(!found.malformed);
    }
    SUBCASE("SACK permitted") { // RFC 2018 2: kind 4, length 2
        const tcp_options found = parse(hex("04 02"));
        CHECK(found.sack_permitted);
        CHECK(!found.malformed);
    }
    SUBCASE("SACK") { // RFC 2018 3: kind 5, length 8 n + 2
        const tcp_options found = parse(hex("05 12 00000001 fffffffe  12345678 9abcdef0"));
        REQUIRE(found.sack_blocks().size() == 2);
        CHECK(found.sack_blocks()[0] == sack_block{{1}, {0xffff'fffe}});
        CHECK(found.sack_blocks()[1] == sack_block{{0x1234'5678}, {0x9abc'def0}});
        CHECK(!found.malformed);
    }
    SUBCASE("timestamps") { // RFC 7323 3.2: kind 8, length 10
        const tcp_options found = parse(hex("08 0a 01234567 89abcdef"));
        CHECK(found.timestamps == tcp_timestamps{.value = 0x0123'4567, .echo = 0x89ab'cdef});
        CHECK(!found.malformed);
    }
    SUBCASE("fast open: a request and a cookie") { // RFC 7413 4.1.1: kind 34, length 2 or 6 to 18
        CHECK(parse(hex("22 02")).fast_open == 0);
        CHECK(parse(hex("22 06 01020304")).fast_open == 4);
        CHECK(parse(hex("22 0a 0102030405060708")).fast_open == 8);
        CHECK(parse(hex("22 12 0102030405060708 090a0b0c0d0e0f10")).fast_open == 16);
        CHECK(!parse(hex("22 0a 0102030405060708")).malformed);
    }
    SUBCASE("fast open as an experiment") { // RFC 6994: kind 254, ExID 0xf989
        CHECK(parse(hex("fe 04 f989")).fast_open == 0);
        CHECK(parse(hex("fe 08 f989 01020304")).fast_open == 4);
        CHECK(parse(hex("fe 14 f989 0102030405060708 090a0b0c0d0e0f10")).fast_open == 16);
        CHECK(!parse(hex("fe 04 f989")).malformed);
    }
    SUBCASE("another experiment") {
        for (const char* const other : {"fe 02", "fe 03 f9", "fe 04 f988", "fe 08 fa89 01020304", "fe 06 f989 0102",
                                        "fe 09 f989 0102030405", "fd 04 f989"}) {
            CAPTURE(other);
            CHECK(nothing_in(parse(hex(other))));
            CHECK(!parse(hex(other)).malformed); // the ExID may be another's first bytes
        }
    }
    SUBCASE("no options") {
        const tcp_options found = parse({});
        CHECK(nothing_in(found));
        CHECK(!found.malformed);
    }
}

TEST_CASE("TCP options: an option whose value is zero is not absent") {
    const tcp_options found = parse(hex("0204 0000  0303 00  080a 00000000 00000000"));
    CHECK(found.maximum_segment_size == 0);
    CHECK(found.window_scale == 0);
    CHECK(found.timestamps == tcp_timestamps{});
}

TEST_CASE("TCP options: options with no-operations between them are read up to the end of the list") {
    const byte_vector all = join({mss(1460), sack_permitted(), timestamps(1, 2), no_operation(), window_scale(7)});
    const tcp_options found = parse(all);
    CHECK(found.maximum_segment_size == 1460);
    CHECK(found.sack_permitted);
    CHECK(found.timestamps == tcp_timestamps{1, 2});
    CHECK(found.window_scale == 7);
    CHECK(!found.malformed);

    // RFC 9293 3.1: what follows the end of the list is padding, whatever it is
    const tcp_options ended = parse(join({mss(1460), hex("00"), window_scale(7), hex("00 ff")}));
    CHECK(ended.maximum_segment_size == 1460);
    CHECK(!ended.window_scale);
    CHECK(!ended.malformed);
    CHECK(nothing_in(parse(hex("00"))));
    CHECK(nothing_in(parse(byte_vector(40, std::byte{1}))));
    CHECK(!parse(byte_vector(40, std::byte{1})).malformed);
}

TEST_CASE("TCP options: one to four SACK blocks are read") {
    byte_vector blocks;
    for (std::uint32_t count = 1; count <= 4; ++count) {
        blocks = join({blocks, byte_writer{std::endian::big}.put(count * 100).put(count * 100 + 50).bytes()});
        const tcp_options found = parse(join({{std::byte{5}, static_cast<std::byte>(2 + 8 * count)}, blocks}));
        CHECK(!found.malformed);
        REQUIRE(found.sack_blocks().size() == count);
        for (std::uint32_t i = 0; i < count; ++i) {
            CHECK(found.sack_blocks()[i] == sack_block{{(i + 1) * 100}, {(i + 1) * 100 + 50}});
        }
    }
}

TEST_CASE("TCP options: a window scale above 14 counts as 14") { // RFC 7323 2.3
    for (unsigned shift = 0; shift < 256; ++shift) {
        CHECK(parse(window_scale(static_cast<std::uint8_t>(shift))).window_scale == std::min(shift, 14u));
    }
}

TEST_CASE("TCP options: of an option that is there twice, the last one counts") {
    CHECK(parse(join({mss(1), mss(2)})).maximum_segment_size == 2);
    CHECK(parse(join({window_scale(1), window_scale(2)})).window_scale == 2);
    CHECK(parse(join({timestamps(1, 2), timestamps(3, 4)})).timestamps == tcp_timestamps{3, 4});
    CHECK(parse(join({fast_open(8), fast_open(0)})).fast_open == 0);
    CHECK(parse(join({sack_permitted(), sack_permitted()})).sack_permitted);

    const tcp_options shorter = parse(join({sack({{1, 2}, {3, 4}, {5, 6}}), sack({{7, 8}})}));
    CHECK(!shorter.malformed);
    REQUIRE(shorter.sack_blocks().size() == 1);
    CHECK(shorter.sack_blocks()[0] == sack_block{{7}, {8}});
    CHECK(shorter == parse(sack({{7, 8}}))); // nothing is left of the first
}

TEST_CASE("TCP options: read() leaves nothing of the options that were read before") {
    const std::array lists{
        byte_vector{},
        join({no_operation(), no_operation(), timestamps(1, 2)}), // RFC 7323 appendix A
        join({timestamps(3, 4), no_operation(), no_operation()}),
        join({mss(5), window_scale(6), sack_permitted(), fast_open(8)}),
        sack({{1, 2}, {3, 4}, {5, 6}, {7, 8}}),
        join({no_operation(), no_operation(), sack({{9, 10}})}),
        hex("0105"), // malformed
    };
    for (const byte_vector& first : lists) {
        for (const byte_vector& second : lists) {
            for (const bool cut : {false, true}) {
                tcp_options used = parse(first, !cut);
                used.read(second, cut);
                CHECK(used == parse(second, cut));
            }
        }
    }
    const tcp_options plain = parse(lists[1]);
    CHECK(plain.timestamps == tcp_timestamps{1, 2});
    CHECK(!plain.cut);
    CHECK(parse(lists[1], true).cut);
}

TEST_CASE("TCP options: options of other kinds are skipped") {
    for (unsigned kind = 0; kind < 256; ++kind) {
        if (kind <= 5 || kind == 8 || kind == 34) continue;
        for (unsigned length = 2; length <= 36; ++length) {
            CAPTURE(kind);
            CAPTURE(length);
            byte_vector other(length, std::byte{0xee});
            other[0] = static_cast<std::byte>(kind);
            other[1] = static_cast<std::byte>(length);
            const tcp_options found = parse(join({other, mss(1460)}));
            CHECK(found == parse(mss(1460)));
        }
    }
}

TEST_CASE("TCP options: an impossible length ends the list and makes the options malformed") {
    for (const unsigned kind : {2u, 3u, 4u, 5u, 8u, 30u, 34u, 253u, 254u, 255u}) {
        for (const unsigned length : {0u, 1u, 9u, 39u, 40u, 255u}) {
            CAPTURE(kind);
            CAPTURE(length);
            // eight bytes from here to the end
            byte_vector wrong(8, std::byte{1});
            wrong[0] = static_cast<std::byte>(kind);
            wrong[1] = static_cast<std::byte>(length);
            const tcp_options found = parse(join({mss(1460), wrong}));
            CHECK(found.malformed);
            CHECK(found.maximum_segment_size == 1460); // what came before counts
            CHECK(!found.window_scale);
            CHECK(!found.timestamps);
        }
        const tcp_options found = parse({static_cast<std::byte>(kind)}); // no room for its length
        CHECK(found.malformed);
        CHECK(nothing_in(found));
    }
}

TEST_CASE("TCP options: an option whose length is wrong for its kind is skipped and makes the options malformed") {
    struct right {
        unsigned kind;
        std::initializer_list<unsigned> lengths;
    };
    for (const right& option : {right{2, {4}}, right{3, {3}}, right{4, {2}}, right{5, {10, 18, 26, 34}}, right{8, {10}},
                                right{34, {2, 6, 8, 10, 12, 14, 16, 18}}}) {
        for (unsigned length = 2; length <= 36; ++length) {
            CAPTURE(option.kind);
            CAPTURE(length);
            byte_vector bytes(length, std::byte{0x0d});
            bytes[0] = static_cast<std::byte>(option.kind);
            bytes[1] = static_cast<std::byte>(length);
            const bool is_right = std::ranges::find(option.lengths, length) != option.lengths.end();

            const tcp_options alone = parse(bytes);
            CHECK(alone.malformed == !is_right);
            CHECK(nothing_in(alone) == !is_right);

            // the next option can be found
            const byte_vector next = option.kind == 2 ? window_scale(7) : mss(1460);
            const tcp_options both = parse(join({bytes, next}));
            CHECK(both.malformed == !is_right);
            if (option.kind == 2) CHECK(both.window_scale == 7);
            else CHECK(both.maximum_segment_size == 1460);
        }
    }
}

TEST_CASE("TCP options: options that the capture cut are read as far as they were captured") {
    const byte_vector all = join({mss(1460), sack_permitted(), timestamps(1, 2), no_operation(), window_scale(7),
                                  sack({{1, 2}, {3, 4}}), fast_open(6), hex("fe 04 f989")});
    for (std::size_t length = 0; length <= all.size(); ++length) {
        CAPTURE(length);
        const byte_vector captured(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(length));
        const tcp_options cut = parse(captured, true);
        CHECK(cut.cut);
        CHECK(!cut.malformed);
        CHECK(cut.maximum_segment_size.has_value() == (length >= 4));
        CHECK(cut.sack_permitted == (length >= 6));
        CHECK(cut.timestamps.has_value() == (length >= 16));
        CHECK(cut.window_scale.has_value() == (length >= 20));
        CHECK(cut.sack_blocks().size() == (length >= 38 ? 2 : 0));
        CHECK(cut.fast_open.has_value() == (length >= 46));
        CHECK(cut.fast_open.value_or(6) == (length >= 50 ? 0 : 6));

        // the same bytes, when the header ends there: only between two options is that right
        const bool between = length == 0 || length == 4 || length == 6 || length == 16 || length == 17 ||
                             length == 20 || length == 38 || length == 46 || length == 50;
        const tcp_options ended = parse(captured, false);
        CHECK(!ended.cut);
        CHECK(ended.malformed == !between);
        CHECK(ended.maximum_segment_size == cut.maximum_segment_size);
        CHECK(ended.window_scale == cut.window_scale);
    }

    // a length that cannot be is one, cut or not
    CHECK(parse(hex("02 01"), true).malformed);
    CHECK(parse(hex("02 00 05 b4"), true).malformed);
    CHECK(!parse(hex("02"), true).malformed);
    CHECK(!parse(hex("02 04 05"), true).malformed);
    CHECK(parse(hex("02 03 05"), true).malformed);
}

TEST_CASE("TCP options: reading any bytes ends, and stays within them") {
    std::mt19937_64 random{3};
    std::size_t malformed = 0;
    for (int i = 0; i < 50'000; ++i) {
        byte_vector bytes(random() % 41);
        for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % (random() % 2 == 0 ? 12 : 256));
        const tcp_options found = parse(bytes, i % 2 == 0);
        CHECK(found.sack_block_count <= 4);
        CHECK(found.window_scale.value_or(0) <= 14);
        CHECK(found.fast_open.value_or(0) <= 16);
        malformed += found.malformed;
    }
    CHECK(malformed > 10'000);
    CHECK(malformed < 40'000);
}
