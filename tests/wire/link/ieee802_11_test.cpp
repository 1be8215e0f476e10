// SPDX-License-Identifier: MIT
#include "../../support/link_headers.hpp"

#include <tcplens/wire/link/wireless/ieee802_11.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

const byte_vector to_v4 = hex("aaaa03 000000 0800");
const byte_vector to_v6 = hex("aaaa03 000000 86dd");
/// Duration, three addresses, fragment 0 of sequence number 1.
const byte_vector addresses = hex("0000 020000000001 020000000002 020000000003 1000");

byte_vector frame_header(const char* control, const char* behind = "") {
    return join({hex(control), addresses, hex(behind)});
}

} // namespace

TEST_CASE("IEEE 802.11: data frames are read, others are not TCP") { // IEEE 802.11 9.3.2
    constexpr link_type link = link_type::ieee802_11;
    for (const char* const control : {"0800", "0801", "0802", "1802", "2801", "0809", "0811"}) {
        check_header({link, join({frame_header(control), to_v4})}, v4); // also acknowledging, retried, more data
        check_header({link, join({frame_header(control), to_v6})}, v6);
    }
    check_header({link, join({frame_header("0803", "020000000004"), to_v4})}, v4);      // four addresses
    check_header({link, join({frame_header("8801", "0000"), to_v4})}, v4);              // quality of service
    check_header({link, join({frame_header("8881", "0000 00000000"), to_v4})}, v4);     // HT control
    check_header({link, join({frame_header("8803", "020000000004 0600"), to_v6})}, v6); // both
    check_header({link, join({frame_header("8883", "020000000004 0600 00000000"), to_v6})}, v6);
    check_header({link, join({frame_header("0881"), to_v4})}, v4); // an order bit that means order
    check_header({link, join({frame_header("0805"), to_v4})}, v4); // the first fragment: more follow
    check_header({link, join({frame_header("0802"), hex("aaaa03 000000 8100 0005 0800")})}, v4); // a VLAN tag
    check_header({link,
                  join({frame_header("8801", "8000"), // an A-MSDU (9.3.2.2)
                        hex("020000000003 020000000002 0031"), to_v4}),
                  true},
                 v4);
    check_carries({link, join({frame_header("0801"), hex("aaaa03 000000 8847")})}, ether_type::mpls);

    check_other({link, hex("0900")}, 2); // another version
    check_other({link, hex("8000")}, 2); // management: a beacon
    check_other({link, hex("d400")}, 2); // control: an acknowledgment
    check_other({link, hex("0c00")}, 2); // an extension
    check_other({link, hex("4801")}, 2); // no data
    check_other({link, hex("c801")}, 2); // nor here, with quality of service
    check_other({link, hex("0841")}, 2); // protected
    check_other({link, hex("8841")}, 2); //
    byte_vector second = frame_header("0801");
    second[22] = std::byte{0x11};
    check_other({link, second});                                                  // a later fragment
    check_other({link, join({frame_header("0801"), hex("aaaa03 000000 0806")})}); // ARP
}

TEST_CASE(
    "IEEE 802.11: a Radiotap header is skipped, with its flag for padding") { // radiotap.org: fields stand in the order of their bits, each aligned to its size
    constexpr link_type link = link_type::ieee802_11_radiotap;
    const byte_vector data = frame_header("0801");
    const byte_vector service = frame_header("8801", "0000");
    check_header({link, join({hex("00 00 0800 00000000"), data, to_v4})}, v4);
    check_header({link, join({hex("00 00 0900 02000000 00"), data, to_v6})}, v6);    // flags
    check_header({link, join({hex("00 00 0900 02000000 10"), service, to_v6})}, v6); // a check sequence at the end
    check_header({link, join({hex("00 00 0900 02000000 20"), data, to_v4})}, v4);    // padded: 24 is a multiple of 4
    check_header({link, join({hex("00 00 0900 02000000 20"), service, hex("0000"), to_v4})}, v4);
    check_header({link, join({hex("00 00 1100 03000000 2020202020202020 20"), service, hex("0000"), to_v4})},
                 v4); // time
    check_header({link, join({hex("00 00 1100 03000000 2020202020202020 00"), service, to_v4})}, v4);
    check_header({link, join({hex("00 00 0900 01000000 20"), service, to_v4})}, v4); // no flags
    // more maps: three, so that a time behind them is aligned
    check_header(
        {link, join({hex("00 00 1900 030000a0 000000a0 00000000 2020202020202020 20"), service, hex("0000"), to_v4})},
        v4);
    check_header(
        {link, join({hex("00 00 1900 03000080 00000000 20202020 2020202020202020 20"), service, hex("0000"), to_v4})},
        v4);

    check_other({link, hex("01 00 0800 00000000")}, 8, packet_outcome::malformed); // another version
    check_other({link, hex("00 00 0700 00000000")}, 8, packet_outcome::malformed); // shorter than itself
    check_other({link, hex("00 00 0800 00000080")}, 8, packet_outcome::malformed); // no room for another map,
    check_other({link, hex("00 00 0b00 00000080 000000")}, 11, packet_outcome::malformed);
    check_other({link, hex("00 00 0800 02000000")}, 8, packet_outcome::malformed); // nor for the flags
    check_other({link, hex("00 00 1000 03000000 0000000000000000")}, 16, packet_outcome::malformed);
}

TEST_CASE(
    "IEEE 802.11: Prism and AVS headers of either byte order are skipped") { // LINKTYPE_IEEE802_11_PRISM, LINKTYPE_IEEE802_11_AVS
    const byte_vector data = frame_header("0801");
    byte_vector avs = hex("80211001 00000040");
    avs.resize(64);
    byte_vector prism = hex("44000000 90000000");
    prism.resize(144);
    byte_vector big_endian_prism = hex("00000044 00000090");
    big_endian_prism.resize(144);
    for (const byte_vector& head : {avs, prism, big_endian_prism})
        for (const link_type link : {link_type::ieee802_11_prism, link_type::ieee802_11_avs}) {
            check_header({link, join({head, data, to_v4})}, v4);
            check_header({link, join({head, data, to_v6})}, v6);
        }
    check_other({link_type::ieee802_11_avs, hex("80211001 00000007")}, 8, packet_outcome::malformed);
}

TEST_CASE("PPI: the frame is read by the link type in the header") { // LINKTYPE_PPI
    constexpr link_type link = link_type::ppi;
    check_header({link, join({hex("00 00 0800 69000000"), frame_header("0801"), to_v4})}, v4);
    check_header({link, join({hex("00 00 0c00 69000000 00000000"), frame_header("8801", "0000"), to_v6})}, v6);
    check_header({link, hex("00 00 0800 01000000 020000000002 020000000001 0800")}, v4);  // Ethernet
    check_header({link, hex("00 00 0800 65000000")}, v6);                                 // raw
    check_header({link, hex("00 00 0800 00000000 02000000")}, v4);                        // loopback
    check_header({link, hex("00 00 0800 09000000 ff03 0021")}, v4);                       // PPP
    check_other({link, hex("00 00 0800 c3000000")}, 8, packet_outcome::unsupported_link); // 802.15.4
    check_header({link, hex("00 00 0800 c0000000 00 00 0800 65000000")}, v4);             // PPI again
    check_other({link, hex("00 00 0700 69000000")}, 8, packet_outcome::malformed);
}

TEST_CASE("PKTAP: the frame is read by the link type in the header") { // LINKTYPE_PKTAP
    constexpr link_type link = link_type::pktap;
    check_header({link, hex("0c000000 01000000 01000000 020000000002 020000000001 0800")}, v4);
    check_header({link, hex("10000000 01000000 00000000 656e3000 1e000000")}, v6);
    check_header({link, hex("0c000000 01000000 0c000000")}, v4);
    check_other({link, hex("0c000000 00000000 01000000")}); // an event, no frame
    check_other({link, hex("0c000000 01000000 c3000000")}, 12, packet_outcome::unsupported_link);
    check_other({link, hex("0b000000 01000000 0c000000")}, 12, packet_outcome::malformed);
}
