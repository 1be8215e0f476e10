// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/archive/archive_writer.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;
using namespace std::chrono_literals;

namespace {

const tcp_packet_options v4{.ip_id = 7, .dont_fragment = false, .sequence = 5, .payload_length = 100};
const tcp_packet_options v6{
    .source = at("2001:db8::1", 40000), .destination = at("2001:db8::2", 443), .sequence = 5, .payload_length = 100};

/// All fragments of the packet, of so many bytes each.
std::vector<byte_vector> fragments(const tcp_packet_options& of, std::uint8_t protocol, const byte_vector& content,
                                   std::size_t length) {
    std::vector<byte_vector> made;
    for (std::size_t begin = 0; begin < content.size(); begin += length) {
        const std::size_t end = std::min(begin + length, content.size());
        made.push_back(framed_fragment(of, protocol, content, begin, end, end < content.size()));
    }
    return made;
}
std::vector<byte_vector> fragments(const tcp_packet_options& of, std::size_t length) {
    return fragments(of, 6, tcp_segment(of), length);
}

struct harness {
    decoder decode_{};
    segment found{};
    timestamp now{};

    explicit harness(const decode_options& options = {}) : decode_(options) {}
    decode_result operator()(const byte_vector& frame, std::size_t snapshot = 100'000) {
        found = {};
        return decode_.decode(*captured_packet{frame, {.snapshot_length = snapshot, .time = now, .number = 3}}, found);
    }
    [[nodiscard]] const reassembly_statistics& statistics() const { return decode_.reassembly(); }
};

/// As it would be found whole, but for the length of the frame, which is that of the last one.
void check_whole(const segment& found, const tcp_packet_options& of) {
    segment expected = segment_of(tcp_packet(of));
    expected.wire_length = found.wire_length;
    expected.packet_number = found.packet_number;
    expected.time = found.time;
    expected.checksum = found.checksum;
    expected.oddities = found.oddities; // tiny fragments
    CHECK(found == expected);
}

} // namespace

TEST_CASE("reassembly: fragments of any length, in any order, give the segment, over IPv4 and IPv6") {
    std::mt19937_64 random{3};
    for (tcp_packet_options of : {v4, v6}) {
        of.payload_length = 400;
        of.options = timestamps(1, 2);
        for (std::size_t length = 8; length <= 424; length += 8) {
            std::vector<byte_vector> parts = fragments(of, length);
            for (int round = 0; round < 3; ++round) {
                if (round == 1) std::ranges::reverse(parts);
                if (round == 2 && parts.size() < 16) std::ranges::shuffle(parts, random);
                harness decode{{.verify_checksums = true}};
                for (std::size_t i = 0; i < parts.size(); ++i) {
                    CAPTURE(length);
                    CAPTURE(round);
                    const decode_result result = decode(parts[i]);
                    CHECK(result == (i + 1 < parts.size() ? packet_outcome::fragment : packet_outcome::tcp));
                    CHECK(result.stopped_at == ip_protocol::tcp);
                }
                check_whole(decode.found, of);
                CHECK(decode.found.checksum == checksum_state::good);
                CHECK(decode.statistics() == reassembly_statistics{.fragments = parts.size(), .reassembled = 1});
                decode(tcp_packet()); // what was put together is held no longer
                CHECK(decode.decode_.held_bytes() == 0);
            }
        }
    }
}

TEST_CASE("reassembly: extension headers in the fragmentable part of IPv6 are skipped (RFC 8200 section 4.5)") {
    const extension_header options = padding_options(60, 16);
    const byte_vector content = join({hex("06"), options.rest, tcp_segment(v6)});
    harness decode;
    const auto parts = fragments(v6, 60, content, 24); // TCP begins in the first and goes on in the second
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
        CHECK(decode(parts[i]) == packet_outcome::not_tcp); // not known yet
    REQUIRE(decode(parts.back()) == packet_outcome::tcp);
    CHECK(decode.found.payload_length == 100);
    CHECK(decode.found.ip_length == 40 + content.size()); // the fragment headers are no part of it
}

TEST_CASE("reassembly: an atomic fragment is a whole packet (RFC 6946)") {
    tcp_packet_options of = v6;
    of.extension_headers = {fragment(0, false)};
    harness decode;
    CHECK(decode(tcp_packet(of)) == packet_outcome::tcp);
    CHECK(decode(tcp_packet(of)) == packet_outcome::tcp); // with the same number
    CHECK(decode.statistics() == reassembly_statistics{});
}

TEST_CASE("reassembly: decode() keeps no fragments, and each of them stays a fragment") {
    for (const tcp_packet_options& of : {v4, v6}) {
        for (const byte_vector& part : fragments(of, 40)) CHECK(decode_frame(part).outcome == packet_outcome::fragment);
    }
    harness none{{.reassembly = {.max_packets = 0}}};
    for (const byte_vector& part : fragments(v4, 40)) CHECK(none(part) == packet_outcome::fragment);
}

TEST_CASE("reassembly: fragments with another address, identification, protocol or network belong to another packet") {
    const auto differs = [](const tcp_packet_options& one, const tcp_packet_options& other, std::uint8_t protocol = 6,
                            bool identify = false) {
        harness decode{{.identify_networks = identify}};
        const byte_vector content = tcp_segment(one);
        CHECK(decode(framed_tcp_fragment(one, 0, 64)) == packet_outcome::fragment);
        CHECK(decode(framed_fragment(other, protocol, content, 64, content.size(), false)) != packet_outcome::tcp);
        CHECK(decode(framed_tcp_fragment(one, 64, 1000)) == packet_outcome::tcp);
    };
    for (const tcp_packet_options& of : {v4, v6}) {
        tcp_packet_options other = of;
        other.ip_id = 8;
        differs(of, other);
        other = of;
        std::swap(other.source, other.destination);
        differs(of, other);
        other = of;
        other.source.address = of.source.address.is_v4() ? address_of("192.0.2.2") : address_of("2001:db8::3");
        differs(of, other);
        std::swap(other.source.address, other.destination.address);
        other.source.address = of.source.address;
        differs(of, other);
        other = of;
        other.vlan_tags = {{.control = 9}};
        differs(of, other, 6, true);
    }
    differs(v4, v4, 4); // RFC 791 3.2: the protocol counts
}

TEST_CASE(
    "reassembly: a copy of a fragment is ignored, and one that overlaps and differs drops the packet (RFC 5722)") {
    for (const tcp_packet_options& of : {v4, v6}) {
        harness decode;
        CHECK(decode(framed_tcp_fragment(of, 0, 64)) == packet_outcome::fragment);
        CHECK(decode(framed_tcp_fragment(of, 0, 64)) == packet_outcome::fragment);
        CHECK(decode(framed_tcp_fragment(of, 8, 32)) == packet_outcome::fragment); // what is known already
        CHECK(decode(framed_tcp_fragment(of, 64, 1000)) == packet_outcome::tcp);
        check_whole(decode.found, of);
        CHECK(decode.statistics().overlapping == 0);

        tcp_packet_options forged = of;
        forged.payload = hex("00ff00ff00ff00ff");
        for (const auto& [begin, end] : {std::pair<std::size_t, std::size_t>{0, 64}, {8, 32}, {56, 96}, {56, 1000}}) {
            harness attacked;
            CHECK(attacked(framed_tcp_fragment(of, 0, 64)) == packet_outcome::fragment);
            CHECK(attacked(framed_tcp_fragment(forged, begin, end)) == packet_outcome::fragment);
            CHECK(attacked.statistics().overlapping == 1);
            CHECK(attacked(framed_tcp_fragment(of, 64, 1000)) ==
                  packet_outcome::fragment); // the rest is dropped as well
            CHECK(attacked(framed_tcp_fragment(of, 0, 64)) == packet_outcome::fragment);
            CHECK(attacked.statistics().reassembled == 0);
            CHECK(attacked.decode_.held_bytes() == 0);
        }
        harness before; // one that begins before a known one
        CHECK(before(framed_tcp_fragment(of, 32, 64)) == packet_outcome::fragment);
        CHECK(before(framed_tcp_fragment(of, 24, 40)) == packet_outcome::fragment);
        CHECK(before.statistics().overlapping == 1);
    }
}

TEST_CASE("reassembly: a copy of a fragment is ignored if the capture cut both") {
    for (const tcp_packet_options& of : {v4, v6}) {
        harness decode;
        CHECK(decode(framed_tcp_fragment(of, 0, 48), 14 + 48 + 30) == packet_outcome::fragment);
        CHECK(decode(framed_tcp_fragment(of, 48, 96), 14 + 48 + 30) == packet_outcome::fragment);
        CHECK(decode(framed_tcp_fragment(of, 48, 96), 14 + 48 + 30) == packet_outcome::fragment);
        CHECK(decode(framed_tcp_fragment(of, 96, 1000)) == packet_outcome::tcp);
        CHECK(decode.found.payload_length == of.payload_length);
        CHECK(decode.statistics().overlapping == 0);
    }
}

TEST_CASE("reassembly: a first fragment that can never be completed gives the segment as far as it goes") {
    const byte_vector content = tcp_segment(v4);
    const byte_vector frame = framed_fragment(v4, 6, content, 0, 100, true); // no multiple of eight
    harness decode;
    CHECK(decode(frame, frame.size() - 10) == packet_outcome::tcp);
    CHECK(decode.found.payload_length == 80);
    CHECK(decode.found.captured_payload == 70);
    CHECK(decode.decode_.held_bytes() == 0);
    CHECK(decode(frame) == packet_outcome::fragment);
    const byte_vector whole_eights = framed_fragment(v4, 6, content, 0, 104, true);
    CHECK(decode(whole_eights, whole_eights.size() - 10) == packet_outcome::fragment);
}

TEST_CASE("reassembly: the first fragment's protocol counts for the packet") { // RFC 8200 4.5
    const byte_vector content = tcp_segment(v6);
    for (const bool backwards : {false, true}) {
        const byte_vector first = framed_tcp_fragment(v6, 0, 64);
        const byte_vector last = framed_fragment(v6, 59, content, 64, content.size(), false); // it says: no next header
        harness decode;
        CHECK(decode(backwards ? last : first) != packet_outcome::tcp);
        CHECK(decode(backwards ? first : last) == packet_outcome::tcp);
        check_whole(decode.found, v6);
    }
}

TEST_CASE("reassembly: a packet whose fragments contradict each other about its end is dropped") {
    const byte_vector content = tcp_segment(v4);
    const auto last = [&](std::size_t begin, std::size_t end) {
        return framed_fragment(v4, 6, content, begin, end, false);
    };
    {
        harness decode;
        decode(last(64, 96));
        decode(last(96, 120));
        CHECK(decode.statistics().overlapping == 1);
    }
    {
        harness decode; // one lies behind the end
        decode(last(64, 96));
        decode(framed_tcp_fragment(v4, 104, 112));
        CHECK(decode.statistics().overlapping == 1);
    }
    {
        harness decode;
        decode(framed_tcp_fragment(v4, 96, 112));
        decode(last(64, 80));
        CHECK(decode.statistics().overlapping == 1);
    }
}

TEST_CASE("reassembly: impossible fragments are ignored and counted as malformed") {
    const byte_vector content = tcp_segment(v4);
    harness decode;
    CHECK(decode(framed_fragment(v4, 6, content, 0, 60, true)) == packet_outcome::fragment);   // no multiple of eight
    CHECK(decode(framed_fragment(v4, 6, content, 64, 64, false)) == packet_outcome::fragment); // nothing in it
    tcp_packet_options far = v4;
    far.fragment_offset = 8191; // up to more than 65535 bytes
    CHECK(decode(framed_ip_packet(far, 6, content)) == packet_outcome::fragment);
    CHECK(decode.statistics() == reassembly_statistics{.fragments = 3, .malformed = 3});
    CHECK(decode.decode_.held_bytes() == 0);
    CHECK(decode(framed_ip_packet(far, 6, std::span{content}.first(7))) == packet_outcome::fragment); // up to 65535
    CHECK(decode.statistics().malformed == 3);
}

TEST_CASE("reassembly: with fragments that the capture cut, the segment has its length, and its bytes up to the gap") {
    tcp_packet_options of = v4;
    of.options = timestamps(1, 2);
    of.payload_length = 168; // 200 in all
    const auto parts = fragments(of, 80);
    for (const bool backwards : {false, true}) {
        harness decode{{.verify_checksums = true}};
        for (std::size_t i = 0; i < parts.size(); ++i)
            decode(parts[backwards ? parts.size() - 1 - i : i], 14 + 20 + 60);
        CHECK(decode.found.payload_length == 168);
        CHECK(decode.found.captured_payload == 28); // of the first fragment
        CHECK(decode.found.options.timestamps.has_value());
        CHECK(decode.found.checksum == checksum_state::not_verified);
    }
    harness cut; // within the TCP header
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) cut(parts[i], 14 + 20 + 19);
    CHECK(cut(parts.back(), 14 + 20 + 19) == packet_outcome::truncated);
}

TEST_CASE("reassembly: a packet in fragments is saved with its own bytes, and zeros for those that were not captured") {
    const byte_vector others(8, std::byte{0xee});
    harness decode;
    decode.decode_.reserve(); // so that the bytes of one packet lie where those of another lay
    const auto holds_bytes_of_others = [&] {
        archive_writer saved;
        saved(decode.decode_);
        const std::vector<std::byte>& bytes = saved.written();
        return std::search(bytes.begin(), bytes.end(), others.begin(), others.end()) != bytes.end();
    };
    tcp_packet_options of = v4;
    of.payload = byte_vector(of.payload_length, std::byte{0xee});
    decode(framed_tcp_fragment(of, 0, 64));
    CHECK(holds_bytes_of_others()); // as long as they wait
    REQUIRE(decode(framed_tcp_fragment(of, 64, 1000)) == packet_outcome::tcp);
    of.payload.clear();
    ++of.ip_id;
    decode(framed_tcp_fragment(of, 0, 64), 14 + 20 + 24);
    CHECK_FALSE(holds_bytes_of_others());
}

TEST_CASE("reassembly: a packet that is incomplete at the greatest age is given up") {
    for (const auto wait : {60s, 61s}) {
        harness decode;
        decode(framed_tcp_fragment(v4, 0, 64));
        decode.now += wait;
        CHECK(decode(framed_tcp_fragment(v4, 64, 1000)) ==
              (wait == 60s ? packet_outcome::tcp : packet_outcome::fragment));
        CHECK(decode.statistics().expired == (wait == 60s ? 0 : 1));
    }
    harness back; // times that run back are not old
    back.now += 1h;
    back(framed_tcp_fragment(v4, 0, 64));
    back.now -= 1h;
    CHECK(back(framed_tcp_fragment(v4, 64, 1000)) == packet_outcome::tcp);
}

TEST_CASE("reassembly: beyond the greatest number of packets the oldest is given up") {
    const auto first_of = [](std::uint16_t id) {
        tcp_packet_options of = v4;
        of.ip_id = id;
        return framed_tcp_fragment(of, 0, 64);
    };
    const auto rest_of = [](std::uint16_t id) {
        tcp_packet_options of = v4;
        of.ip_id = id;
        return framed_tcp_fragment(of, 64, 1000);
    };
    harness decode{{.reassembly = {.max_packets = 4}}};
    for (std::uint16_t id = 0; id < 6; ++id) decode(first_of(id));
    CHECK(decode.statistics().evicted == 2);
    CHECK(decode(rest_of(2)) == packet_outcome::tcp);
    CHECK(decode(rest_of(5)) == packet_outcome::tcp);
    CHECK(decode(rest_of(0)) == packet_outcome::fragment);
    CHECK(decode.statistics().reassembled == 2);
}

TEST_CASE(
    "reassembly: beyond the greatest number of bytes the oldest packet is given up, and at last the packet itself") {
    harness decode{{.reassembly = {.max_bytes = 200}}};
    for (std::uint16_t id = 0; id < 5; ++id) {
        tcp_packet_options of = v4;
        of.ip_id = id;
        decode(framed_tcp_fragment(of, 0, 64));
        CHECK(decode.decode_.held_bytes() <= 200);
    }
    CHECK(decode.statistics().evicted == 2);
    tcp_packet_options far = v4;
    far.ip_id = 77;
    CHECK(decode(framed_fragment(far, 6, byte_vector(500), 400, 408, true)) == packet_outcome::fragment);
    CHECK(decode.statistics().evicted == 6); // it alone is too much
    CHECK(decode.decode_.held_bytes() == 0);
}

TEST_CASE("reassembly: a packet with too many gaps is given up") {
    tcp_packet_options of = v4;
    of.payload_length = 1000;
    harness decode;
    for (std::size_t i = 0; i < 16; ++i) decode(framed_tcp_fragment(of, 16 * i, 16 * i + 8));
    CHECK(decode.statistics().evicted == 0);
    decode(framed_tcp_fragment(of, 8, 16)); // closes a gap
    decode(framed_tcp_fragment(of, 16 * 16, 16 * 16 + 8));
    CHECK(decode.statistics().evicted == 0);
    decode(framed_tcp_fragment(of, 16 * 17, 16 * 17 + 8));
    CHECK(decode.statistics().evicted == 1);
    CHECK(decode.decode_.held_bytes() == 0);
}

TEST_CASE("reassembly: a tunnel in fragments, fragments in a tunnel, and both give the segment") {
    const byte_vector gtp = hex("30ff 0040 00000001");
    const byte_vector whole = udp_datagram(1, 2152, join({gtp, tcp_ip_packet(v4)}));
    harness decode;
    const auto parts = fragments(v6, 17, whole, 48);
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) CHECK(decode(parts[i]) == packet_outcome::not_tcp);
    REQUIRE(decode(parts.back()) == packet_outcome::tcp);
    CHECK(decode.found.source == v4.source);
    CHECK(decode.found.tunnel_depth == 1);

    // each inner fragment in fragments
    const byte_vector content = tcp_segment(v4);
    packet_outcome last{};
    for (std::size_t begin = 0; begin < content.size(); begin += 64) {
        tcp_packet_options inner = v4;
        const std::size_t end = std::min(begin + 64, content.size());
        inner.fragment_offset = static_cast<std::uint16_t>(begin / 8);
        inner.more_fragments = end < content.size();
        const byte_vector inside = ip_packet(inner, 6, std::span{content}.subspan(begin, end - begin));
        tcp_packet_options outer = v4;
        outer.ip_id = static_cast<std::uint16_t>(1000 + begin);
        for (const byte_vector& part : fragments(outer, 17, udp_datagram(1, 2152, join({gtp, inside})), 32))
            last = decode(part);
    }
    CHECK(last == packet_outcome::tcp);
    segment plain = decode.found;
    plain.tunnel_depth = 0;
    check_whole(plain, v4);
}

TEST_CASE("reassembly: a fragment that divides the fixed TCP header is told (RFC 1858, RFC 3128)") {
    const byte_vector content = tcp_segment(v4);
    for (const std::size_t size : {8U, 16U, 24U, 32U}) {
        CAPTURE(size);
        harness decode;
        for (const byte_vector& part : fragments(v4, 6, content, size)) static_cast<void>(decode(part));
        CHECK((decode.found.oddities == segment::oddity_set::tiny_fragment) == (size < 20));
        for (const byte_vector& part : fragments(v4, 6, content, 48))
            static_cast<void>(decode(part)); // the same place, used again
        CHECK(decode.found.oddities == segment::oddity_set::none);
    }
}

TEST_CASE("reassembly: fragments that cannot lead to TCP are not kept") {
    harness decode;
    CHECK(decode(framed_fragment(v4, 1, byte_vector(64), 0, 64, true)) == packet_outcome::not_tcp); // ICMP
    const byte_vector other = udp_datagram(53, 1234, byte_vector(100));
    for (const byte_vector& part : fragments(v4, 17, other, 48)) {
        const decode_result result = decode(part);
        CHECK(result == packet_outcome::not_tcp);
        CHECK(result.stopped_at == ip_protocol::udp);
    }
    CHECK(decode.decode_.held_bytes() == 0); // since the first one told its ports
    harness backwards;                       // the first one last
    const auto parts = fragments(v4, 17, other, 48);
    for (std::size_t i = parts.size(); i-- > 1;) backwards(parts[i]);
    CHECK(backwards.decode_.held_bytes() > 0);
    backwards(parts[0]);
    CHECK(backwards.decode_.held_bytes() == 0);
    CHECK(backwards.statistics().reassembled == 0);
    harness off{{.tunnels = tunnel_set::none}};
    off(framed_fragment(v4, 4, byte_vector(64), 0, 64, true));
    CHECK(off.statistics().fragments == 0);
}

TEST_CASE("reassembly: a table follows segments in fragments, and counts packets that stay incomplete") {
    connection_table table;
    for (const byte_vector& part : fragments(v4, 40)) static_cast<void>(table.add(*captured_packet{part}));
    CHECK(table.size() == 1);
    CHECK(table.statistics().packets == 3);
    CHECK(table.statistics().fragments == 2);
    CHECK(table.statistics().tcp == 1);
    CHECK(table[0].client_to_server.payload_bytes == 100);
    CHECK(table.reassembly().reassembled == 1);
}
