// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/tcp/tcp_header.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

constexpr link_type raw = link_type::raw;

/// A packet whose TCP header begins at 20.
byte_vector with(byte_vector packet, std::size_t offset, const char* digits) {
    overwrite(packet, offset, hex(digits));
    return packet;
}

} // namespace

TEST_CASE("TCP header: each field is read") { // RFC 9293 3.1
    // from 40000 to 443, 8 words, flags CWR ECE URG ACK PSH RST SYN FIN of 1aa, two no-operations and timestamps, "abc"
    const byte_vector bytes = hex("9c40 01bb 01020304 fffefdfc 81aa fedc 1111 2222"
                                  "01 01 08 0a 00000064 000000c8"
                                  "616263");
    const auto header = tcp_header::parse({bytes, bytes.size()});
    REQUIRE(header);
    CHECK(header->source_port() == 40000);
    CHECK(header->destination_port() == 443);
    CHECK(header->sequence() == sequence_number{0x0102'0304});
    CHECK(header->acknowledgment() == sequence_number{0xfffe'fdfc});
    CHECK(header->length() == 32);
    CHECK(header->flags() == tcp_flags{0x1aa});
    CHECK(header->window() == 0xfedc);
    CHECK(header->payload_length() == 3);
    CHECK(header->options().timestamps == tcp_timestamps{.value = 100, .echo = 200});

    const segment found = segment_of(ip_packet({}, 6, bytes), raw);
    CHECK(found.source == at("192.0.2.1", 40000));
    CHECK(found.destination == at("198.51.100.1", 443));
    CHECK(found.sequence == sequence_number{0x0102'0304});
    CHECK(found.acknowledgment == sequence_number{0xfffe'fdfc});
    CHECK(found.flags == tcp_flags{0x1aa});
    CHECK(found.window == 0xfedc);
    CHECK(found.payload_length == 3);
    CHECK(found.options.timestamps == tcp_timestamps{.value = 100, .echo = 200});
    CHECK(!found.options.cut);
    CHECK(!found.options.malformed);
}

TEST_CASE("TCP header: nine bits are flags, and three reserved bits are not") {
    for (unsigned bits = 0; bits < 0x1000; ++bits) {
        const auto field = static_cast<std::uint16_t>(0x5000 | bits);
        byte_vector packet = tcp_packet({.link = raw});
        overwrite(packet, 32, big_endian(field));
        CHECK(segment_of(packet, raw).flags.bits == (bits & 0x1ff));
    }
}

TEST_CASE("TCP header: a header that ends too early is truncated or malformed") {
    const byte_vector packet = tcp_packet({.link = raw, .options = timestamps(1, 2), .payload_length = 5});
    check_snapshots(packet, raw, 40, packet_outcome::tcp);
    for (unsigned length = 20; length <= packet.size(); ++length) { // on the wire
        CAPTURE(length);
        byte_vector shorter(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(length));
        overwrite(shorter, 2, big_endian(static_cast<std::uint16_t>(length)));
        const decoding made = decode_frame(shorter, {.link = raw});
        // 20 bytes of IP, and a TCP header of 32, options and all
        CHECK(made.outcome == (length < 52 ? packet_outcome::malformed : packet_outcome::tcp));
        if (length >= 52) CHECK(made.segment.payload_length == length - 52);
    }
}

TEST_CASE("TCP header: an impossible data offset is malformed") {
    const byte_vector packet = tcp_packet({.link = raw, .payload_length = 12});
    for (const char* const words : {"00", "10", "20", "30", "40"}) { // fewer than five
        CHECK(decode_frame(with(packet, 32, words), {.link = raw}).outcome == packet_outcome::malformed);
    }
    CHECK(segment_of(with(packet, 32, "50"), raw).payload_length == 12);
    CHECK(segment_of(with(packet, 32, "70"), raw).payload_length == 4);
    CHECK(segment_of(with(packet, 32, "80"), raw).payload_length == 0);
    CHECK(decode_frame(with(packet, 32, "90"), {.link = raw}).outcome == packet_outcome::malformed);
    CHECK(decode_frame(with(packet, 32, "f0"), {.link = raw}).outcome == packet_outcome::malformed);
    // that the packet ends before its header does can be seen without its end
    CHECK(decode_frame(with(packet, 32, "90"), {.link = raw, .snapshot_length = 40}).outcome ==
          packet_outcome::malformed);
    // bytes that Ethernet added are no part of it
    const byte_vector padded = with(tcp_packet({.minimum_frame_length = 60}), 46, "60");
    CHECK(decode_frame(padded).outcome == packet_outcome::malformed);
}

TEST_CASE("TCP header: options are read as far as they were captured") {
    const byte_vector packet =
        tcp_packet({.link = raw,
                    .options = join({mss(1460), sack_permitted(), timestamps(1, 2), no_operation(), window_scale(7)}),
                    .payload_length = 100});
    const segment whole = segment_of(packet, raw);
    CHECK(whole.options.maximum_segment_size == 1460);
    CHECK(whole.options.sack_permitted);
    CHECK(whole.options.timestamps == tcp_timestamps{1, 2});
    CHECK(whole.options.window_scale == 7);
    for (std::size_t length = 40; length <= packet.size(); ++length) {
        CAPTURE(length);
        const decoding made = decode_frame(packet, {.link = raw, .snapshot_length = length});
        REQUIRE(made.outcome == packet_outcome::tcp);
        CHECK(made.segment.payload_length == 100);
        CHECK(made.segment.options.cut == (length < 60));
        CHECK(!made.segment.options.malformed);
        CHECK(made.segment.options.maximum_segment_size.has_value() == (length >= 44));
        CHECK(made.segment.options.sack_permitted == (length >= 46));
        CHECK(made.segment.options.timestamps.has_value() == (length >= 56));
        CHECK(made.segment.options.window_scale.has_value() == (length >= 60));
        segment found = made.segment;
        CHECK(found.captured_payload == length - std::min<std::size_t>(length, 60));
        found.captured_payload = whole.captured_payload;
        if (length >= 60) CHECK(found == whole);
    }
}

TEST_CASE("TCP header: a malformed option makes only itself and later options unreadable") {
    const byte_vector wrong =
        tcp_packet({.link = raw, .sequence = 5, .options = join({mss(1460), hex("08 ff 0000")}), .payload_length = 7});
    const segment found = segment_of(wrong, raw);
    CHECK(found.sequence == sequence_number{5});
    CHECK(found.payload_length == 7);
    CHECK(found.options.malformed);
    CHECK(found.options.maximum_segment_size == 1460);
    CHECK(!found.options.timestamps);
}
