// SPDX-License-Identifier: MIT
// Headers of tunnels that are cut, or contradict themselves.
#include "../../support/decoding.hpp"

#include <tcplens/wire/tunnel/tunnels.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

using namespace tcplens;
using namespace tcplens::detail;
using namespace packet_builder;

namespace {

byte_vector long_word(std::size_t value) {
    return join({big_endian(static_cast<std::uint16_t>(value >> 16)), big_endian(static_cast<std::uint16_t>(value))});
}

/// An sFlow datagram with one sample of an IP packet, whose record says how long the packet was and how much of it was stripped.
byte_vector sampled(const byte_vector& packet, std::size_t said_length, std::size_t stripped) {
    const byte_vector record = join({hex("00000001"), long_word(16 + packet.size()), hex("0000000b"),
                                     long_word(said_length), long_word(stripped), long_word(packet.size()), packet});
    const byte_vector datagram =
        join({hex("00000005 00000001 0a000009 00000000 00000001 00000064 00000001"), hex("00000001"),
              long_word(32 + record.size()),
              hex("00000001 00000003 00000200 00000200 00000000 00000003 00000004 00000001"), record});
    return framed_ip_packet({}, 17, udp_datagram(50000, 6343, datagram));
}

} // namespace

TEST_CASE("tunnels: a fixed header that the capture cut is truncated, whatever the bytes before the cut say") {
    struct header {
        std::string what;
        protocol_id carrier;
        byte_vector bytes; ///< the fixed part, which says that no packet follows that can be read
    };
    const header all[] = {
        {"AYIYA, an operation that forwards nothing", protocol_id::udp_port(5072), hex("43 52 10 29 12345678")},
        {"NSH of version 1", ether_type::nsh, hex("4fc6 0201")},
        {"TZSP of version 2", protocol_id::udp_port(37008), hex("02 00 0001")},
        {"TZSP, a message without a frame", protocol_id::udp_port(37008), hex("01 04 0001")},
    };
    for (const header& each : all) {
        CAPTURE(each.what);
        for (std::size_t length = 0; length <= each.bytes.size(); ++length) {
            CAPTURE(length);
            const byte_vector captured(each.bytes.begin(), each.bytes.begin() + static_cast<std::ptrdiff_t>(length));
            const auto found = known_tunnels::payload(each.carrier, {captured, 100}, tunnel_set::all);
            CHECK(found.error() == (length < each.bytes.size() ? packet_outcome::truncated : packet_outcome::not_tcp));
        }
    }
}

TEST_CASE("tunnels: a TZSP message that controls the device has no frame") {
    const byte_vector frame = ethernet_frame(0x0800, tcp_ip_packet({}));
    for (const char* const kind : {"00", "01", "02", "03", "04", "05"}) {
        CAPTURE(kind);
        const byte_vector message = join({hex("01"), hex(kind), hex("0001 01"), frame});
        const auto found =
            known_tunnels::payload(protocol_id::udp_port(37008), {message, message.size()}, tunnel_set::all);
        CHECK(static_cast<bool>(found) == (std::string{kind} <= "01"));
    }
}

TEST_CASE("tunnels: a sampled packet has the length that its record gives, and at least that of its captured bytes") {
    const byte_vector packet = tcp_ip_packet({.payload_length = 100});
    const auto length_of = [&](std::size_t said_length, std::size_t stripped) {
        return segment_of(sampled(packet, said_length, stripped)).wire_length;
    };
    CHECK(length_of(packet.size(), 0) == packet.size());
    CHECK(length_of(packet.size() + 18, 18) == packet.size()); // as of Ethernet and its check sequence
    CHECK(length_of(1000, 0) == 1000);
    // Wrong: shorter than what was captured of it.
    CHECK(length_of(30, 0) == packet.size());
    CHECK(length_of(packet.size(), 50) == packet.size());
    CHECK(length_of(10, 20) == packet.size());
}

TEST_CASE("tunnels: a UDP length beyond the packet does not make more of it") {
    const byte_vector vxlan = hex("08000000 000001"); // a byte is missing
    for (const std::size_t said : {8 + vxlan.size(), 8 + vxlan.size() + 1, std::size_t{1000}, std::size_t{65535}}) {
        CAPTURE(said);
        byte_vector datagram = udp_datagram(50000, 4789, vxlan);
        overwrite(datagram, 4, big_endian(static_cast<std::uint16_t>(said)));
        CHECK(decode_frame(framed_ip_packet({}, 17, datagram)).outcome == packet_outcome::not_tcp);
    }
}

TEST_CASE("tunnels: L2TP version 3 is known by the header of what it carries and the first byte behind that") {
    const byte_vector frame = ethernet_frame(0x0800, hex("45"));
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        CAPTURE(length);
        const byte_vector content =
            join({hex("00000001"), byte_vector(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length))});
        const auto found = known_tunnels::payload(ip_protocol::l2tp, {content, content.size()}, tunnel_set::all);
        CHECK(static_cast<bool>(found) == (length == frame.size()));
    }
}
