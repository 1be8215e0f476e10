// SPDX-License-Identifier: MIT
// Parsers that the compiler checks: in a constant expression a read outside of the bytes, an overflow or any other undefined behaviour does
// not compile.
#include <tcplens/wire/address.hpp>
#include <tcplens/wire/decode/decode.hpp>
#include <tcplens/wire/sequence_number.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace tcplens;

namespace {

// --- sequence arithmetic (RFC 9293 section 3.4, RFC 1982)

static_assert(before(sequence_number{1}, sequence_number{2}));
static_assert(before(sequence_number{0xffff'ffff}, sequence_number{0}));
static_assert(!before(sequence_number{0}, sequence_number{0xffff'ffff}));
static_assert(!before(sequence_number{7}, sequence_number{7}));
static_assert(distance(sequence_number{0xffff'fff0}, sequence_number{0x10}) == 0x20);
static_assert(distance(sequence_number{0x10}, sequence_number{0xffff'fff0}) == -0x20);
static_assert(sequence_number{0xffff'ffff} + 2 == sequence_number{1});
static_assert(sequence_number{1} - 2 == sequence_number{0xffff'ffff});
static_assert([] {
    for (std::uint32_t at = 0; at < 64; ++at) {
        const sequence_number from{at * 0x0400'0000u - 1};
        for (const std::uint32_t step : {1u, 1460u, 0x7fff'ffffu}) {
            if (!before(from, from + step) || before(from + step, from)) return false;
            if (from + step - step != from) return false;
        }
    }
    return true;
}());

// --- parsers

/// Bytes in memory of just their size. g++ 11 has no std::vector in constant expressions.
class exact_copy {
public:
    constexpr explicit exact_copy(std::span<const std::byte> from)
        : data_(new std::byte[from.size()]{}), size_(from.size()) {
        for (std::size_t i = 0; i < size_; ++i) data_[i] = from[i];
    }
    exact_copy(const exact_copy&) = delete;
    exact_copy& operator=(const exact_copy&) = delete;
    constexpr ~exact_copy() { delete[] data_; }
    [[nodiscard]] constexpr std::span<const std::byte> bytes() const { return {data_, size_}; }

private:
    std::byte* data_;
    std::size_t size_;
};

consteval int digit(char of) {
    return of <= '9' ? of - '0' : of - 'a' + 10;
}
/// The bytes of hexadecimal digits, with spaces between.
template <std::size_t Size>
struct frame {
    std::array<std::byte, Size> data{};
    std::size_t size = 0;

    consteval frame(const char (&digits)[Size]) {
        bool half = false;
        for (std::size_t i = 0; i + 1 < Size; ++i) {
            if (digits[i] == ' ') continue;
            if (!half) data[size] = static_cast<std::byte>(digit(digits[i]) << 4);
            else data[size++] |= static_cast<std::byte>(digit(digits[i]));
            half = !half;
        }
    }
};

struct decoded {
    decode_result result{};
    segment found{};
};

/// Decodes the first `captured` bytes, in memory of just that size.
template <std::size_t Size>
constexpr decoded decode_cut(const frame<Size>& from, std::size_t captured, const decode_options& options = {}) {
    const exact_copy copy{std::span{from.data}.first(captured)};
    decoded made;
    made.result = decode({.bytes = copy.bytes(), .wire_length = static_cast<std::uint32_t>(from.size), .number = 1},
                         made.found, options);
    return made;
}
template <std::size_t Size>
constexpr decoded decode_whole(const frame<Size>& from, const decode_options& options = {}) {
    return decode_cut(from, from.size, options);
}

/// Cut at every byte, a frame is truncated or, once the TCP header is there, the same segment with less of its data.
template <std::size_t Size>
constexpr bool is_sound_at_every_cut(const frame<Size>& from, std::size_t headers) {
    for (const bool careful : {false, true}) {
        const decode_options options{.verify_checksums = careful, .identify_networks = careful};
        const decoded whole = decode_whole(from, options);
        if (whole.result.outcome != packet_outcome::tcp) return false;
        for (std::size_t captured = 0; captured < from.size; ++captured) {
            const decoded part = decode_cut(from, captured, options);
            if (captured < headers && part.result.outcome == packet_outcome::tcp) return false;
            if (captured < headers) continue;
            if (part.result.outcome != packet_outcome::tcp || part.found.sequence != whole.found.sequence ||
                part.found.payload_length != whole.found.payload_length ||
                part.found.captured_payload != captured - headers)
                return false;
        }
    }
    return true;
}

constexpr frame plain{"020000000001 020000000002 0800  4500 002c 1234 4000 4006 0000 0a000001 0a000002"
                      " 9c40 01bb 00000001 00000002 5018 0400 0000 0000  61626364"};
static_assert(decode_whole(plain).found.sequence == sequence_number{1});
static_assert(decode_whole(plain).found.payload_length == 4);
static_assert(decode_whole(plain).found.source.port == 40'000);
static_assert(is_sound_at_every_cut(plain, 54));

constexpr frame tagged_v6{"020000000001 020000000002 8100 000a 86dd  60000000 0016 06 40"
                          " 20010db8000000000000000000000001 20010db8000000000000000000000002"
                          " 01bb 9c40 ffffffff 00000002 5010 0400 0000 0000  6162"};
static_assert(decode_whole(tagged_v6).found.destination.port == 40'000);
static_assert(!decode_whole(tagged_v6).found.source.address.is_v4());
#ifndef __clang__ // which, up to 19, does not instantiate function templates in time for a constant expression
static_assert(is_sound_at_every_cut(tagged_v6, 78));
#endif

static_assert(decode_whole(plain, {.identify_networks = true}).found.network == segment::network_id{});

constexpr frame in_gre{"020000000001 020000000002 0800  4500 0048 0000 0000 402f 0000 c0a80001 c0a80002"
                       " 2000 0800 e822d98b  4500 002c 1234 4000 4006 0000 0a000001 0a000002"
                       " 9c40 01bb 00000001 00000002 5018 0400 0000 0000  61626364"};
static_assert(decode_whole(in_gre).found.tunnel_depth == 1);
static_assert(is_sound_at_every_cut(in_gre, 82));
// Once this key was the number of VLAN 10.
static_assert(decode_whole(in_gre, {.identify_networks = true}).found.network !=
              *segment::network_id{}.inner(ether_type::vlan, 12, 10));

constexpr frame syn_with_options{"020000000001 020000000002 0800  4500 003c 1234 4000 4006 0000 0a000001 0a000002"
                                 " 9c40 01bb 00000001 00000000 a002 0400 0000 0000"
                                 " 020405b4 0402 080a00000001 00000000 01 030307"};
static_assert(decode_whole(syn_with_options).found.options.maximum_segment_size == 1460);
static_assert(decode_whole(syn_with_options).found.options.window_scale == 7);
static_assert(decode_whole(syn_with_options).found.options.sack_permitted);
static_assert(decode_whole(syn_with_options).found.flags.syn());

/// Frames of one repeated byte, of any size: nothing is read that is not there.
constexpr bool survives_nonsense() {
    for (const unsigned value : {0x00u, 0x45u, 0x60u, 0x81u, 0xffu}) {
        std::array<std::byte, 80> nonsense{};
        for (std::byte& each : nonsense) each = static_cast<std::byte>(value);
        for (std::size_t length = 0; length < nonsense.size(); ++length) {
            const exact_copy copy{std::span{nonsense}.first(length)};
            segment found;
            if (decode({.bytes = copy.bytes(), .wire_length = 80, .number = 1}, found).outcome == packet_outcome::tcp)
                return false;
        }
    }
    return true;
}
static_assert(survives_nonsense());

} // namespace

TEST_CASE("compile time: what the compiler proved of the parsers holds at run time, too") {
    CHECK(is_sound_at_every_cut(plain, 54));
    CHECK(is_sound_at_every_cut(tagged_v6, 78));
    CHECK(is_sound_at_every_cut(in_gre, 82));
    CHECK(survives_nonsense());
}
