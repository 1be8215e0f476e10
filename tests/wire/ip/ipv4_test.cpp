// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/ip/ipv4.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

constexpr link_type raw = link_type::raw;

packet_outcome outcome_of(const byte_vector& packet) {
    return decode_frame(packet, {.link = raw}).outcome;
}

/// `packet` with other bytes from `offset` on.
byte_vector with(byte_vector packet, std::size_t offset, const char* digits) {
    overwrite(packet, offset, hex(digits));
    return packet;
}

} // namespace

TEST_CASE("IPv4: each field of the header is read") { // RFC 791 3.1
    // version 4, 5 words, ECN 3 of TOS b7, 44 bytes in all, identification abcd, don't fragment, 63 hops, TCP
    const byte_vector packet = hex("45 b7 002c abcd 4000 3f 06 ffff c0000201 c6336401"
                                   "0001 0002 00000003 00000004 50 10 0005 0000 0000 61626364");
    const auto header = ipv4_header::parse({packet, packet.size()});
    REQUIRE(header);
    CHECK(header->version() == 4);
    CHECK(header->length() == 20);
    CHECK(header->ecn() == 3);
    CHECK(header->total_length() == 44);
    CHECK(header->id() == 0xabcd);
    CHECK(!header->more_fragments());
    CHECK(header->fragment_offset() == 0);
    CHECK(header->time_to_live() == 63);
    CHECK(header->protocol() == ip_protocol::tcp);
    CHECK(header->source() == address_of("192.0.2.1"));
    CHECK(header->destination() == address_of("198.51.100.1"));

    const segment found = segment_of(packet, raw);
    CHECK(found.source == at("192.0.2.1", 1));
    CHECK(found.destination == at("198.51.100.1", 2));
    CHECK(found.payload_length == 4);
    CHECK(found.wire_length == 44);
    CHECK(found.ip_id == 0xabcd);
    CHECK(found.hop_limit == 63);
    CHECK(found.ecn == 3);
}

TEST_CASE("IPv4: options are skipped, however many") {
    for (std::size_t length = 0; length <= 40; length += 4) {
        CAPTURE(length);
        const byte_vector packet = tcp_packet(
            {.link = raw, .ip_options = byte_vector(length, std::byte{1}), .sequence = 77, .payload_length = 9});
        const segment found = segment_of(packet, raw);
        CHECK(found.sequence == sequence_number{77});
        CHECK(found.payload_length == 9);
        check_snapshots(packet, raw, 20 + length + 20, packet_outcome::tcp);
    }
}

TEST_CASE("IPv4: a packet that ends within its header is malformed") {
    for (const std::size_t options : {0u, 4u, 40u}) {
        const byte_vector packet =
            ip_packet({.ip_options = byte_vector(options, std::byte{1})}, 1, byte_vector(8)); // ICMP
        check_ends(packet, raw, 20 + options, packet_outcome::not_tcp);
        check_snapshots(packet, raw, 20 + options, packet_outcome::not_tcp);
    }
}

TEST_CASE("IPv4: the length of the payload is that of the header") {
    SUBCASE("the capture has fewer bytes") {
        const byte_vector frame = tcp_packet({.payload_length = 1460});
        REQUIRE(frame.size() == 1514);
        const decoding made = decode_frame(frame, {.snapshot_length = 54});
        REQUIRE(made.outcome == packet_outcome::tcp);
        CHECK(made.segment.payload_length == 1460);
        CHECK(made.segment.wire_length == 1514);
    }
    SUBCASE("Ethernet added padding") { // IEEE 802.3 4.2.3.3: no frame is shorter than 60 bytes
        for (std::size_t length = 0; length <= 8; ++length) {
            const segment found = segment_of(tcp_packet({.minimum_frame_length = 60, .payload_length = length}));
            CHECK(found.payload_length == length);
            CHECK(found.wire_length == (length <= 6 ? 60 : 54 + length));
        }
    }
    SUBCASE("the frame is shorter, because a tool cut packets and rewrote the length of the frame") {
        const byte_vector packet = tcp_packet({.link = raw, .payload_length = 1460});
        for (const std::size_t length : {40u, 41u, 1499u}) {
            CHECK(segment_of(std::span{packet}.first(length), raw).payload_length == 1460);
        }
        // it cannot be told from a capture that was cut
        CHECK(outcome_of({packet.begin(), packet.begin() + 39}) == packet_outcome::truncated);
        CHECK(outcome_of({packet.begin(), packet.begin() + 20}) == packet_outcome::truncated);
        CHECK(outcome_of({packet.begin(), packet.begin() + 19}) == packet_outcome::malformed);
    }
    SUBCASE("up to 65,535 bytes") {
        CHECK(segment_of(tcp_packet({.payload_length = 65495})).payload_length == 65495);
    }
}

TEST_CASE("IPv4: with a length of 0 the length of the frame counts") { // segmentation offload
    const byte_vector packet = tcp_packet({.link = raw, .payload_length = 65496});
    REQUIRE(packet.size() == 65536);
    REQUIRE(packet[2] == std::byte{});
    REQUIRE(packet[3] == std::byte{});
    CHECK(segment_of(packet, raw).payload_length == 65496);
    CHECK(decode_frame(packet, {.link = raw, .snapshot_length = 40}).segment.payload_length == 65496);
    CHECK(segment_of(tcp_packet({.payload_length = 100'000})).payload_length == 100'000);

    const byte_vector small = with(tcp_packet({.link = raw, .payload_length = 1}), 2, "0000");
    CHECK(segment_of(small, raw).payload_length == 1);
    check_snapshots(small, raw, 40, packet_outcome::tcp);
    check_ends(small, raw, 40, packet_outcome::tcp); // here nothing says that there was more
}

TEST_CASE("IPv4: fragments are recognised") { // RFC 791 2.3
    const byte_vector segment = tcp_segment({.payload_length = 100});
    const auto fragment = [&](std::uint16_t offset, bool more, std::uint8_t protocol = 6) {
        return ip_packet({.dont_fragment = false, .more_fragments = more, .fragment_offset = offset}, protocol,
                         segment);
    };
    CHECK(outcome_of(fragment(0, false)) == packet_outcome::tcp);
    CHECK(outcome_of(fragment(0, true)) == packet_outcome::fragment);       // the first
    CHECK(outcome_of(fragment(1, true)) == packet_outcome::fragment);       // one in the middle
    CHECK(outcome_of(fragment(1, false)) == packet_outcome::fragment);      // the last
    CHECK(outcome_of(fragment(0x1fff, false)) == packet_outcome::fragment); // as far back as can be
    CHECK(outcome_of(fragment(0, true, 17)) == packet_outcome::not_tcp);    // of UDP
    CHECK(outcome_of(fragment(1, false, 17)) == packet_outcome::not_tcp);

    // the other two flags are no part of the offset
    CHECK(outcome_of(with(fragment(0, false), 6, "4000")) == packet_outcome::tcp);
    CHECK(outcome_of(with(fragment(0, false), 6, "8000")) == packet_outcome::tcp);
    CHECK(outcome_of(with(fragment(0, false), 6, "e000")) == packet_outcome::fragment);

    // whatever there is of the TCP header
    check_snapshots(fragment(0, true), raw, 20, packet_outcome::fragment);
    check_snapshots(fragment(1, false), raw, 20, packet_outcome::fragment);
    check_ends(fragment(1, false), raw, 20, packet_outcome::fragment);
}

TEST_CASE("IPv4: a header that contradicts itself is malformed") {
    const byte_vector packet = tcp_packet({.link = link_type::ipv4, .ip_options = byte_vector(8), .payload_length = 8});
    REQUIRE(outcome_of(packet) == packet_outcome::tcp);

    for (unsigned version = 0; version < 16; ++version) {
        byte_vector changed = packet;
        changed[0] = static_cast<std::byte>(version << 4 | 7);
        CHECK(decode_frame(changed, {.link = link_type::ipv4}).outcome ==
              (version == 4 ? packet_outcome::tcp : packet_outcome::malformed));
    }
    for (const char* const words : {"40", "41", "42", "43", "44"}) { // fewer than five
        CHECK(outcome_of(with(packet, 0, words)) == packet_outcome::malformed);
    }
    for (const char* const length : {"0001", "0013", "0014", "001b"}) { // shorter than this header of 28 bytes
        CHECK(outcome_of(with(packet, 2, length)) == packet_outcome::malformed);
        CHECK(decode_frame(with(packet, 2, length), {.link = raw, .snapshot_length = 28}).outcome ==
              packet_outcome::malformed);
    }
    // room for the IP header, but not for that of TCP
    CHECK(outcome_of(with(packet, 2, "001c")) == packet_outcome::malformed);
    CHECK(outcome_of(with(packet, 2, "002f")) == packet_outcome::malformed);
    CHECK(outcome_of(with(packet, 2, "0030")) == packet_outcome::tcp);

    // an IPv4 header in a packet that is said to be IPv6, with a wrong checksum, and the other way round
    const byte_vector frame = tcp_packet();
    CHECK(decode_frame(with(with(frame, 12, "86dd"), 24, "0001")).outcome == packet_outcome::malformed);
    CHECK(decode_frame(with(frame, 14, "65")).outcome == packet_outcome::malformed);
}

TEST_CASE("IPv4: a protocol other than TCP is not TCP") {
    for (unsigned protocol = 0; protocol < 256; ++protocol) {
        const byte_vector packet = ip_packet({}, static_cast<std::uint8_t>(protocol), tcp_segment({}));
        segment found;
        const captured_packet captured{packet, {.link = raw}};
        CHECK(decode(*captured, found, {.tunnels = tunnel_set::none}) ==
              (protocol == 6 ? packet_outcome::tcp : packet_outcome::not_tcp));
    }
}
