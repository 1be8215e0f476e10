// SPDX-License-Identifier: MIT
// Headers that capture programs and cards put before a frame.
#include "../../support/decoding.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>

using namespace tcplens;
using namespace packet_builder;

namespace {

byte_vector big(std::size_t value, int bytes) {
    byte_vector made;
    for (int i = bytes - 1; i >= 0; --i) made.push_back(static_cast<std::byte>(value >> (8 * i)));
    return made;
}

packet_outcome outcome_of(link_type link, const byte_vector& frame) {
    return decode_frame(frame, {.link = link}).outcome;
}

} // namespace

TEST_CASE("Symantec's firewall: 44 bytes with an EtherType at byte 6, or 56 with one at byte 22") {
    const byte_vector ip = tcp_ip_packet({.sequence = 77});
    byte_vector second(44);
    overwrite(second, 6, hex("0800"));
    byte_vector third(56);
    overwrite(third, 22, hex("0800"));
    for (const byte_vector& header : {second, third}) {
        const byte_vector frame = join({header, ip});
        CHECK(segment_of(frame, link_type::symantec_firewall).sequence.value == 77);
        check_snapshots(frame, link_type::symantec_firewall, header.size() + 40, packet_outcome::tcp);
    }
    overwrite(second, 6, hex("05ff")); // a length
    CHECK(outcome_of(link_type::symantec_firewall, join({second, ip})) == packet_outcome::not_tcp);
    CHECK(outcome_of(link_type::symantec_firewall, join({byte_vector(56), ip})) == packet_outcome::not_tcp);
    overwrite(second, 6, hex("0806"));
    CHECK(outcome_of(link_type::symantec_firewall, join({second, ip})) == packet_outcome::not_tcp);
}

TEST_CASE("ERF: the length on the wire counts what it counts, and 0 says nothing") {
    const byte_vector ip = tcp_ip_packet({.sequence = 77, .payload_length = 10});
    const byte_vector frame = join({hex("020000000002 020000000001 0800"), ip});
    const auto record = [](unsigned type, std::size_t on_wire, const byte_vector& skipped, const byte_vector& content) {
        return join({byte_vector(8), big(type, 1), hex("04"), big(16 + skipped.size() + content.size(), 2), hex("0000"),
                     big(on_wire, 2), skipped, content});
    };
    for (const unsigned type : {2u, 11u, 16u, 20u}) {
        CAPTURE(type);
        const auto with = [&](std::size_t on_wire) { return record(type, on_wire, byte_vector(2), frame); };
        CHECK(outcome_of(link_type::erf, with(frame.size())) == packet_outcome::tcp);
        CHECK(outcome_of(link_type::erf, with(0)) == packet_outcome::tcp);
        CHECK(outcome_of(link_type::erf, with(1)) == packet_outcome::malformed);
        CHECK(outcome_of(link_type::erf, with(14 + 20)) != packet_outcome::tcp);
        CHECK(segment_of(with(0), link_type::erf).payload_length == 10);
    }
    CHECK(outcome_of(link_type::erf, record(22, ip.size(), {}, ip)) == packet_outcome::tcp);
    CHECK(outcome_of(link_type::erf, record(23, ip.size(), {}, ip)) == packet_outcome::tcp); // said to be IPv6
    CHECK(outcome_of(link_type::erf, record(3, ip.size(), {}, ip)) == packet_outcome::not_tcp);
    CHECK(outcome_of(link_type::erf, record(22 | 0x80, ip.size(), hex("0000000000000000"), ip)) == packet_outcome::tcp);
    const byte_vector extended = record(22 | 0x80, ip.size(), hex("8000000000000000 0000000000000000"), ip);
    check_snapshots(extended, link_type::erf, 32 + 40, packet_outcome::tcp);
    byte_vector endless = record(22 | 0x80, ip.size(), {}, byte_vector(4000, std::byte{0x80}));
    CHECK(outcome_of(link_type::erf, endless) == packet_outcome::not_tcp);
}

TEST_CASE("Netlink: messages of netfilter's log, whose lengths lie within the datagram") {
    const byte_vector ip = tcp_ip_packet({.sequence = 77, .payload_length = 0});
    const auto attribute = join({big(ip.size() + 4, 2), hex("0009"), ip}); // big endian: NFULA_PAYLOAD
    const auto message = [&](std::size_t length, std::uint16_t type) {
        return join({big(length, 4), big(type, 2), byte_vector(10), hex("02 00 0000"), attribute});
    };
    const std::size_t whole = 16 + 4 + attribute.size();
    const auto datagram = [](std::uint16_t family, const byte_vector& content) {
        return join({byte_vector(14), big(family, 2), content});
    };
    const auto outcome = [&](std::uint16_t family, std::size_t length, std::uint16_t type) {
        return outcome_of(link_type::netlink, datagram(family, message(length, type)));
    };
    CHECK(outcome(12, whole, 0x0400) == packet_outcome::tcp);
    CHECK(outcome(0, whole, 0x0400) == packet_outcome::not_tcp); // NETLINK_ROUTE
    CHECK(outcome(12 << 8, whole, 0x0400) == packet_outcome::not_tcp);
    CHECK(outcome(12, whole, 0x0401) == packet_outcome::not_tcp);
    CHECK(outcome(12, whole + 1, 0x0400) == packet_outcome::malformed);
    CHECK(outcome(12, 15, 0x0400) == packet_outcome::malformed);
    CHECK(outcome(12, 16, 0x0401) == packet_outcome::not_tcp);
    CHECK(outcome_of(link_type::netlink, byte_vector(15)) == packet_outcome::malformed);
}
