// SPDX-License-Identifier: MIT
#include "../../support/link_headers.hpp"

#include <tcplens/wire/link/point_to_point/frame_relay.hpp>
#include <tcplens/wire/link/point_to_point/ppp.hpp>

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

/// All of the frame is what `type` names.
void check_whole(link_type link, ether_type type) {
    const captured_packet captured{v4, {.snapshot_length = 1}};
    const auto found = link_layers::payload(link, {captured->bytes, v4.size()});
    REQUIRE(found);
    CHECK(found->type == type);
    CHECK(found->content.bytes.data() == captured->bytes.data());
    CHECK(found->content.wire_length == v4.size());
    CHECK(link_layers::payload(link, {{}, 1}).error() == packet_outcome::truncated);
    CHECK(link_layers::payload(link, {}).error() == packet_outcome::malformed);
}

} // namespace

TEST_CASE("PPP: IP is read with and without framing, control protocols are not TCP") { // RFC 1661 2; RFC 1662 3.1
    for (const link_type link : {link_type::ppp, link_type::ppp_hdlc}) {
        check_header({link, hex("ff03 0021")}, v4);
        check_header({link, hex("ff03 0057")}, v6);
        check_header({link, hex("0021")}, v4); // address and control left out (RFC 1661 6.6)
        check_header({link, hex("0057")}, v6);
        check_header({link, hex("21")}, v4); // the protocol in one byte (RFC 1661 6.5)
        check_header({link, hex("57")}, v6);
        check_header({link, hex("ff03 21")}, v4);
        check_other({link, hex("ff03 c021")});    // LCP
        check_other({link, hex("ff03 8021")});    // IPCP
        check_other({link, hex("002d")});         // compressed by Van Jacobson's method (RFC 1144)
        check_other({link, hex("002f")});         //
        check_other({link, hex("fd")});           // compressed (RFC 1962)
        check_other({link, hex("ff07 0021")}, 3); // no unnumbered information

        check_carries({link, hex("ff03 0281")}, ether_type::mpls); // RFC 3032 4.3
        check_carries({link, hex("0283")}, ether_type::mpls_multicast);
        check_carries({link, hex("0031 00 01")}, ether_type::transparent_ethernet); // RFC 3518 4.2
        check_carries({link, hex("31 40 01 00000007")}, ether_type::transparent_ethernet);
        check_other({link, hex("0031 00 02")}); // Token Ring
    }
}

TEST_CASE("PPP: a byte for the direction is skipped") { // LINKTYPE_PPP_WITH_DIR, LINKTYPE_PPP_PPPD
    check_header({link_type::ppp_with_direction, hex("00 ff03 0021")}, v4);
    check_header({link_type::ppp_with_direction, hex("01 57")}, v6);
    check_header({link_type::ppp_pppd, hex("00 03 0021")}, v4);
    check_header({link_type::ppp_pppd, hex("01 03 0057")}, v6);
    check_other({link_type::ppp_pppd, hex("01 03 c021")});
}

TEST_CASE("PPP: LINKTYPE_PPP_ETHER begins with its PPPoE header") { // LINKTYPE_PPP_ETHER, RFC 2516 4
    check_whole(link_type::ppp_ether, ether_type::pppoe_session);
}

TEST_CASE("Cisco HDLC: the EtherType says what a frame carries, also with a link type of PPP") { // RFC 1547 4.3.1
    for (const link_type link : {link_type::cisco_hdlc, link_type::ppp, link_type::ppp_hdlc}) {
        check_header({link, hex("0f00 0800")}, v4);
        check_header({link, hex("8f00 0800")}, v4);
        check_header({link, hex("0f00 86dd")}, v6);
        check_other({link, hex("8f00 8035")}); // SLARP
        check_other({link, hex("8f00 2000")}); // CDP
        check_other({link, hex("0f00 0001")}); // no EtherType
        check_carries({link, hex("0f00 8847")}, ether_type::mpls);
    }
    check_header({link_type::cisco_hdlc, hex("ff03 0021")}, v4); // PPP with a link type of Cisco HDLC
    check_header({link_type::cisco_hdlc_with_direction, hex("01 ff03 0057")}, v6);
    check_header({link_type::cisco_hdlc_with_direction, hex("00 0f00 0800")}, v4);
    check_header({link_type::cisco_hdlc_with_direction, hex("01 8f00 86dd")}, v6);
}

TEST_CASE(
    "Frame Relay: addresses of two to four bytes are skipped, and IP behind them is read") { // RFC 2427; addresses: ITU-T Q.922 3.3
    const byte_vector direction = hex("01");
    for (const std::string address : {"1841", "184000 41", "18400001", "1840 41"}) {
        const auto check = [&](const char* behind, const byte_vector& content) {
            const byte_vector header = hex(address + behind);
            check_header({link_type::frame_relay, header}, content);
            check_header({link_type::frame_relay_with_direction, join({direction, header})}, content);
        };
        check("03 cc", v4);
        check("03 8e", v6);
        check("03 00 cc", v4); // a pad
        check("03 00 80 000000 0800", v4);
        check("03 80 000000 86dd", v6);
        check("03 cf 0021", v4); // RFC 1973
        check("0800", v4);       // Cisco
        check("86dd", v6);
        const link_type link = link_type::frame_relay;
        check_other({link, hex(address + "03 81")});                    // CLNP
        check_other({link, hex(address + "03 08")});                    // Q.933
        check_other({link, hex(address + "03 80 00000c 2000")});        // CDP
        check_other({link, hex(address + "03 80 000000 0027")});        // no EtherType
        check_other({link, hex(address + "0027")});                     // neither
        check_carries({link, hex(address + "8847")}, ether_type::mpls); //
        check_carries({link, hex(address + "03 00 80 0080c2 0007")}, ether_type::transparent_ethernet);
        check_carries({link, hex(address + "03 00 80 0080c2 0001")}, ether_type::transparent_ethernet);
        check_other({link, hex(address + "03 00 80 0080c2 0002")}); // Token Ring
    }
    check_other({link_type::frame_relay, hex("19")}, 1, packet_outcome::malformed);            // an address of one byte
    check_other({link_type::frame_relay, hex("18404040 03cc")}, 4, packet_outcome::malformed); // one without end
}

TEST_CASE("SLIP: the header of the capture is skipped") { // RFC 1055, LINKTYPE_SLIP
    check_header({link_type::slip, hex("00 45000000000000 0000000000000000")}, v4);
    check_header({link_type::slip, hex("01 60000000000000 0000000000000000")}, v6);
    CHECK(decode_frame(byte_vector(60), {.link = link_type::slip}).outcome == packet_outcome::not_tcp);
}

TEST_CASE("MPLS: LINKTYPE_MPLS begins with its label stack") { // LINKTYPE_MPLS
    check_whole(link_type::mpls, ether_type::mpls);
}

TEST_CASE("Juniper: extensions are skipped, and the frame behind them is read") { // LINKTYPE_JUNIPER_ETHER and its kin
    const byte_vector plain = hex("4d4743 01");
    const byte_vector extended = hex("4d4743 80 0006 010101 020104");
    for (const byte_vector& head : {plain, extended}) {
        check_header({link_type::juniper_ether, join({head, hex("020000000002 020000000001 0800")})}, v4);
        check_header({link_type::juniper_ppp, join({head, hex("ff03 0057")})}, v6);
        check_header({link_type::juniper_frelay, join({head, hex("1841 03cc")})}, v4);
        check_header({link_type::juniper_chdlc, join({head, hex("0f00 86dd")})}, v6);
    }
    for (const link_type link :
         {link_type::juniper_ether, link_type::juniper_ppp, link_type::juniper_frelay, link_type::juniper_chdlc}) {
        check_header({link, hex("4d4743 02 00000002")}, v4); // no link layer
        check_header({link, hex("4d4743 83 0000 00000002")}, v6);
        check_other({link, hex("4d4744 00")}, 4, packet_outcome::malformed);
    }
}
