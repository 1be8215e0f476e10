// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/checksum_state.hpp>
#include <tcplens/wire/decode/decode.hpp>
#include <tcplens/wire/ip/internet_checksum.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

constexpr decode_options verifying{.verify_checksums = true};

checksum_state checksum_of(const byte_vector& frame, const capture_options& how = {}) {
    segment found;
    REQUIRE(decode(*captured_packet{frame, how}, found, verifying) == packet_outcome::tcp);
    return found.checksum;
}

void flip(byte_vector& frame, std::size_t offset) {
    frame[offset] ^= std::byte{0x10};
}

const tcp_packet_options v6{
    .source = at("2001:db8::1", 40000), .destination = at("2001:db8::2", 443), .sequence = 77, .payload_length = 101};

// In an Ethernet frame without tags.
constexpr std::size_t ip = 14;
constexpr std::size_t v4_tcp = 34;
constexpr std::size_t v6_tcp = 54;

/// What an adapter is to complete: the sum of the pseudo header.
byte_vector partial(const tcp_packet_options& of, bool limited_to) {
    byte_vector frame = tcp_packet(of);
    const std::size_t tcp = of.source.address.is_v4() ? v4_tcp : v6_tcp;
    byte_writer pseudo{std::endian::big};
    pseudo.put(address_bytes(of.source.address)).put(address_bytes(of.destination.address)).put(std::uint32_t{6});
    if (limited_to) pseudo.put(static_cast<std::uint32_t>(frame.size() - tcp));
    overwrite(frame, tcp + 16, big_endian(static_cast<std::uint16_t>(~internet_checksum(pseudo.bytes()))));
    return frame;
}

} // namespace

TEST_CASE("internet checksum: the example of RFC 1071 has the same sum, however it is cut") {
    const byte_vector bytes = hex("0001 f203 f4f5 f6f7");
    CHECK(ones_complement_sum{}.add(bytes).folded() == 0xddf2);
    for (std::size_t cut = 0; cut <= bytes.size(); cut += 2) {
        CHECK(ones_complement_sum{}.add(std::span{bytes}.first(cut)).add(std::span{bytes}.subspan(cut)).folded() ==
              0xddf2);
    }
    CHECK(ones_complement_sum{}.add(std::span{bytes}.first(7)).folded() == 0xdcfb); // as if a zero followed
    CHECK(ones_complement_sum{}.folded() == 0);
    CHECK(ones_complement_sum{}.add(0xffff'ffffu).verifies());
}

TEST_CASE("internet checksum: the sum of any bytes equals that of the plain algorithm") {
    std::mt19937_64 random{5};
    for (int i = 0; i < 200; ++i) {
        byte_vector bytes(random() % 100);
        for (std::byte& each : bytes) each = static_cast<std::byte>(random() & 0xff);
        CHECK(static_cast<std::uint16_t>(~ones_complement_sum{}.add(bytes).folded()) == internet_checksum(bytes));
    }
}

TEST_CASE("checksums: without the option no checksum is verified") {
    byte_vector frame = tcp_packet({.payload_length = 10});
    CHECK(segment_of(frame).checksum == checksum_state::not_verified);
    flip(frame, v4_tcp + 25);
    CHECK(segment_of(frame).checksum == checksum_state::not_verified);
}

TEST_CASE("checksums: right checksums are good, for any length, over IPv4 and IPv6") {
    for (std::size_t length = 0; length < 20; ++length) {
        CHECK(checksum_of(tcp_packet({.ip_options = hex("01010101"), .payload_length = length})) ==
              checksum_state::good);
        tcp_packet_options six = v6;
        six.payload_length = length;
        six.extension_headers = {padding_options(60)};
        CHECK(checksum_of(tcp_packet(six)) == checksum_state::good);
    }
    // padding of the frame does not count
    CHECK(checksum_of(tcp_packet({.minimum_frame_length = 60})) == checksum_state::good);
}

TEST_CASE("checksums: one changed bit anywhere in what is covered is bad") {
    const byte_vector four = tcp_packet({.payload_length = 11});
    for (std::size_t offset = ip; offset < four.size(); ++offset) {
        byte_vector frame = four;
        frame[offset] ^= std::byte{1};
        segment found;
        if (decode(*captured_packet{frame}, found, verifying) != packet_outcome::tcp)
            continue; // version, lengths, protocol
        CAPTURE(offset);
        CHECK(found.checksum == checksum_state::bad); // at least IPv4's, where the lengths changed
    }
    const byte_vector six = tcp_packet(v6);
    for (std::size_t offset = ip + 8; offset < six.size(); ++offset) {
        if (offset == v6_tcp + 12) continue; // the length of the TCP header
        byte_vector frame = six;
        frame[offset] ^= std::byte{1};
        CAPTURE(offset);
        CHECK(checksum_of(frame) == checksum_state::bad);
    }
    byte_vector hops = six;
    hops[ip + 7] ^= std::byte{1}; // no checksum covers the hop limit of IPv6
    CHECK(checksum_of(hops) == checksum_state::good);
}

TEST_CASE("checksums: in a packet that the capture cut only the IPv4 checksum is verified") {
    for (const tcp_packet_options& each : {tcp_packet_options{.payload_length = 30}, v6}) {
        const byte_vector frame = tcp_packet(each);
        const std::size_t tcp = each.source.address.is_v4() ? v4_tcp : v6_tcp;
        for (std::size_t length = tcp + 20; length < frame.size(); ++length) {
            CHECK(checksum_of(frame, {.snapshot_length = length}) == checksum_state::not_verified);
        }
        CHECK(checksum_of(frame) == checksum_state::good);
    }
    byte_vector damaged = tcp_packet({.payload_length = 30});
    flip(damaged, ip + 8); // time to live
    CHECK(checksum_of(damaged, {.snapshot_length = 60}) == checksum_state::bad);
    // the frame had no room for what the IP length promises
    byte_vector short_frame = tcp_packet({.payload_length = 30});
    short_frame.resize(60);
    CHECK(checksum_of(short_frame) == checksum_state::not_verified);
}

TEST_CASE("checksums: the sum of the pseudo header, with or without the length, is offloaded") {
    for (const tcp_packet_options& each : {tcp_packet_options{.payload_length = 33}, v6}) {
        const std::size_t tcp = each.source.address.is_v4() ? v4_tcp : v6_tcp;
        CHECK(checksum_of(partial(each, true)) == checksum_state::offloaded);
        CHECK(checksum_of(partial(each, false)) == checksum_state::offloaded);
        byte_vector other = partial(each, true);
        flip(other, tcp + 17);
        CHECK(checksum_of(other) == checksum_state::bad);
    }
}

TEST_CASE("checksums: a TCP checksum of 0 is offloaded if there is another sign of that") {
    byte_vector frame = tcp_packet({.payload_length = 10});
    overwrite(frame, v4_tcp + 16, hex("0000"));
    CHECK(checksum_of(frame) == checksum_state::bad);
    byte_vector both = frame; // the IPv4 header's is 0 as well
    overwrite(both, ip + 10, hex("0000"));
    CHECK(checksum_of(both) == checksum_state::offloaded);
    byte_vector no_length = frame; // and so is the IP length, with a checksum that is right
    overwrite(no_length, ip + 2, hex("0000 0000 4000 40 06 0000"));
    overwrite(no_length, ip + 10, big_endian(internet_checksum(std::span{no_length}.subspan(ip, 20))));
    CHECK(checksum_of(no_length) == checksum_state::offloaded);

    for (tcp_packet_options each : {tcp_packet_options{}, v6}) {
        const std::size_t headers = each.source.address.is_v4() ? 40 : 60;
        for (const std::size_t length : {1500 - headers, 1501 - headers}) {
            each.payload_length = length;
            byte_vector sent = tcp_packet(each);
            overwrite(sent, ip + headers - 4, hex("0000"));
            CHECK(checksum_of(sent) == (length + headers > 1500 ? checksum_state::offloaded : checksum_state::bad));
        }
    }
}

TEST_CASE("checksums: an IPv4 checksum of 0 is offloaded, whatever the TCP checksum is") {
    byte_vector frame = tcp_packet({.payload_length = 10});
    overwrite(frame, ip + 10, hex("0000"));
    CHECK(checksum_of(frame) == checksum_state::offloaded);
    CHECK(checksum_of(frame, {.snapshot_length = 60}) == checksum_state::not_verified);
    flip(frame, v4_tcp + 4);
    CHECK(checksum_of(frame) == checksum_state::bad);
}

TEST_CASE("checksums: a table ignores segments with bad checksums only with the option") {
    const byte_vector good = tcp_packet({.payload_length = 10});
    byte_vector bad = good;
    flip(bad, v4_tcp + 22);
    const byte_vector offloaded = partial({.payload_length = 10}, true);
    for (const bool verify : {false, true}) {
        for (const bool pass_over : {false, true}) {
            connection_table table{{.decoding = {.verify_checksums = verify}, .ignore_bad_checksums = pass_over}};
            CHECK(table.add(*captured_packet{good}).outcome == packet_outcome::tcp);
            CHECK(table.add(*captured_packet{offloaded}).outcome == packet_outcome::tcp);
            const add_result added = table.add(*captured_packet{bad});
            const bool passed = verify && pass_over;
            CHECK(added.outcome == (passed ? packet_outcome::malformed : packet_outcome::tcp));
            CHECK((added.connection == nullptr) == passed);
            CHECK(table.statistics().packets == 3);
            CHECK(table.statistics().tcp == (passed ? 2 : 3));
            CHECK(table.statistics().malformed == (passed ? 1 : 0));
            CHECK(table.statistics().bad_checksums == (passed ? 1 : 0));
            CHECK(table[0].client_to_server.packets == (passed ? 2 : 3));
        }
    }
    // a segment that was decoded elsewhere is treated alike
    segment elsewhere;
    REQUIRE(decode(*captured_packet{bad}, elsewhere, verifying) == packet_outcome::tcp);
    connection_table table{{.ignore_bad_checksums = true}};
    CHECK(table.add(elsewhere).outcome == packet_outcome::malformed);
    CHECK(table.empty());
    CHECK(table.statistics().bad_checksums == 1);
}
