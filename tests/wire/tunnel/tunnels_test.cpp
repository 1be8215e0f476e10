// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decoder.hpp>
#include <tcplens/wire/tunnel/tunnels.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

constexpr std::size_t data_length = 7;

const tcp_packet_options inner_v4{.source = at("10.0.0.1", 1111),
                                  .destination = at("10.0.0.2", 2222),
                                  .ip_id = 0x4242,
                                  .sequence = 99,
                                  .payload_length = data_length};
const tcp_packet_options inner_v6{
    .source = at("fd00::1", 1111), .destination = at("fd00::2", 2222), .sequence = 99, .payload_length = data_length};
const tcp_packet_options outer_v6{.source = at("2001:db8::1", 0), .destination = at("2001:db8::2", 0)};

byte_vector v4() {
    return tcp_ip_packet(inner_v4);
}
byte_vector v6() {
    return tcp_ip_packet(inner_v6);
}
byte_vector eth() {
    return ethernet_frame(0x0800, v4());
}
/// A frame with a VLAN tag.
byte_vector tagged(std::uint16_t vlan) {
    return ethernet_frame(0x8100, join({big_endian(vlan), hex("0800"), v4()}));
}

/// In Ethernet and IPv4.
byte_vector in_ip(std::uint8_t protocol, const byte_vector& content) {
    return framed_ip_packet({}, protocol, content);
}
byte_vector in_ip6(std::uint8_t protocol, const byte_vector& content) {
    return framed_ip_packet(outer_v6, protocol, content);
}
byte_vector in_udp(std::uint16_t port, const byte_vector& content) {
    return in_ip(17, udp_datagram(50000, port, content));
}
/// GRE with nothing but a protocol type.
byte_vector in_gre(const char* type, const byte_vector& content) {
    return in_ip(47, join({hex("0000"), hex(type), content}));
}

/// A frame of IEEE 802.11, with v4() behind IEEE 802.2 LLC.
byte_vector wireless(const char* control, const char* behind = "") {
    return join({hex(control), hex("0000 020000000001 020000000002 020000000003 1000"), hex(behind),
                 hex("aaaa03 000000 0800"), v4()});
}
byte_vector long_word(std::size_t value) {
    return join({big_endian(static_cast<std::uint16_t>(value >> 16)), big_endian(static_cast<std::uint16_t>(value))});
}
/// An sFlow sample of a packet, with a record of another kind before it. Without padding, so that the packet is last.
byte_vector sflow_sample(std::uint32_t protocol, const byte_vector& packet, bool expanded = false) {
    const std::size_t length = packet.size();
    const byte_vector record = join({hex("00000001"), long_word(16 + length), long_word(protocol),
                                     long_word(length + 4), hex("00000004"), long_word(length), packet});
    const byte_vector other = hex("000003e9 00000010 00000001 00000000 00000001 00000000"); // of a switch
    const byte_vector head = expanded ? hex("00000001 00000000 00000003 00000200 00000200 00000000 00000000 00000003"
                                            "00000000 00000004 00000002")
                                      : hex("00000001 00000003 00000200 00000200 00000000 00000003 00000004 00000002");
    return join(
        {long_word(expanded ? 3 : 1), long_word(head.size() + other.size() + record.size()), head, other, record});
}

struct tunnelled {
    std::string what;
    byte_vector frame;
    tunnel_set through = tunnel_set::none; ///< without any of these there is no way
    int depth = 1;
    bool has_network = false;
};

/// Each with an IP packet of the inner_ options at its end.
std::vector<tunnelled> all_tunnels() {
    const byte_vector ppp_v4 = join({hex("0021"), v4()});
    return {
        {"IPv4 in IPv4 (RFC 2003)", in_ip(4, v4()), tunnels::ip_in_ip},
        {"IPv6 in IPv4 (RFC 4213)", in_ip(41, v6()), tunnels::ip_in_ip},
        {"IPv4 in IPv6 (RFC 2473)", in_ip6(4, v4()), tunnels::ip_in_ip},
        {"IPv6 in IPv6 (RFC 2473)", in_ip6(41, v6()), tunnels::ip_in_ip},
        {"AH in IPv4, transport mode (RFC 4302)",
         framed_ip_packet(inner_v4, 51,
                          join({hex("06 04 0000 00000100 00000001 a0a1a2a3a4a5a6a7a8a9aaab"), tcp_segment(inner_v4)})),
         tunnels::authentication_header, 0},
        {"AH in IPv4, tunnel mode, no check value", in_ip(51, join({hex("04 01 0000 00000100 00000001"), v4()})),
         tunnels::authentication_header | tunnels::ip_in_ip},
        {"GRE (RFC 2784)", in_gre("0800", v4()), tunnels::gre},
        {"GRE over IPv6, IPv6 within (RFC 7676)", in_ip6(47, join({hex("0000 86dd"), v6()})), tunnels::gre},
        {"GRE with checksum", in_ip(47, join({hex("8000 0800 1234 0000"), v4()})), tunnels::gre},
        {"GRE with key (RFC 2890)", in_ip(47, join({hex("2000 0800 00000007"), v4()})), tunnels::gre, 1, true},
        {"GRE with checksum, key and sequence number",
         in_ip(47, join({hex("b000 0800 1234 0000 00000007 00000001"), v4()})), tunnels::gre, 1, true},
        {"GRE with a source route (RFC 1701)",
         in_ip(47,
               join({hex("4000 0800 0000 0004  0800 00 04 0a000009  0800 00 08 0a000008 0a000007  0000 00 00"), v4()})),
         tunnels::gre},
        {"GRE in UDP (RFC 8086)", in_udp(4754, join({hex("0000 0800"), v4()})), tunnels::gre},
        {"NVGRE (RFC 7637)", in_ip(47, join({hex("2000 6558 00beef 01"), eth()})), tunnels::gre | tunnels::bridged, 1,
         true},
        {"a VLAN tag in GRE", in_gre("8100", join({hex("0005 0800"), v4()})), tunnels::gre},
        {"PPTP (RFC 2637)", in_ip(47, join({hex("3081 880b 0040 0007 00000001 00000002 ff03"), ppp_v4})), tunnels::gre},
        {"PPTP, no acknowledgment, no address and control",
         in_ip(47, join({hex("3001 880b 0040 0007 00000001"), ppp_v4})), tunnels::gre},
        {"PPP in GRE version 0", in_gre("880b", join({hex("ff03"), ppp_v4})), tunnels::gre | tunnels::bridged},
        {"Ethernet over IP of MikroTik", in_ip(47, join({hex("2001 6400 0040 0500"), eth()})), tunnels::gre, 1, true},
        {"ERSPAN I", in_gre("88be", eth()), tunnels::gre},
        {"ERSPAN II", in_ip(47, join({hex("1000 88be 00000001  1001 0002 00000003"), eth()})),
         tunnels::gre | tunnels::erspan},
        {"ERSPAN III", in_ip(47, join({hex("1000 22eb 00000001  2001 0002 00000003 0000 0000"), eth()})),
         tunnels::gre | tunnels::erspan},
        {"ERSPAN III, platform subheader",
         in_ip(47, join({hex("1000 22eb 00000001  2001 0002 00000003 0000 0001 1234567812345678"), eth()})),
         tunnels::gre | tunnels::erspan},
        {"ERSPAN III, IP", in_ip(47, join({hex("1000 22eb 00000001  2001 0002 00000003 0000 0800"), v6()})),
         tunnels::gre | tunnels::erspan},
        {"WCCP 1", in_gre("883e", v4()), tunnels::gre | tunnels::wccp},
        {"WCCP 2", in_gre("883e", join({hex("00000000"), v4()})), tunnels::gre | tunnels::wccp},
        {"802.11 of an access point, from the distribution system",
         in_gre("8210", join({hex("0802 0000 020000000001 020000000002 020000000003 0000 aaaa03000000 0800"), v4()})),
         tunnels::gre | tunnels::aruba_gre},
        {"MPLS (RFC 3032)", ethernet_frame(0x8847, join({hex("00064140"), v4()})), tunnels::mpls},
        {"MPLS multicast, two labels", ethernet_frame(0x8848, join({hex("00064040 00065140"), v6()})), tunnels::mpls},
        {"MPLS, explicit null for IPv4", ethernet_frame(0x8847, join({hex("00000140"), v4()})), tunnels::mpls},
        {"MPLS, explicit null for IPv6", ethernet_frame(0x8847, join({hex("00002140"), v6()})), tunnels::mpls},
        {"MPLS, Ethernet behind a control word (RFC 4448)",
         ethernet_frame(0x8847, join({hex("00064140 00000000"), eth()})), tunnels::mpls},
        {"MPLS, Ethernet at once", ethernet_frame(0x8847, join({hex("00064140"), eth()})), tunnels::mpls},
        {"MPLS in IP (RFC 4023)", in_ip(137, join({hex("00064140"), v4()})), tunnels::mpls},
        {"MPLS in GRE (RFC 4023)", in_gre("8847", join({hex("00064140"), v4()})), tunnels::gre | tunnels::mpls, 2},
        {"MPLS in UDP (RFC 7510)", in_udp(6635, join({hex("00064140"), v4()})), tunnels::mpls},
        {"batman-adv to one station", ethernet_frame(0x4305, join({hex("40 0f 32 01 020000000003"), eth()})),
         tunnels::batman_adv},
        {"batman-adv with the sender's address",
         ethernet_frame(0x4305, join({hex("42 0f 32 01 020000000003 020000000004 01 00"), eth()})),
         tunnels::batman_adv},
        {"batman-adv to all stations", ethernet_frame(0x4305, join({hex("01 0f 32 00 00000001 020000000003"), eth()})),
         tunnels::batman_adv},
        {"batman-adv 2011 to one station", ethernet_frame(0x4305, join({hex("03 0e 32 01 020000000003"), eth()})),
         tunnels::batman_adv},
        {"batman-adv 2011 to all stations", // packet-format.h of Linux 3.2
         ethernet_frame(0x4305, join({hex("04 0e 32 00 00000001 020000000003"), eth()})), tunnels::batman_adv},
        {"LWAPP", in_udp(12222, join({hex("00 00 0048 0000"), wireless("0801")})), tunnels::lwapp},
        {"LWAPP, frame control swapped", in_udp(12222, join({hex("00 00 0048 0000"), wireless("0108")})),
         tunnels::lwapp},
        {"CAPWAP, IEEE 802.11, frame control swapped",
         in_udp(5247, join({hex("00 100300 00000000"), wireless("0108")})), tunnels::capwap},
        {"CAPWAP, IEEE 802.11, frame control swapped, both orders are data",
         in_udp(5247, join({hex("00 100300 00000000"), wireless("0888", "0000")})), tunnels::capwap},
        {"CAPWAP, the first fragment", in_udp(5247, join({hex("00 100280 00010000"), eth()})), tunnels::capwap},
        {"sFlow",
         in_udp(6343,
                join({hex("00000005 00000001 0a000001 00000000 00000001 00000064 00000001"), sflow_sample(1, eth())})),
         tunnels::sflow},
        {"sFlow, expanded, of an IPv6 agent",
         in_udp(6343,
                join({hex("00000005 00000002 20010db8000000000000000000000001 00000000 00000001 00000064 00000001"),
                      sflow_sample(11, v4(), true)})),
         tunnels::sflow},
        {"GTP-U, Ethernet", in_udp(2152, join({hex("30ff 0040 00000001"), eth()})), tunnels::gtp},
        {"GTP-U, Ethernet whose receiver begins as IPv4 does",
         in_udp(2152, join({hex("30ff 0040 00000001 450000000002 020000000001 0800"), v4()})), tunnels::gtp},
        {"GTP-U, PPP", in_udp(2152, join({hex("30ff 0040 00000001 ff03 0021"), v4()})), tunnels::gtp},
        {"VXLAN at Linux's port", in_udp(8472, join({hex("08000000 012345 00"), eth()})), tunnels::vxlan, 1, true},
        {"VXLAN without the flag", in_udp(4789, join({hex("00000000 012345 00"), eth()})), tunnels::vxlan},
        {"PPPoE (RFC 2516)", ethernet_frame(0x8864, join({hex("1100 0007 0040"), ppp_v4})), tunnels::pppoe, 1, true},
        {"PPPoE, IPv6 (RFC 5072)", ethernet_frame(0x8864, join({hex("1100 0007 0040 0057"), v6()})), tunnels::pppoe, 1,
         true},
        {"L2TP version 2 (RFC 2661)", in_udp(1701, join({hex("0002 0001 0002 ff03"), ppp_v4})), tunnels::l2tp},
        {"L2TP version 2, all fields", in_udp(1701, join({hex("4a02 0040 0001 0002 0003 0004 0003 aabbcc"), ppp_v4})),
         tunnels::l2tp},
        {"L2TP version 3 over UDP (RFC 3931)", in_udp(1701, join({hex("0003 0000 00000009"), eth()})), tunnels::l2tp},
        {"L2TP version 3 over IP, cookie of 8 bytes, sublayer",
         in_ip(115, join({hex("00000009 1111111122222222 40000001"), eth()})), tunnels::l2tp},
        {"L2TP version 3 over IP, PPP", in_ip(115, join({hex("00000009 11111111 ff03"), ppp_v4})), tunnels::l2tp},
        {"VXLAN (RFC 7348)", in_udp(4789, join({hex("08000000 012345 00"), eth()})), tunnels::vxlan, 1, true},
        {"VXLAN, VLAN within", in_udp(4789, join({hex("08000000 012345 00"), tagged(9)})), tunnels::vxlan, 1, true},
        {"VXLAN-GPE, IPv4", in_udp(4790, join({hex("0c000001 012345 00"), v4()})), tunnels::vxlan, 1, true},
        {"VXLAN-GPE, IPv6", in_udp(4790, join({hex("0c000002 012345 00"), v6()})), tunnels::vxlan, 1, true},
        {"VXLAN-GPE, Ethernet", in_udp(4790, join({hex("0c000003 012345 00"), eth()})), tunnels::vxlan, 1, true},
        {"VXLAN-GPE, NSH (RFC 8300)", in_udp(4790, join({hex("0c000004 012345 00  0fc2 0201 00000001"), v4()})),
         tunnels::vxlan | tunnels::nsh, 2, true},
        {"VXLAN-GPE, MPLS", in_udp(4790, join({hex("0c000005 012345 00 00064140"), v4()})),
         tunnels::vxlan | tunnels::mpls, 2, true},
        {"VXLAN-GPE, no next protocol", in_udp(4790, join({hex("08000000 012345 00"), eth()})), tunnels::vxlan, 1,
         true},
        {"NSH in Ethernet, with context",
         ethernet_frame(0x894f, join({hex("0fc6 0102 00000001 00000000 00000000 00000000 00000000"), v6()})),
         tunnels::nsh},
        {"GENEVE (RFC 8926)", in_udp(6081, join({hex("0000 6558 000007 00"), eth()})),
         tunnels::geneve | tunnels::bridged, 1, true},
        {"GENEVE with options, IPv4", in_udp(6081, join({hex("0240 0800 000007 00 0102 80 01 cafecafe"), v4()})),
         tunnels::geneve, 1, true},
        {"GTP-U (TS 29.281)", in_udp(2152, join({hex("30ff 0040 00000001"), v4()})), tunnels::gtp},
        {"GTP-U with sequence number", in_udp(2152, join({hex("32ff 0040 00000001 0001 00 00"), v6()})), tunnels::gtp},
        {"GTP-U with extension headers",
         in_udp(2152, join({hex("34ff 0040 00000001 0000 00 85  01 1000 c0  02 000000000000 00"), v4()})),
         tunnels::gtp},
        {"GTP-U, from the port", in_ip(17, udp_datagram(2152, 50000, join({hex("30ff 0040 00000001"), v4()}))),
         tunnels::gtp},
        {"GTP version 0 (TS 09.60)", in_udp(3386, join({hex("1eff 0040 0001 0002 00 ffffff 0000000000000000"), v4()})),
         tunnels::gtp},
        {"Teredo (RFC 4380)", in_udp(3544, v6()), tunnels::teredo},
        {"Teredo, authentication and origin",
         in_udp(3544, join({hex("0001 01 02 aa bbbb 1122334455667788 00  0000 1234 01020304"), v6()})),
         tunnels::teredo},
        {"Teredo, authentication", in_udp(3544, join({hex("0001 00 00 1122334455667788 00"), v6()})), tunnels::teredo},
        {"AYIYA", in_udp(5072, join({hex("43 52 11 29 12345678"), byte_vector(16 + 20), v6()})), tunnels::ayiya},
        {"CAPWAP, 802.3 (RFC 5415)", in_udp(5247, join({hex("00 100200 00000000"), eth()})), tunnels::capwap},
        {"CAPWAP, 802.11 (RFC 5416)",
         in_udp(5247, join({hex("00 180300 00000000 00000000 0802 0000 020000000001 020000000002 020000000003 0000 "
                                "aaaa03000000 0800"),
                            v4()})),
         tunnels::capwap},
        {"LISP (RFC 9300)", in_udp(4341, join({hex("8012345600000001"), v4()})), tunnels::lisp},
        {"EtherIP (RFC 3378)", in_ip(97, join({hex("3000"), eth()})), tunnels::ethernet_in_ip},
        {"Ethernet in IPv6 (RFC 8986)", in_ip6(143, eth()), tunnels::ethernet_in_ip},
        {"TZSP", in_udp(37008, join({hex("01 00 0001  00 0a 01 ff 01"), eth()})), tunnels::tzsp},
        {"TZSP, 802.11",
         in_udp(37008,
                join({hex("01 01 0012 01 0802 0000 020000000001 020000000002 020000000003 0000 aaaa03000000 0800"),
                      v4()})),
         tunnels::tzsp},
        {"everything: VLAN, MPLS, GRE, GTP, VXLAN",
         ethernet_frame(
             0x8100,
             join({hex("0005 8847 00064140"),
                   ip_packet({}, 47,
                             join({hex("0000 0800"),
                                   ip_packet({}, 17,
                                             udp_datagram(1, 2152,
                                                          join({hex("30ff 0040 00000001"),
                                                                ip_packet({}, 17,
                                                                          udp_datagram(1, 4789,
                                                                                       join({hex("08000000 012345 00"),
                                                                                             eth()})))})))}))})),
         tunnels::mpls | tunnels::gre | tunnels::gtp | tunnels::vxlan, 4, true},
    };
}

decode_result decode_without(const byte_vector& frame, tunnel_set without, segment& into) {
    return decode(*captured_packet{frame}, into, {.tunnels = ~without});
}
packet_outcome outcome_of(const byte_vector& frame) {
    return decode_frame(frame).outcome;
}
protocol_id stop_of(const byte_vector& frame) {
    segment found;
    return decode(*captured_packet{frame}, found).stopped_at;
}

constexpr segment::network_id none{};

segment::network_id network_of(const byte_vector& frame, link_type link = link_type::ethernet) {
    segment found;
    REQUIRE(decode(*captured_packet{frame, {.link = link}}, found, {.identify_networks = true}) == packet_outcome::tcp);
    return found.network;
}

} // namespace

TEST_CASE("tunnels: the segment in each tunnel is found") {
    for (const tunnelled& each : all_tunnels()) {
        CAPTURE(each.what);
        const segment found = segment_of(each.frame);
        const bool four = found.source.address.is_v4();
        const tcp_packet_options& inner = four ? inner_v4 : inner_v6;
        CHECK(found.source == inner.source);
        CHECK(found.destination == inner.destination);
        CHECK(found.sequence == sequence_number{99});
        CHECK(found.payload_length == data_length);
        CHECK(found.payload_beyond_frame == 0);
        CHECK(found.captured_payload == data_length);
        CHECK(found.wire_length == (found.sampled ? found.ip_length + (each.depth == 1 && each.what == "sFlow" ? 14 : 0)
                                                  : each.frame.size()));
        CHECK(found.ip_id == (four ? std::optional<std::uint16_t>{0x4242} : std::nullopt));
        CHECK(found.tunnel_depth == each.depth);
        CHECK(found.network == none); // nobody asked
        CHECK((network_of(each.frame) != none) == (each.has_network || each.what.find("VLAN") != std::string::npos));
    }
}

TEST_CASE("tunnels: a packet cut at each byte is truncated, and never TCP without its header") {
    for (const tunnelled& each : all_tunnels()) {
        CAPTURE(each.what);
        const std::size_t tcp_end = each.frame.size() - data_length;
        check_snapshots(each.frame, link_type::ethernet, tcp_end, packet_outcome::tcp);
        for (std::size_t length = 0; length < tcp_end; ++length) { // on the wire, too
            CAPTURE(length);
            CHECK(outcome_of({each.frame.begin(), each.frame.begin() + static_cast<std::ptrdiff_t>(length)}) !=
                  packet_outcome::tcp);
        }
    }
}

TEST_CASE("tunnels: each tunnel of the list is among those of the tests here") {
    tunnel_set tested = tunnel_set::none;
    for (const tunnelled& each : all_tunnels()) tested |= each.through;
    for (std::size_t i = 0; i < known_tunnels::size; ++i) {
        CAPTURE(known_tunnels::names[i]);
        CHECK(contains_all(tested, known_tunnels::bits[i]));
        CHECK(std::ranges::count(known_tunnels::names, known_tunnels::names[i]) == 1);
    }
}

TEST_CASE("tunnels: a tunnel that is switched off is not TCP") {
    for (const tunnelled& each : all_tunnels()) {
        CAPTURE(each.what);
        segment found{};
        for (const tunnel_set one : known_tunnels::bits) {
            CAPTURE(static_cast<std::uint32_t>(one));
            CHECK((decode_without(each.frame, one, found) == packet_outcome::tcp) ==
                  ((each.through & one) == tunnel_set::none));
        }
        found = {};
        CHECK(decode(*captured_packet{each.frame}, found, {.tunnels = each.through}) == packet_outcome::tcp);
        found = {};
        for (std::size_t length = 34; length <= each.frame.size(); ++length) {
            const captured_packet cut{each.frame, {.snapshot_length = length}};
            CHECK(decode(*cut, found, {.tunnels = tunnel_set::none}).outcome != packet_outcome::tcp);
        }
        CHECK(decode_without(each.frame, tunnel_set::all, found) == packet_outcome::not_tcp);
        CHECK(found == segment{});
    }
}

TEST_CASE("tunnels: switching all tunnels off does not change packets without tunnels") {
    std::mt19937_64 random{11};
    for (int i = 0; i < 3000; ++i) {
        byte_vector frame = tcp_packet(random() % 2 == 0 ? inner_v4 : inner_v6);
        for (std::uint64_t wrong = random() % 4; wrong > 0; --wrong)
            frame[random() % frame.size()] = static_cast<std::byte>(random() & 0xff);
        segment off{};
        segment on{};
        const decode_result without = decode_without(frame, tunnel_set::all, off);
        const decode_result with = decode_without(frame, tunnel_set::none, on);
        if (without.outcome != packet_outcome::not_tcp) CHECK(with == without.outcome);
        if (without == packet_outcome::tcp) CHECK(on == off);
    }
}

TEST_CASE("IPv6: the source of a mobile node is its home address") { // RFC 6275 6.3
    const auto source_with = [](const char* options) {
        tcp_packet_options packet = inner_v6;
        packet.extension_headers = {extension_header{.protocol = 60, .rest = hex(options)}};
        return segment_of(tcp_packet(packet)).source.address;
    };
    CHECK(source_with("02 0102 0000  c910 20010db8000000000000000000000007") == address_of("2001:db8::7"));
    CHECK(source_with("02 00 00 00 00  c910 20010db8000000000000000000000007") == address_of("2001:db8::7"));
    CHECK(source_with("02 0102 0000  c90e 20010db8000000000000000000000007") == inner_v6.source.address); // too short
    CHECK(source_with("02 0102 0000  c920 20010db8000000000000000000000007") == inner_v6.source.address); // too long
}

TEST_CASE("MPLS: an IP packet whose frame a tool cut keeps its length") {
    tcp_packet_options cut = inner_v4;
    cut.payload_length = 1000;
    byte_vector frame = ethernet_frame(0x8847, join({hex("00064140"), tcp_ip_packet(cut)}));
    frame.resize(14 + 4 + 40);
    const segment found = segment_of(frame);
    CHECK(found.payload_length == 1000);
    CHECK(found.payload_beyond_frame == 1000);
}

TEST_CASE("tunnels: a header that is not that of the tunnel is not TCP") {
    using enum packet_outcome;
    const auto udp = protocol_id::udp_port;
    struct other {
        byte_vector frame;
        protocol_id stop;
    };
    const byte_vector four = v4();
    const std::vector<other> others{
        {in_ip(47, join({hex("0002 0800"), four})), ip_protocol::gre},           // a version unknown
        {in_ip(47, join({hex("1001 880b 00000001"), four})), ip_protocol::gre},  // version 1 has a key
        {in_ip(47, hex("2081 880b 0000 0007 00000002")), ip_protocol::gre},      // an acknowledgment
        {in_ip(47, join({hex("2001 0800 0040 0007"), four})), ip_protocol::gre}, // version 1 of what?
        {in_gre("0000", hex("")), protocol_id::gre(0)},                          // keep-alive
        {in_gre("0500", four), protocol_id::gre(0x0500)},                        // no EtherType
        {in_gre("0806", byte_vector(28)), ether_type{0x0806}},                   // ARP
        {in_ip(47, join({hex("1000 88be 00000001  3001 0002 00000003"), eth()})), protocol_id::gre(0x88be)},
        {in_ip(47, join({hex("1000 22eb 00000001  2001 0002 00000003 0000 0400"), eth()})), protocol_id::gre(0x22eb)},
        {ethernet_frame(0x8847, join({hex("00064140 10000021"), four})),
         ether_type::mpls}, // an associated channel (RFC 5586)
        {ethernet_frame(0x8847, hex("00064140 00")), ether_type::mpls},
        {ethernet_frame(0x8864, join({hex("11a7 0007 0040 0021"), four})), ether_type::pppoe_session}, // it ends
        {ethernet_frame(0x8864, join({hex("1100 0007 0040 c021"), four})), link_type::ppp},            // LCP
        {in_udp(1701, join({hex("c802 0040 0001 0002 0003 0004"), four})), udp(1701)},                 // control
        {in_udp(1701, join({hex("0001 0001 0002 ff03 0021"), four})), udp(1701)},                      // L2F
        {in_udp(1701, join({hex("0003 0000 00000009 12"), byte_vector(40)})), udp(1701)},
        {in_ip(115, join({hex("00000000"), eth()})), ip_protocol::l2tp}, // control
        {in_ip(115, hex("00000009 00")), ip_protocol::l2tp},
        {in_udp(4789, join({hex("00000000 012345 00"), four})), udp(4789)}, // no network, no Ethernet
        {in_udp(4790, join({hex("0c000006 012345 00"), eth()})), udp(4790)},
        {in_udp(6081, join({hex("4000 6558 000007 00"), eth()})), udp(6081)},
        {in_udp(6081, join({hex("0000 0806 000007 00"), eth()})), ether_type{0x0806}},
        {in_udp(2152, join({hex("20ff 0040 00000001"), four})), udp(2152)}, // GTP'
        {in_udp(2152, join({hex("3001 0040 00000001"), four})), udp(2152)}, // an echo request
        {in_udp(2152, join({hex("50ff 0040 00000001"), four})), udp(2152)}, // version 2
        {in_udp(2152, join({hex("34ff 0040 00000001 0000 00 85  00 000000"), four})), udp(2152)},
        {in_udp(2152, hex("30ff 0001 00000001 20")), udp(2152)}, // neither IPv4 nor IPv6
        {in_udp(3544, four), udp(3544)},
        {in_udp(5072, join({hex("43 52 10 29 12345678"), byte_vector(36), v6()})), udp(5072)}, // not to be forwarded
        {in_udp(5247, join({hex("01 100200 00000000"), eth()})), udp(5247)},                   // DTLS
        {in_udp(5247, join({hex("00 080200 00000000"), eth()})), udp(5247)},                   // too short to be
        {in_udp(5247, join({hex("00 100280 00010008"), eth()})), udp(5247)},                   // a later fragment
        {in_udp(5247, join({hex("00 100208 00000000"), eth()})), udp(5247)},                   // keep-alive
        {in_udp(5247, join({hex("00 100500 00000000"), eth()})), udp(5247)},                   // of another radio
        {ethernet_frame(0x894f, join({hex("4fc2 0201 00000001"), four})), ether_type::nsh},
        {ethernet_frame(0x894f, join({hex("0fc1 0201 00000001"), four})), ether_type::nsh},
        {in_ip(97, join({hex("4000"), eth()})), ip_protocol::ether_ip},
        {in_udp(37008, join({hex("02 00 0001 01"), eth()})), udp(37008)},
        {in_udp(37008, join({hex("01 04 0001 01"), eth()})), udp(37008)},
        {in_udp(37008, join({hex("01 00 0002 01"), eth()})), udp(37008)},
        {in_ip(17, udp_datagram(53, 50000, four)), ip_protocol::udp}, // no tunnel's port
        {in_ip(17, hex("0035 08")), ip_protocol::udp},
        {in_ip(1, join({hex("0300 0000 00000000"), four})), ip_protocol{1}}, // quoted in an ICMP error: no segment
        {in_ip6(58, join({hex("0100 0000 00000000"), v6()})), ip_protocol{58}},
        {in_ip(50, four), ip_protocol{50}}, // encrypted
    };
    for (std::size_t i = 0; i < others.size(); ++i) {
        CAPTURE(i);
        CHECK(outcome_of(others[i].frame) == not_tcp);
        CHECK(stop_of(others[i].frame) == others[i].stop);
    }
    CHECK(outcome_of(in_ip(51, join({hex("06 00 0000 00000100 00000001"), four}))) == malformed); // shorter than can be
    CHECK(outcome_of(in_udp(4789, hex("0800"))) == not_tcp); // the port may be anybody's
    byte_vector bad_length = in_udp(4789, join({hex("08000000 012345 00"), eth()}));
    overwrite(bad_length, 38, hex("0007")); // less than UDP's own header
    CHECK(outcome_of(bad_length) == not_tcp);
    overwrite(bad_length, 38, hex("0000")); // left to the adapter
    CHECK(outcome_of(bad_length) == tcp);
    overwrite(bad_length, 38, hex("ffff")); // the IP packet ends before
    CHECK(segment_of(bad_length).payload_beyond_frame == 0);
    overwrite(bad_length, 38, hex("0020")); // what lies behind it is no part of it
    CHECK(outcome_of(bad_length) != tcp);
}

TEST_CASE("tunnels: if both ports belong to tunnels, the destination's is tried first, then the source's") {
    const byte_vector in_geneve = join({hex("0000 0800 000007 00"), v4()});
    CHECK(outcome_of(in_ip(17, udp_datagram(6081, 4789, in_geneve))) == packet_outcome::tcp);
    CHECK(outcome_of(in_ip(17, udp_datagram(4789, 6081, in_geneve))) == packet_outcome::tcp);
}

TEST_CASE("tunnels: nested tunnels are entered up to the limit") {
    const auto nested = [](int times) {
        byte_vector packet = tcp_ip_packet(inner_v4);
        for (int i = 0; i < times; ++i) packet = ip_packet({}, 4, packet);
        return ethernet_frame(0x0800, packet);
    };
    // each IP header and each tunnel is a header; then TCP
    constexpr int deepest = (max_headers - 2) / 2;
    for (int times = 0; times <= deepest; ++times) CHECK(segment_of(nested(times)).tunnel_depth == times);
    for (const int times : {deepest + 1, deepest + 2, 1000}) {
        CHECK(outcome_of(nested(times)) == packet_outcome::not_tcp);
        segment found;
        CHECK(decode(*captured_packet{nested(times), {.snapshot_length = 600}}, found) != packet_outcome::tcp);
    }
}

TEST_CASE("tunnels: headers that repeat without end are given up") {
    byte_vector vxlans; // each in the one before, up to the end
    for (int i = 0; i < 1000; ++i)
        vxlans = join({vxlans, hex("08000000 012345 00"), ethernet_frame(0x8847, hex("00064140 00000000"))});
    CHECK(outcome_of(in_udp(4789, vxlans)) != packet_outcome::tcp);
    byte_vector authentications;
    for (int i = 0; i < 1000; ++i) authentications = join({authentications, hex("33 01 0000 00000100 00000001")});
    CHECK(outcome_of(in_ip(51, authentications)) == packet_outcome::not_tcp);
    byte_vector bridges;
    for (int i = 0; i < 1000; ++i) bridges = join({bridges, ethernet_frame(0x6558, hex(""))});
    CHECK(outcome_of(bridges) == packet_outcome::not_tcp);
    CHECK(outcome_of(ethernet_frame(0x8847, byte_vector(4000))) == packet_outcome::not_tcp); // no bottom of the stack
}

TEST_CASE("networks: VLANs and tunnels with different numbers have different networks in both directions") {
    CHECK(network_of(tcp_packet()) == none);
    CHECK(network_of(tcp_packet({.vlan_tags = {{.control = 0x2000}}})) == none); // a priority, no VLAN
    CHECK(network_of(tcp_packet({.vlan_tags = {{.control = 0x2005}}})) ==
          network_of(tcp_packet({.vlan_tags = {{.control = 5}}})));
    CHECK(network_of(tcp_packet({.vlan_tags = {{0x88a8, 5}}})) == network_of(tcp_packet({.vlan_tags = {{0x8100, 5}}})));
    for (const link_type link : {link_type::linux_sll, link_type::linux_sll2}) {
        CHECK(network_of(tcp_packet({.link = link, .vlan_tags = {{.control = 5}}}), link) ==
              network_of(tcp_packet({.vlan_tags = {{.control = 5}}})));
        CHECK(network_of(tcp_packet({.link = link}), link) == none);
    }
    CHECK(network_of(tcp_packet({.link = link_type::raw}), link_type::raw) == none);

    std::set<segment::network_id> seen;
    std::size_t made = 0;
    const auto add = [&](const byte_vector& frame) {
        seen.insert(network_of(frame));
        ++made;
    };
    add(tcp_packet());
    for (std::uint16_t vlan = 1; vlan < 4095; vlan = static_cast<std::uint16_t>(vlan + 13)) {
        add(tcp_packet({.vlan_tags = {{.control = vlan}}}));
        add(tcp_packet({.vlan_tags = {{0x88a8, vlan}, {0x8100, 7}}}));
        add(tcp_packet({.vlan_tags = {{0x88a8, 8}, {0x8100, vlan}}}));
        add(in_udp(4789, join({hex("08000000 01"), big_endian(vlan), hex("00"), eth()})));
        add(in_udp(4789, join({hex("08000000 000000 00"), tagged(vlan)})));
        add(in_udp(6081, join({hex("0000 6558 01"), big_endian(vlan), hex("00"), eth()})));
        add(in_ip(47, join({hex("2000 0800 0000"), big_endian(vlan), v4()})));
        add(ethernet_frame(0x8864, join({hex("1100"), big_endian(vlan), hex("0040 0021"), v4()})));
        add(ethernet_frame(0x88e7, join({hex("0001"), big_endian(vlan), eth()}))); // IEEE 802.1ah
    }
    CHECK(seen.size() == made);

    // The flow's number of NVGRE differs by direction.
    CHECK(network_of(in_ip(47, join({hex("2000 6558 00beef 01"), eth()}))) ==
          network_of(in_ip(47, join({hex("2000 6558 00beef 02"), eth()}))));
    // Of other Ethernet tunnels the whole key counts: no NVGRE has these numbers (RFC 7637 section 3.2).
    CHECK(network_of(in_ip(47, join({hex("2000 6558 00000001"), eth()}))) !=
          network_of(in_ip(47, join({hex("2000 6558 00000002"), eth()}))));
    CHECK(network_of(in_udp(2152, join({hex("30ff 0040 00000001"), v4()}))) == none);
}

TEST_CASE("networks: with the option, the same addresses in two networks are two connections") {
    const auto packet = [](std::uint16_t vlan, bool back) {
        tcp_packet_options of = inner_v4;
        of.vlan_tags = {{.control = vlan}};
        if (back) std::swap(of.source, of.destination);
        return tcp_packet(of);
    };
    for (const bool identify : {false, true}) {
        connection_table table{{.decoding = {.identify_networks = identify}}};
        for (int round = 0; round < 3; ++round) {
            for (std::uint16_t vlan = 1; vlan <= 100; ++vlan) {
                for (const bool back : {false, true}) {
                    const byte_vector frame = packet(vlan, back);
                    const add_result added = table.add(*captured_packet{frame});
                    REQUIRE(added.connection != nullptr);
                    CHECK(added.connection->number == (identify ? vlan - 1u : 0u));
                    CHECK((added.connection->network != none) == identify);
                }
            }
        }
        CHECK(table.size() == (identify ? 100 : 1));
    }
}

TEST_CASE("source routes: the destination is the last address of the route") {
    const auto final_of = [](const byte_vector& frame) { return segment_of(frame).destination.address; };
    const auto route = [](const char* rest) { return extension_header{.protocol = 43, .rest = hex(rest)}; };
    tcp_packet_options six = inner_v6;
    const auto with = [&](const extension_header& header) {
        six.extension_headers = {header};
        return tcp_packet(six);
    };
    // RFC 2460 4.4, RFC 6275 6.4, RFC 8754 2: next address, segments left, type
    CHECK(
        final_of(with(route("04 00 01 00000000  20010db8000000000000000000000007 20010db8000000000000000000000009"))) ==
        address_of("2001:db8::9"));
    CHECK(final_of(with(route("02 02 01 00000000  20010db8000000000000000000000007"))) == address_of("2001:db8::7"));
    CHECK(
        final_of(with(route("04 04 01 01000000  20010db8000000000000000000000007 20010db8000000000000000000000009"))) ==
        address_of("2001:db8::7"));
    CHECK(final_of(with(route("02 02 00 00000000  20010db8000000000000000000000007"))) ==
          address_of("fd00::2"));                                               // there already
    CHECK(final_of(with(route("00 02 01 00000000"))) == address_of("fd00::2")); // no address in it
    CHECK(final_of(with(route("02 fd 01 00000000  20010db8000000000000000000000007"))) == address_of("fd00::2"));

    tcp_packet_options four = inner_v4;
    const auto with_options = [&](const char* options) {
        four.ip_options = hex(options);
        return tcp_packet(four);
    };
    CHECK(final_of(with_options("01 83 0b 04 0a000007 0a000009")) == address_of("10.0.0.9")); // loose (RFC 791 3.1)
    CHECK(final_of(with_options("89 07 04 0a000009 00")) == address_of("10.0.0.9"));          // strict
    CHECK(final_of(with_options("94 04 0000 89 07 04 0a000009 00")) == address_of("10.0.0.9"));
    CHECK(final_of(with_options("83 07 08 0a000009 00")) == address_of("10.0.0.2")); // there already
    CHECK(final_of(with_options("00 83 07 04 0a000009")) == address_of("10.0.0.2")); // behind the end of the options
    CHECK(final_of(with_options("83 06 04 0a0000")) == address_of("10.0.0.2"));      // too short for an address
    CHECK(final_of(with_options("83 0f 04 0a000009 00")) == address_of("10.0.0.2")); // longer than the header
    CHECK(final_of(with_options("94 00 83 07 04 0a000009 00")) == address_of("10.0.0.2"));

    // The checksum is of the packet as it arrives.
    tcp_packet_options arriving = inner_v6;
    arriving.destination.address = address_of("2001:db8::7");
    six.extension_headers = {route("02 02 01 00000000  20010db8000000000000000000000007")};
    const byte_vector frame = framed_ip_packet(six, 6, tcp_segment(arriving));
    segment found;
    REQUIRE(decode(*captured_packet{frame}, found, {.verify_checksums = true}) == packet_outcome::tcp);
    CHECK(found.checksum == checksum_state::good);
}

TEST_CASE("checksums: those of the innermost packet count") {
    for (const tunnelled& each : all_tunnels()) {
        CAPTURE(each.what);
        byte_vector frame = each.frame;
        segment found;
        REQUIRE(decode(*captured_packet{frame}, found, {.verify_checksums = true}) == packet_outcome::tcp);
        CHECK(found.checksum == checksum_state::good);
        frame.back() ^= std::byte{1};
        REQUIRE(decode(*captured_packet{frame}, found, {.verify_checksums = true}) == packet_outcome::tcp);
        CHECK(found.checksum == checksum_state::bad);
    }
}

TEST_CASE("tunnel set: the operators join, intersect and complement sets") {
    constexpr tunnel_set all = tunnel_set::all;
    constexpr tunnel_set nothing = tunnel_set::none;
    CHECK(contains_all(all, tunnels::gre | tunnels::vxlan));
    CHECK(contains_all(tunnels::gre | tunnels::vxlan, tunnels::gre));
    CHECK_FALSE(contains_all(tunnels::gre, tunnels::gre | tunnels::vxlan));
    CHECK_FALSE(contains_all(~tunnels::gre, tunnels::gre));
    CHECK((~tunnels::gre | tunnels::gre) == all);
    CHECK(~all == nothing);
}
