// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/decode/decode.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;
using namespace std::chrono_literals;

namespace {

constexpr std::array all_links{link_type::ethernet,  link_type::null,      link_type::loop, link_type::raw,
                               link_type::raw_dlt,   link_type::raw_bsd,   link_type::ipv4, link_type::ipv6,
                               link_type::linux_sll, link_type::linux_sll2};

/// A SYN from 192.0.2.1:40000 to 198.51.100.1:443 in an Ethernet frame with a VLAN tag, in 62 bytes.
constexpr auto literal = [] {
    constexpr std::array<unsigned char, 62> values{
        0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x81, 0x00, 0x00, 0x07, 0x08, 0x00, //
        0x45, 0x00, 0x00, 0x2c, 0x12, 0x34, 0x40, 0x00, 0x40, 0x06, 0x00, 0x00, 0xc0, 0x00, 0x02, 0x01, 0xc6, 0x33,
        0x64, 0x01, //
        0x9c, 0x40, 0x01, 0xbb, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x00, 0x00, 0x00, 0x60, 0x02, 0x20, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x02, 0x04, 0x05, 0xb4};
    std::array<std::byte, 62> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(values[i]);
    return bytes;
}();

constexpr decoding decode_literal(std::size_t captured) {
    decoding made;
    made.outcome = decode({.bytes = std::span{literal}.first(captured), .wire_length = literal.size()}, made.segment);
    return made;
}
constexpr decoding whole = decode_literal(literal.size());
static_assert(whole.outcome == packet_outcome::tcp);
static_assert(whole.segment.source == endpoint{*address::parse("192.0.2.1"), 40000});
static_assert(whole.segment.destination == endpoint{*address::parse("198.51.100.1"), 443});
static_assert(whole.segment.sequence == sequence_number{1000});
static_assert(whole.segment.flags.syn() && !whole.segment.flags.ack());
static_assert(whole.segment.options.maximum_segment_size == 1460);
static_assert(whole.segment.ip_id == 0x1234);
static_assert(whole.segment.ip_length == 44 && whole.segment.captured_payload == 0);
static_assert([] { // the compiler would see a step beyond the bytes, or overflow
    for (std::size_t length = 0; length <= literal.size(); ++length) {
        if ((decode_literal(length).outcome == packet_outcome::tcp) != (length >= 58)) return false;
    }
    return true;
}());

/// Packets of each link layer that can be made of `of`.
std::vector<tcp_packet_options> in_each_link(const tcp_packet_options& of) {
    std::vector<tcp_packet_options> made;
    for (const link_type link : all_links) {
        if (link == link_type::ipv4 && !of.source.address.is_v4()) continue;
        if (link == link_type::ipv6 && of.source.address.is_v4()) continue;
        made.push_back(of);
        made.back().link = link;
        const bool can_be_tagged =
            link == link_type::ethernet || link == link_type::linux_sll || link == link_type::linux_sll2;
        if (!can_be_tagged) continue;
        made.push_back(made.back());
        made.back().vlan_tags = {{.ether_type = 0x88a8}, {.ether_type = 0x8100}};
    }
    return made;
}

std::vector<tcp_packet_options> packets_of_every_kind() {
    const byte_vector options = join({mss(1460), sack_permitted(), timestamps(1, 2), no_operation(), window_scale(7)});
    const endpoint client = at("2001:db8::1", 40000);
    const endpoint server = at("2001:db8::2", 443);
    std::vector<tcp_packet_options> made;
    for (const tcp_packet_options& each : {
             tcp_packet_options{.sequence = 1, .payload_length = 3},
             tcp_packet_options{.ip_options = byte_vector(12, std::byte{1}), .sequence = 2, .options = options},
             tcp_packet_options{.source = client, .destination = server, .sequence = 3, .payload_length = 5},
             tcp_packet_options{.source = client,
             .destination = server,
             .extension_headers = {padding_options(0), routing(), fragment(0, false), authentication(),
                                   padding_options(60, 16)},
             .sequence = 4,
             .options = options,
             .payload_length = 2},
         }) {
        for (const tcp_packet_options& in_link : in_each_link(each)) made.push_back(in_link);
    }
    return made;
}

} // namespace

TEST_CASE("decode: a segment has the time, the number and the length on the wire of its packet") {
    const byte_vector frame = tcp_packet({.payload_length = 1000});
    const timestamp time{1'700'000'000s + 123ns};
    const decoding made = decode_frame(frame, {.snapshot_length = 60, .time = time, .number = 77});
    REQUIRE(made.outcome == packet_outcome::tcp);
    CHECK(made.segment.time == time);
    CHECK(made.segment.packet_number == 77);
    CHECK(made.segment.wire_length == 1054);
}

TEST_CASE("decode: a TCP packet cut at each length is truncated, or TCP if all headers were captured") {
    for (const tcp_packet_options& each : packets_of_every_kind()) {
        const byte_vector frame = tcp_packet(each);
        const segment expected = segment_of(frame, each.link);
        CHECK(expected.source == each.source);
        CHECK(expected.destination == each.destination);
        CHECK(expected.sequence == sequence_number{each.sequence});
        CHECK(expected.payload_length == each.payload_length);
        CHECK(expected.wire_length == frame.size());

        const std::size_t tcp = frame.size() - tcp_segment(each).size();
        const std::size_t data = frame.size() - each.payload_length;
        for (std::size_t length = 0; length <= frame.size(); ++length) {
            CAPTURE(static_cast<unsigned>(each.link));
            CAPTURE(each.sequence);
            CAPTURE(length);
            const decoding made = decode_frame(frame, {.link = each.link, .snapshot_length = length});
            REQUIRE(made.outcome == (length < tcp + 20 ? packet_outcome::truncated : packet_outcome::tcp));
            if (made.outcome != packet_outcome::tcp) continue;
            segment found = made.segment;
            CHECK(found.captured_payload == length - std::min(length, data));
            found.captured_payload = expected.captured_payload;
            if (length < data) { // options can be missing
                CHECK(found.options.cut);
                found.options = expected.options;
            }
            CHECK(found == expected);
        }
    }
}

TEST_CASE("decode: padding changes only the length on the wire") {
    for (const tcp_packet_options& each : packets_of_every_kind()) {
        segment expected = segment_of(tcp_packet(each), each.link);
        for (const std::size_t more : {1u, 6u, 46u, 1000u}) {
            tcp_packet_options padded = each;
            padded.minimum_frame_length = expected.wire_length + more;
            segment found = segment_of(tcp_packet(padded), each.link);
            CHECK(found.wire_length == expected.wire_length + more);
            found.wire_length = expected.wire_length;
            CHECK(found == expected);
        }
    }
}

TEST_CASE("decode: the segment is written only if the outcome is TCP") {
    segment marker{};
    marker.packet_number = 4242;
    marker.window = 42;
    marker.options.sack_permitted = true;
    const byte_vector frame = tcp_packet();
    for (std::size_t length = 0; length < 54; ++length) {
        segment into = marker;
        CHECK(decode(*captured_packet{frame, {.snapshot_length = length}}, into) == packet_outcome::truncated);
        CHECK(into == marker);
        CHECK(decode(*captured_packet{std::span{frame}.first(length)}, into) != packet_outcome::tcp);
        CHECK(into == marker);
    }
    // and nothing is left of what was there
    segment into = marker;
    REQUIRE(decode(*captured_packet{frame}, into) == packet_outcome::tcp);
    CHECK(into == segment_of(frame));
}

TEST_CASE("decode: each packet has exactly one outcome") {
    decode_statistics counted;
    std::array<std::uint64_t, 6> outcomes{};
    const auto count = [&](std::span<const std::byte> frame, const capture_options& how = {}) {
        segment found;
        const decode_result result = decode(*captured_packet{frame, how}, found);
        counted.count(result, how.link);
        ++outcomes[static_cast<std::size_t>(result.outcome)];
        CHECK(counted.packets == counted.tcp + counted.not_tcp + counted.fragments + counted.truncated +
                                     counted.malformed + counted.unsupported_link);
    };
    const byte_vector frame = tcp_packet({.payload_length = 100});
    for (int i = 0; i < 3; ++i) count(frame);
    count(frame, {.snapshot_length = 54});
    count(framed_ip_packet({}, 17, byte_vector(8)));
    count(link_frame({}, 0x0806, byte_vector(28)));
    count(framed_ip_packet({.more_fragments = true}, 6, tcp_segment({})));
    count(framed_ip_packet({.fragment_offset = 2}, 6, tcp_segment({})));
    count(framed_ip_packet({.fragment_offset = 4}, 6, tcp_segment({})));
    count(framed_ip_packet({.fragment_offset = 4}, 17, tcp_segment({}))); // not TCP
    for (const std::size_t length : {0u, 13u, 33u, 53u}) count(frame, {.snapshot_length = length});
    for (const std::size_t length : {0u, 1u, 13u, 14u, 33u}) count(std::span{frame}.first(length));
    for (unsigned link = 1000; link < 1006; ++link) count(frame, {.link = link_type{link}});

    CHECK(counted.packets == 25);
    CHECK(counted.tcp == 4);
    CHECK(counted.not_tcp == 3);
    CHECK(counted.fragments == 3);
    CHECK(counted.truncated == 4);
    CHECK(counted.malformed == 5);
    CHECK(counted.unsupported_link == 6);
    CHECK(outcomes == std::array<std::uint64_t, 6>{4, 3, 3, 4, 5, 6});
}

TEST_CASE("packet outcome: each outcome has its name") {
    CHECK(to_string(packet_outcome::tcp) == "tcp");
    CHECK(to_string(packet_outcome::not_tcp) == "not_tcp");
    CHECK(to_string(packet_outcome::fragment) == "fragment");
    CHECK(to_string(packet_outcome::truncated) == "truncated");
    CHECK(to_string(packet_outcome::malformed) == "malformed");
    CHECK(to_string(packet_outcome::unsupported_link) == "unsupported_link");
}

TEST_CASE("decode: packets with wrong bytes anywhere are decoded within their bytes") {
    std::mt19937_64 random{4};
    const std::vector<tcp_packet_options> kinds = packets_of_every_kind();
    std::array<std::uint64_t, 6> outcomes{};
    for (int i = 0; i < 40'000; ++i) {
        const tcp_packet_options& kind = kinds[random() % kinds.size()];
        byte_vector frame = tcp_packet(kind);
        for (std::uint64_t wrong = 1 + random() % 4; wrong > 0; --wrong) {
            frame[random() % frame.size()] =
                static_cast<std::byte>(random() % 3 == 0 ? random() & 0xff : random() % 12);
        }
        const decoding made =
            decode_frame(frame, {.link = kind.link, .snapshot_length = random() % (2 * frame.size())});
        ++outcomes[static_cast<std::size_t>(made.outcome)];
        if (made.outcome != packet_outcome::tcp) continue;
        CHECK(made.segment.wire_length == frame.size());
        CHECK(made.segment.payload_length < 0x1'0000); // there is no jumbogram among them
    }
    CHECK(outcomes[static_cast<std::size_t>(packet_outcome::unsupported_link)] == 0);
    for (std::size_t outcome = 0; outcome < 5; ++outcome) CHECK(outcomes[outcome] > 100);
}

/// Decodes it in the shortest way, where that can be gone, into a segment that held others before; and header by header, as is
/// done for whoever asks for checksums.
void check_both_ways(const packet& of, segment& used) {
    segment walked;
    const decode_result in_full = decode(of, walked, {.verify_checksums = true});
    walked.checksum = checksum_state::not_verified;
    const segment before = used;
    const decode_result made = decode(of, used);
    CHECK(made.outcome == in_full.outcome);
    CHECK(made.stopped_at == in_full.stopped_at);
    CHECK(used == (made.outcome == packet_outcome::tcp ? walked : before));
}

/// Ethernet and raw IP, of both versions, with the options that are common and those that take up a segment's every field.
std::vector<tcp_packet_options> plain_packets() {
    std::vector<tcp_packet_options> made;
    for (const byte_vector& options :
         {byte_vector{}, join({no_operation(), no_operation(), timestamps(1, 2)}),
          join({mss(1460), sack_permitted(), timestamps(3, 4), no_operation(), window_scale(7)}),
          join({fast_open(8), no_operation(), no_operation(), sack({{1, 2}, {3, 4}})}),
          join({no_operation(), no_operation(), sack({{5, 6}})})}) {
        for (const link_type link : {link_type::ethernet, link_type::raw}) {
            made.push_back({.link = link, .ip_id = 7, .sequence = 8, .options = options, .payload_length = 9});
            made.push_back({.link = link,
                            .source = at("2001:db8::1", 40000),
                            .destination = at("2001:db8::2", 443),
                            .ecn = 3,
                            .options = options});
        }
    }
    return made;
}

TEST_CASE("decode: the short path and the long path agree for packets cut anywhere and with any header length") {
    segment used;
    for (const tcp_packet_options& each : plain_packets()) {
        const std::size_t link_header = each.link == link_type::ethernet ? 14 : 0;
        const bool v4 = each.source.address.is_v4();
        // Version and length of the header, length of the packet, what says that it is a fragment or what it carries, TCP's.
        const std::array<std::size_t, 7> fields_at = v4 ? std::array<std::size_t, 7>{0, 2, 3, 6, 7, 9, 20 + 12}
                                                        : std::array<std::size_t, 7>{0, 1, 4, 5, 6, 7, 40 + 12};
        const byte_vector frame = tcp_packet(each);
        for (std::size_t length = 0; length <= frame.size(); ++length) {
            check_both_ways(*captured_packet{frame, {.link = each.link, .snapshot_length = length}}, used);
            check_both_ways(*captured_packet{std::span{frame}.first(length), {.link = each.link}}, used);
        }
        for (unsigned value = 0; value < 256; ++value) {
            for (const std::size_t place : fields_at) {
                byte_vector changed = frame;
                changed[link_header + place] = static_cast<std::byte>(value);
                check_both_ways(*captured_packet{changed, {.link = each.link}}, used);
            }
        }
    }
}

TEST_CASE("decode: the short path and the long path agree for packets with wrong bytes anywhere") {
    std::mt19937_64 random{5};
    const std::vector<tcp_packet_options> kinds = plain_packets();
    segment used;
    for (int i = 0; i < 40'000; ++i) {
        const tcp_packet_options& kind = kinds[random() % kinds.size()];
        byte_vector frame = tcp_packet(kind);
        for (std::uint64_t wrong = random() % 4; wrong > 0; --wrong)
            frame[random() % frame.size()] = static_cast<std::byte>(random() & 0xff);
        check_both_ways(*captured_packet{frame, {.link = kind.link, .snapshot_length = random() % (2 * frame.size())}},
                        used);
    }
}

TEST_CASE("decode: a packet without a length on the wire has that of its bytes") {
    byte_vector bytes = tcp_packet({.payload_length = 10});
    segment made;
    REQUIRE(decode({.bytes = bytes}, made) == packet_outcome::tcp);
    CHECK(made.payload_length == 10);
    CHECK(made.payload_beyond_frame == 0);
    CHECK(made.wire_length == bytes.size());

    bytes[16] = bytes[17] = std::byte{0}; // IP total length 0: the frame tells
    REQUIRE(decode({.bytes = bytes}, made) == packet_outcome::tcp);
    CHECK(made.payload_length == 10);
}
