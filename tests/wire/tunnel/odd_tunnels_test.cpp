// SPDX-License-Identifier: MIT
// Tunnels whose headers are possible, but seldom: each kind of frame within, fields that contradict each other, lists without an end.
#include "../../support/decoding.hpp"

#include <tcplens/wire/decode/decoder.hpp>
#include <tcplens/wire/tunnel/tunnels.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace tcplens;
using namespace packet_builder;

namespace {

const tcp_packet_options inner_v4{
    .source = at("10.0.0.1", 1111), .destination = at("10.0.0.2", 2222), .sequence = 99, .payload_length = 7};
const tcp_packet_options inner_v6{
    .source = at("fd00::1", 1111), .destination = at("fd00::2", 2222), .sequence = 99, .payload_length = 7};

byte_vector v4() {
    return tcp_ip_packet(inner_v4);
}
byte_vector v6() {
    return tcp_ip_packet(inner_v6);
}
byte_vector eth() {
    return ethernet_frame(0x0800, v4());
}
byte_vector in_ip(std::uint8_t protocol, const byte_vector& content) {
    return framed_ip_packet({}, protocol, content);
}
byte_vector in_udp(std::uint16_t port, const byte_vector& content) {
    return in_ip(17, udp_datagram(50000, port, content));
}
/// The outcome with all options that look into tunnels.
packet_outcome outcome_of(const byte_vector& frame) {
    segment found;
    return decode(*captured_packet{frame}, found, {.identify_networks = true});
}
bool is_inner(const byte_vector& frame) {
    segment found;
    return decode(*captured_packet{frame}, found, {.identify_networks = true}) == packet_outcome::tcp &&
           found.source.port == 1111 && found.sequence.value == 99;
}

byte_vector word(std::size_t value) {
    return join({big_endian(static_cast<std::uint16_t>(value >> 16)), big_endian(static_cast<std::uint16_t>(value))});
}
/// An sFlow datagram with one sample of one packet. `lengths`: of the sample, of the record, of the packet and of its header, more than right.
struct sampled {
    std::uint32_t protocol = 1;
    byte_vector packet{};
    std::size_t sample_more = 0, record_more = 0, packet_length = 0, stripped = 4, header_more = 0;

    [[nodiscard]] byte_vector datagram(const char* head = "00000005 00000001 0a000001") const {
        const std::size_t length = packet.size();
        const byte_vector record = join({hex("00000001"), word(16 + length + record_more), word(protocol),
                                         word(packet_length != 0 ? packet_length : length + 4), word(stripped),
                                         word(length + header_more), packet});
        const byte_vector sample =
            join({hex("00000001 00000003 00000200 00000200 00000000 00000003 00000004 00000001"), record});
        return in_udp(6343, join({hex(head), hex("00000000 00000001 00000064 00000001 00000001"),
                                  word(sample.size() + sample_more), sample}));
    }
};

} // namespace

TEST_CASE("sFlow: each link layer that a sample may have, and others") {
    CHECK(is_inner(sampled{.protocol = 1, .packet = eth()}.datagram()));
    CHECK(
        is_inner(sampled{.protocol = 3, .packet = join({hex("1040 000000000001 000000000002 aaaa03000000 0800"), v4()})}
                     .datagram()));
    CHECK(is_inner(sampled{.protocol = 4, .packet = join({hex("50 000000000001 000000000002 aaaa03000000 0800"), v4()})}
                       .datagram()));
    CHECK(is_inner(sampled{.protocol = 5, .packet = join({hex("1841 03cc"), v4()})}.datagram()));
    CHECK(is_inner(sampled{.protocol = 7, .packet = join({hex("ff03 0021"), v4()})}.datagram()));
    CHECK(is_inner(sampled{.protocol = 11, .packet = v4()}.datagram()));
    CHECK(is_inner(sampled{.protocol = 12, .packet = v6()}.datagram()));
    CHECK(is_inner(sampled{.protocol = 13, .packet = join({hex("00064140"), v4()})}.datagram()));
    CHECK(is_inner(sampled{.protocol = 15,
                           .packet = join({hex("0801 0000 020000000001 020000000002 020000000003 0000"
                                               "aaaa03 000000 0800"),
                                           v4()})}
                       .datagram()));
    for (const std::uint32_t protocol : {0u, 2u, 6u, 8u, 9u, 10u, 14u, 16u, 17u, 0xffff'ffffu})
        CHECK(outcome_of(sampled{.protocol = protocol, .packet = eth()}.datagram()) == packet_outcome::not_tcp);
}

TEST_CASE("sFlow: version, address and lengths must be possible") {
    const sampled right{.packet = eth()};
    CHECK(is_inner(right.datagram("00000005 00000002 20010db8000000000000000000000001")));
    CHECK(outcome_of(right.datagram("00000004 00000001 0a000001")) == packet_outcome::not_tcp);
    CHECK(outcome_of(right.datagram("00000005 00000003 0a000001")) == packet_outcome::not_tcp);
    CHECK(outcome_of(sampled{.packet = eth(), .sample_more = 1}.datagram()) != packet_outcome::tcp);
    CHECK(outcome_of(sampled{.packet = eth(), .record_more = 1}.datagram()) != packet_outcome::tcp);
    CHECK(outcome_of(sampled{.packet = eth(), .header_more = 1}.datagram()) != packet_outcome::tcp);
    CHECK(outcome_of(sampled{.packet = eth(), .packet_length = (1u << 16) + 1}.datagram()) != packet_outcome::tcp);
    segment found;
    // More was stripped than there was: the length of what is there counts.
    REQUIRE(decode(*captured_packet{sampled{.packet = eth(), .packet_length = 60, .stripped = 61}.datagram()}, found) ==
            packet_outcome::tcp);
    CHECK(found.payload_length == 7);
    CHECK(found.sampled);
}

TEST_CASE("L2TP version 3: IPv4, IPv6, VLANs and PPP behind each length of a cookie, and nothing else") {
    const byte_vector ppp_v4 = join({hex("ff03 0021"), v4()});
    const byte_vector ppp_v6 = join({hex("ff03 0057"), v6()});
    const byte_vector vlan = ethernet_frame(0x8100, join({hex("0007 0800"), v4()}));
    for (const byte_vector& content : {eth(), ethernet_frame(0x86dd, v6()), vlan, ppp_v4, ppp_v6}) {
        for (const char* before : {"", "00000000", "0000000000000000", "000000000000000000000000"}) {
            const byte_vector behind = join({hex(before), content});
            CHECK(is_inner(in_ip(115, join({hex("00000009"), behind}))));
            CHECK(is_inner(in_udp(1701, join({hex("0003 0000 00000009"), behind}))));
        }
    }
    // An EtherType with another version of IP behind it, other protocols, and too little for a frame
    for (const byte_vector& content :
         {ethernet_frame(0x0800, v6()), ethernet_frame(0x86dd, v4()), ethernet_frame(0x0806, byte_vector(28)),
          join({hex("ff03 002b"), v4()}), hex("01")})
        CHECK(outcome_of(in_ip(115, join({hex("00000009"), content}))) != packet_outcome::tcp);
    CHECK(outcome_of(in_ip(115, join({hex("00000000"), eth()}))) == packet_outcome::not_tcp); // control
}

TEST_CASE("GTP: what is no IP header is a frame or PPP if it leads to IP") {
    const auto in_gtp = [](const byte_vector& content) {
        return in_udp(2152, join({hex("30ff 0040 00000001"), content}));
    };
    CHECK(is_inner(in_gtp(ethernet_frame(0x86dd, v6()))));
    CHECK(is_inner(in_gtp(ethernet_frame(0x8100, join({hex("0007 0800"), v4()})))));
    CHECK(is_inner(in_gtp(ethernet_frame(0x88a8, join({hex("0007 8100 0008 0800"), v4()})))));
    CHECK(is_inner(in_gtp(ethernet_frame(0x8847, join({hex("00064140"), v4()})))));
    CHECK(is_inner(in_gtp(ethernet_frame(0x8864, join({hex("1100 0001 0031 0021"), v4()})))));
    CHECK(is_inner(in_gtp(join({hex("ff03 0021"), v4()}))));
    CHECK(is_inner(in_gtp(join({hex("0057"), v6()}))));
    byte_vector short_header = v4();
    short_header[0] = std::byte{0x44}; // four words, less than any
    CHECK(outcome_of(in_gtp(short_header)) != packet_outcome::tcp);
    CHECK(outcome_of(in_gtp(ethernet_frame(0x0806, byte_vector(28)))) != packet_outcome::tcp);
    CHECK(outcome_of(in_gtp(hex("45"))) != packet_outcome::tcp);
}

TEST_CASE("tunnels: lists of fields that do not end are given up, and so are those whose last entry is cut") {
    byte_vector routes;
    byte_vector extensions;
    byte_vector fields;
    for (int i = 0; i < 100; ++i) {
        routes = join({routes, hex("0800 00 04 0a000001")});
        extensions = join({extensions, hex("01 1000 85")});
        fields = join({fields, hex("0a 01 ff")});
    }
    CHECK(outcome_of(in_ip(47, join({hex("4000 0800 0000 0000"), routes, v4()}))) == packet_outcome::not_tcp);
    CHECK(outcome_of(in_udp(2152, join({hex("34ff 0400 00000001 0000 00 85"), extensions, v4()}))) ==
          packet_outcome::not_tcp);
    CHECK(outcome_of(in_udp(37008, join({hex("01 00 0001"), fields, hex("01"), eth()}))) == packet_outcome::not_tcp);
    // With a few of each there is a way.
    CHECK(is_inner(in_ip(47, join({hex("4000 0800 0000 0000 0800 00 04 0a000001 00000000"), v4()}))));
    CHECK(is_inner(in_udp(2152, join({hex("34ff 0400 00000001 0000 00 85 01 1000 85 01 1000 00"), v4()}))));
    CHECK(is_inner(in_udp(2152, join({hex("34ff 0400 00000001 0000 00 00"), v4()})))); // none, though the flag is set
    CHECK(is_inner(in_udp(37008, join({hex("01 00 0001 0a 01 ff 00 01"), eth()}))));
    // The last entry claims more than there is.
    CHECK(outcome_of(in_ip(47, hex("4000 0800 0000 0000 0800 00 40 0a000001"))) != packet_outcome::tcp);
    CHECK(outcome_of(in_udp(2152, hex("34ff 0400 00000001 0000 00 85 10 1000 85"))) != packet_outcome::tcp);
    CHECK(outcome_of(in_udp(37008, hex("01 00 0001 0a 40 ff"))) != packet_outcome::tcp);
}

TEST_CASE("LWAPP: the first fragment is read, later ones and control messages are not") {
    const auto in_lwapp = [](const char* head) {
        return in_udp(
            12222,
            join({hex(head), hex("0108 0000 020000000001 020000000002 020000000003 0000 aaaa03 000000 0800"), v4()}));
    };
    CHECK(is_inner(in_lwapp("00 00 0040 0000")));
    CHECK(is_inner(in_lwapp("03 00 0040 0000")));
    CHECK(is_inner(in_lwapp("01 00 0040 0000"))); // not a fragment, whatever comes after it
    for (const char* other : {"02 00 0040 0000", "04 00 0040 0000", "40 00 0040 0000", "80 00 0040 0000"})
        CHECK(outcome_of(in_lwapp(other)) == packet_outcome::not_tcp);
}

TEST_CASE("networks: the tags of cooked captures, of old bridges, and of frames that end behind them") {
    const auto network_of = [](const byte_vector& frame) {
        segment found;
        REQUIRE(decode(*captured_packet{frame}, found, {.identify_networks = true}) == packet_outcome::tcp);
        return found.network;
    };
    const auto behind = [](std::uint16_t type, const char* tags) {
        return ethernet_frame(type, join({hex(tags), v4()}));
    };
    CHECK(network_of(behind(0x9100, "0005 0800")) == network_of(behind(0x8100, "0005 0800")));
    CHECK(network_of(behind(0x8100, "0000 0800")) == segment::network_id{});
    CHECK(to_string(network_of(behind(0x88a8, "0007 9100 0008 8100 0009 0800"))) == "VLAN 7, VLAN 8, VLAN 9");
    for (const byte_vector& cut : {ethernet_frame(0x8100, hex("0005 81")), ethernet_frame(0x8100, hex("00")),
                                   ethernet_frame(0x8100, hex("0005 8100 0006"))})
        CHECK(outcome_of(cut) != packet_outcome::tcp);
    byte_vector deep; // more than a network holds
    for (int i = 0; i < 9; ++i) deep = join({deep, hex("0007 8100")});
    CHECK(outcome_of(ethernet_frame(0x8100, join({deep, hex("0007 0800"), v4()}))) == packet_outcome::not_tcp);
}
