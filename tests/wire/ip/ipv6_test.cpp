// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/ip/ipv6.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

constexpr link_type raw = link_type::raw;

packet_outcome outcome_of(const byte_vector& packet) {
    return decode_frame(packet, {.link = raw}).outcome;
}

byte_vector with(byte_vector packet, std::size_t offset, const char* digits) {
    overwrite(packet, offset, hex(digits));
    return packet;
}

tcp_packet_options v6(std::vector<extension_header> headers = {}, std::size_t payload_length = 9) {
    return {.link = raw,
            .source = at("2001:db8::1", 40000),
            .destination = at("2001:db8::2", 443),
            .extension_headers = std::move(headers),
            .sequence = 77,
            .payload_length = payload_length};
}

/// Behind these headers, of so many bytes in all, stands a TCP segment.
void check_headers(const std::vector<extension_header>& headers, std::size_t length) {
    CAPTURE(length);
    const byte_vector packet = tcp_packet(v6(headers));
    REQUIRE(packet.size() == 40 + length + 20 + 9);
    const segment found = segment_of(packet, raw);
    CHECK(found.source == at("2001:db8::1", 40000));
    CHECK(found.sequence == sequence_number{77});
    CHECK(found.payload_length == 9);
    check_snapshots(packet, raw, 40 + length + 20, packet_outcome::tcp);

    // the length of the payload, made such that the packet ends within a header or just behind one
    for (std::size_t ends = 1; ends <= length + 29; ++ends) {
        CAPTURE(ends);
        byte_vector shorter = packet;
        overwrite(shorter, 4, big_endian(static_cast<std::uint16_t>(ends)));
        CHECK(outcome_of(shorter) == (ends < length + 20 ? packet_outcome::malformed : packet_outcome::tcp));
    }
}

/// A hop-by-hop header with a jumbo payload option.
extension_header jumbo(std::uint32_t length) {
    return {.protocol = 0,
            .rest = byte_writer{std::endian::big}.put(std::uint8_t{0}).put(hex("c204")).put(length).bytes()};
}

} // namespace

TEST_CASE("IPv6: each field of the header is read") { // RFC 8200 3
    // version 6, traffic class b7 with ECN 3, flow label 12345, 24 bytes behind it, TCP, 63 hops
    const byte_vector packet = hex("6b712345 0018 06 3f"
                                   "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                   "0001 0002 00000003 00000004 50 10 0005 0000 0000 61626364");
    const auto header = ipv6_header::parse({packet, packet.size()});
    REQUIRE(header);
    CHECK(header->version() == 6);
    CHECK(header->ecn() == 3);
    CHECK(header->payload_length() == 24);
    CHECK(header->next_header() == ip_protocol::tcp);
    CHECK(header->hop_limit() == 63);
    CHECK(header->source() == address_of("2001:db8::1"));
    CHECK(header->destination() == address_of("2001:db8::2"));

    const segment found = segment_of(packet, raw);
    CHECK(found.source == at("2001:db8::1", 1));
    CHECK(found.destination == at("2001:db8::2", 2));
    CHECK(found.payload_length == 4);
    CHECK(found.wire_length == 64);
    CHECK(!found.ip_id);
    CHECK(found.hop_limit == 63);
    CHECK(found.ecn == 3);
}

TEST_CASE("IPv6: a packet that ends within its header is malformed") {
    const byte_vector packet = ip_packet(v6(), 58, byte_vector(8));
    check_ends(packet, raw, 40, packet_outcome::not_tcp);
    check_snapshots(packet, raw, 40, packet_outcome::not_tcp);
    for (unsigned version = 0; version < 16; ++version) {
        byte_vector changed = tcp_packet(v6());
        changed[0] = static_cast<std::byte>(version << 4);
        CHECK(decode_frame(changed, {.link = link_type::ipv6}).outcome ==
              (version == 6 ? packet_outcome::tcp : packet_outcome::malformed));
    }
}

TEST_CASE("IPv6: the length of the payload is that of the header") {
    const byte_vector cut = tcp_packet(v6({}, 1440));
    CHECK(decode_frame(cut, {.link = raw, .snapshot_length = 60}).segment.payload_length == 1440);
    CHECK(segment_of(std::span{cut}.first(60), raw).payload_length == 1440); // a tool cut it
    CHECK(outcome_of({cut.begin(), cut.begin() + 59}) == packet_outcome::truncated);

    tcp_packet_options padded = v6({padding_options(0)}, 3);
    padded.link = link_type::ethernet;
    padded.minimum_frame_length = 100;
    const segment found = segment_of(tcp_packet(padded));
    CHECK(found.payload_length == 3);
    CHECK(found.wire_length == 100);
}

TEST_CASE("IPv6: with a length of 0 the length of the frame counts") { // segmentation offload
    const byte_vector packet = tcp_packet(v6({padding_options(60)}, 70'000));
    REQUIRE(packet[4] == std::byte{});
    REQUIRE(packet[5] == std::byte{});
    CHECK(segment_of(packet, raw).payload_length == 70'000);

    const byte_vector small = with(tcp_packet(v6({padding_options(60)}, 1)), 4, "0000");
    CHECK(segment_of(small, raw).payload_length == 1);
    check_snapshots(small, raw, 68, packet_outcome::tcp);
    check_ends(small, raw, 68, packet_outcome::tcp);
}

TEST_CASE("IPv6: extension headers are skipped") {
    SUBCASE("hop-by-hop options") { // RFC 8200 4.3: next header 6, no further eight bytes, PadN of four
        const byte_vector packet = hex("60000000 001c 00 40"
                                       "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                       "06 00 01 04 00000000"
                                       "0001 0002 00000003 00000004 50 10 0005 0000 0000");
        CHECK(segment_of(packet, raw).sequence == sequence_number{3});
        CHECK(segment_of(packet, raw).payload_length == 0);
        check_headers({padding_options(0)}, 8);
        check_headers({padding_options(0, 16)}, 16);
        check_headers({padding_options(0, 2048)}, 2048);
    }
    SUBCASE("routing") { // RFC 8200 4.4; here of type 4, with one segment left (RFC 8754 2)
        const byte_vector packet = hex("60000000 002c 2b 40"
                                       "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                       "06 02 04 01 00 00 0000 20010db8 00000000 00000000 00000003"
                                       "0001 0002 00000003 00000004 50 10 0005 0000 0000");
        const segment found = segment_of(packet, raw);
        CHECK(found.sequence == sequence_number{3});
        CHECK(found.destination == at("2001:db8::3", 2)); // where it will arrive, and be answered from
        check_headers({routing()}, 8);
    }
    SUBCASE("destination options") { // RFC 8200 4.6
        const byte_vector packet = hex("60000000 0024 3c 40"
                                       "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                       "06 01 01 0c 00000000 0000000000000000"
                                       "0001 0002 00000003 00000004 50 10 0005 0000 0000");
        CHECK(segment_of(packet, raw).sequence == sequence_number{3});
        check_headers({padding_options(60)}, 8);
        check_headers({padding_options(60, 256)}, 256);
    }
    SUBCASE("authentication, whose length counts four bytes") { // RFC 4302 2.2
        const byte_vector packet = hex("60000000 002c 33 40"
                                       "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                       "06 04 0000 00000100 00000001 a0a1a2a3a4a5a6a7a8a9aaab"
                                       "0001 0002 00000003 00000004 50 10 0005 0000 0000");
        CHECK(segment_of(packet, raw).sequence == sequence_number{3});
        check_headers({authentication()}, 24);
    }
    SUBCASE("mobility, host identity and shim6") { // RFC 6275 6.1.1, RFC 7401 5.1, RFC 5533 5.2
        for (const int protocol : {135, 139, 140}) {
            check_headers({padding_options(static_cast<std::uint8_t>(protocol), 24)}, 24);
        }
    }
    SUBCASE("an atomic fragment") {
        check_headers({fragment(0, false)}, 8);
    }
    SUBCASE("all of them") {
        check_headers({padding_options(0), padding_options(60, 16), routing(), fragment(0, false), authentication(),
                       padding_options(60)},
                      8 + 16 + 8 + 8 + 24 + 8);
    }
    SUBCASE("up to the bound, and none behind it") {
        const std::vector<extension_header> most(detail::max_repeats, padding_options(60));
        CHECK(segment_of(tcp_packet(v6(most)), raw).payload_length == 9);
        const std::vector<extension_header> many(500, padding_options(60));
        CHECK(decode_frame(tcp_packet(v6(many)), {.link = raw}).outcome == packet_outcome::not_tcp);
    }
    SUBCASE("before another protocol") {
        for (unsigned protocol = 0; protocol < 256; ++protocol) {
            const auto next = static_cast<std::uint8_t>(protocol);
            if (next == 6) continue;
            // what comes next is another extension header, longer than what is there, or it is not known
            const byte_vector packet = ip_packet(v6({padding_options(60)}), next, hex("06 ff 0000 00000000"));
            const bool extension = next == 0 || next == 43 || next == 51 || next == 60 || next == 135 || next == 139 ||
                                   next == 140 || next == 44;
            segment found;
            const captured_packet captured{packet, {.link = raw}};
            CHECK(decode(*captured, found, {.tunnels = tunnel_set::none}) ==
                  (extension ? packet_outcome::malformed : packet_outcome::not_tcp));
        }
        check_snapshots(ip_packet(v6({padding_options(60, 16)}), 59, {}), raw, 56, packet_outcome::not_tcp); // nothing
    }
}

TEST_CASE("IPv6: fragments are recognised") { // RFC 8200 4.5
    const byte_vector segment = tcp_segment(v6());
    const auto with_header = [&](const extension_header& header, std::uint8_t protocol = 6) {
        return ip_packet(v6({padding_options(60), header}), protocol, segment);
    };
    SUBCASE("the first, one in the middle, the last") {
        const byte_vector first = hex("60000000 0020 2c 40"
                                      "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                                      "06 00 0001 01020304"
                                      "0001 0002 00000003 00000004 50 10 0005 0000 0000 61626364");
        CHECK(outcome_of(first) == packet_outcome::fragment);
        CHECK(outcome_of(with(first, 42, "0009")) == packet_outcome::fragment);
        CHECK(outcome_of(with(first, 42, "fff8")) == packet_outcome::fragment);
        CHECK(outcome_of(with_header(fragment(0, true))) == packet_outcome::fragment);
        CHECK(outcome_of(with_header(fragment(1, true))) == packet_outcome::fragment);
        CHECK(outcome_of(with_header(fragment(1, false))) == packet_outcome::fragment);
        CHECK(outcome_of(with_header(fragment(0x1fff, false))) == packet_outcome::fragment);
    }
    SUBCASE("an atomic fragment is a whole packet") { // RFC 6946
        const byte_vector whole = with_header(fragment(0, false));
        CHECK(segment_of(whole, raw).payload_length == 9);
        CHECK(segment_of(with(whole, 50, "0006"), raw).payload_length == 9); // reserved bits
        CHECK(segment_of(with(whole, 49, "ff"), raw).payload_length == 9);   // a reserved byte
    }
    SUBCASE("of another protocol") {
        CHECK(outcome_of(with_header(fragment(0, true), 17)) == packet_outcome::not_tcp);
        CHECK(outcome_of(with_header(fragment(1, true), 17)) == packet_outcome::not_tcp);
        CHECK(outcome_of(with_header(fragment(0, false), 17)) == packet_outcome::not_tcp);
    }
    SUBCASE("extension headers follow the first fragment's header, in later fragments there is only data") {
        const std::vector<extension_header> first{fragment(0, true), padding_options(60)};
        CHECK(outcome_of(tcp_packet(v6(first))) == packet_outcome::fragment);
        const std::vector<extension_header> later{fragment(2, true), padding_options(60)};
        CHECK(outcome_of(tcp_packet(v6(later))) == packet_outcome::not_tcp);
    }
    SUBCASE("cut at every length") {
        for (const extension_header& header : {fragment(0, true), fragment(1, false)}) {
            check_snapshots(with_header(header), raw, 56, packet_outcome::fragment);
        }
    }
    SUBCASE("a fragment within a fragment") {
        const std::vector<extension_header> headers{fragment(0, true), fragment(0, false)};
        CHECK(outcome_of(tcp_packet(v6(headers))) == packet_outcome::fragment);
    }
}

TEST_CASE("IPv6: a jumbogram's length is that of its hop-by-hop header") { // RFC 2675 3
    const std::uint32_t behind = 8 + 20 + 100'000;                         // all that follows the fixed header
    byte_vector packet = hex("60000000 0000 00 40"
                             "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
                             "06 00 c2 04 000186bc"
                             "0001 0002 00000003 00000004 50 10 0005 0000 0000");
    REQUIRE(behind == 0x186bc);
    packet.resize(40 + behind);
    CHECK(segment_of(packet, raw).payload_length == 100'000);
    CHECK(decode_frame(packet, {.link = raw, .snapshot_length = 68}).segment.payload_length == 100'000);
    check_snapshots(std::span{packet}.first(100), raw, 68, packet_outcome::tcp);

    const byte_vector padded = join({packet, byte_vector(30)});
    CHECK(segment_of(padded, raw).payload_length == 100'000);
    CHECK(segment_of(tcp_packet(v6({jumbo(behind)}, 100'000)), raw).payload_length == 100'000);

    SUBCASE("a length that no host sends is malformed") {
        CHECK(segment_of(with(packet, 44, "01000000"), raw).payload_length == (1u << 24) - 28);
        CHECK(outcome_of(with(packet, 44, "01000001")) == packet_outcome::malformed);
        CHECK(outcome_of(with(packet, 44, "ffffffff")) == packet_outcome::malformed);
    }
    SUBCASE("a length shorter than the headers is malformed") {
        for (const char* const length : {"00000000", "00000001", "00000007", "00000008", "0000001b"}) {
            CHECK(outcome_of(with(packet, 44, length)) == packet_outcome::malformed);
        }
        CHECK(segment_of(with(packet, 44, "0000001c"), raw).payload_length == 0);
    }
    SUBCASE("a payload length other than 0 counts instead") {
        CHECK(segment_of(with(packet, 4, "0020"), raw).payload_length == 4);
    }
    SUBCASE("behind another option, the length of the frame counts") {
        CHECK(segment_of(with(packet, 42, "0104"), raw).payload_length == 100'000);
        CHECK(segment_of(with(packet, 42, "c205"), raw).payload_length == 100'000);
    }
}
