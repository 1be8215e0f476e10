// SPDX-License-Identifier: MIT
#include "../../support/link_headers.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <span>
#include <string>
#include <tuple>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

TEST_CASE("Ethernet: the EtherType says what a frame carries") { // IEEE 802.3 3.2
    check_header({link_type::ethernet, hex("020000000002 020000000001 0800")}, v4);
    check_header({link_type::ethernet, hex("ffffffffffff 020000000001 86dd")}, v6);
    check_other({link_type::ethernet, hex("ffffffffffff 020000000001 0806")}); // ARP
    check_other({link_type::ethernet, hex("020000000002 020000000001 05dd")}); // neither a length nor an EtherType
    check_other({link_type::ethernet, hex("020000000002 020000000001 05ff")});
    check_carries({link_type::ethernet, hex("020000000002 020000000001 8847")}, ether_type::mpls);
    check_carries({link_type::ethernet, hex("020000000002 020000000001 8848")}, ether_type::mpls_multicast);
    check_carries({link_type::ethernet, hex("020000000002 020000000001 8864")}, ether_type::pppoe_session);
}

TEST_CASE(
    "Ethernet: a length in place of an EtherType is followed by LLC, and padding is not read") { // IEEE 802.3 3.2.6, IEEE 802.2 3, RFC 1042
    const byte_vector addresses = hex("020000000002 020000000001");
    constexpr link_type link = link_type::ethernet;
    for (const char* const before : {"", "8100 0001 ", "88a8 0001 8100 0001"}) {
        const auto check = [&](const char* head, const byte_vector& content) {
            check_header({link, join({addresses, hex(before), hex(head)})}, content);
        };
        check("0031 aaaa03 000000 0800", v4);
        check("0045 aaaa03 000000 86dd", v6);
        check("05dc aaaa03 000000 86dd", v6); // more than the frame has: a tool cut it
        check("0031 aaaa03 0000f8 0800", v4); // IEEE 802.1H
        check("002c 060603", v4);             // IP has an access point of its own
        check("0035 aaaa03 000000 8100 0005 0800", v4);
        check("0051 aaaa03 000000 8100 0005 0045 aaaa03 000000 86dd", v6);

        const byte_vector start = join({addresses, hex(before)});
        check_other({link, join({start, hex("0027 424203")})});             // spanning tree
        check_other({link, join({start, hex("0031 aaaa13")})});             // no unnumbered information
        check_other({link, join({start, hex("0031 aaaa03 00000c 2000")})}); // CDP
        check_other({link, join({start, hex("0031 aaaa03 000000 0027")})}); // no EtherType
        check_other({link, join({start, hex("0031 aaaa03 0080c2 000e")})}); // spanning tree
        check_carries({link, join({start, hex("0031 aaaa03 0080c2 0007")})}, ether_type::transparent_ethernet);
    }
    // Padding is not read, even as LLC.
    const byte_vector nothing = join({addresses, hex("0000 aaaa03 000000 0800"), v4});
    CHECK(decode_frame(nothing).outcome == packet_outcome::malformed);
    const byte_vector shorter = join({addresses, hex("0007 aaaa03 000000 0800"), v4});
    CHECK(decode_frame(shorter).outcome == packet_outcome::malformed);
    CHECK(decode_frame(join({addresses, hex("001c aaaa03 000000 0800"), v4})).outcome == packet_outcome::truncated);
    const auto padded = segment_of(join({addresses, hex("0031 aaaa03 000000 0800"), v4, byte_vector(9)}));
    CHECK(padded.payload_length == 1);
    CHECK(padded.payload_beyond_frame == 0);
}

TEST_CASE("Ethernet: tags between addresses and EtherType are skipped") {
    const byte_vector addresses = hex("020000000002 020000000001");
    constexpr link_type link = link_type::ethernet;
    for (const byte_vector& tag : {
             hex("893f 0001 0002 0003"),                                    // IEEE 802.1BR 7.4
             hex("8926 00010002"),                                          // VN-tag
             hex("892f 0029 0001"),                                         // IEC 62439-3 5.7
             hex("f1c1 0000 0001"),                                         // IEEE 802.1CB 7.8
             hex("8909 01 01 0001 0005"),                                   // Cisco MetaData
             hex("8909 01 02 0001 0005 00000000"),                          //
             hex("8903 0001 020000000004 020000000003"),                    // FabricPath
             hex("88e7 00000001 020000000004 020000000003"),                // IEEE 802.1Q 9.7
             hex("22f3 0001 0001 0002 020000000004 020000000003"),          // RFC 6325 3
             hex("22f3 0041 0001 0002 00000000 020000000004 020000000003"), // with options
             hex("22f3 0801 0001 0002 020000000004 020000000003"),          // to many
             hex("88e5 00 00 00000001"),                                    // IEEE 802.1AE 9.3
             hex("88e5 20 00 00000001 0200000000050001"),                   // its channel named
             hex("dada 0000 c0180000"),                                     // Marvell's EDSA
         }) {
        for (const byte_vector& stack :
             {tag, join({hex("8100 0001"), tag}), join({tag, tag}), join({tag, hex("88a8 0001")})}) {
            check_header({link, join({addresses, stack, hex("0800")})}, v4);
            check_header({link, join({addresses, stack, hex("86dd")})}, v6);
            check_other({link, join({addresses, stack, hex("0806")})});
        }
        check_header({link, join({addresses, tag, hex("0031 aaaa03 000000 0800")})}, v4);
    }
    check_other({link, join({addresses, hex("88e5 0c 00 00000001 0800")})}, 15); // encrypted
    check_other({link, join({addresses, hex("88e5 08 00 00000001 0800")})}, 15);
    check_other({link, join({addresses, hex("88e5 04 00 00000001 0800")})}, 15); // changed
}

TEST_CASE("Ethernet: VLAN tags are skipped, up to the bound") { // IEEE 802.1Q 9
    const byte_vector addresses = hex("020000000002 020000000001");
    for (const byte_vector& tags : {
             hex("8100 0001"),                     // 802.1Q
             hex("88a8 0001"),                     // 802.1ad
             hex("9100 0001"),                     // double tags before 802.1ad
             hex("9200 0001"),                     //
             hex("9300 0001 9200 0002 8100 0003"), //
             hex("8100 ffff"),                     // the highest priority, drop eligible, the last VLAN
             hex("88a8 0005 8100 0006"),           //
             hex("8100 0800 8100 86dd"),           // these are no EtherTypes
             hex("9100 0001 9100 0002 8100 0003"), //
         }) {
        check_header({link_type::ethernet, join({addresses, tags, hex("0800")})}, v4);
        check_header({link_type::ethernet, join({addresses, tags, hex("86dd")})}, v6);
        check_other({link_type::ethernet, join({addresses, tags, hex("0806")})});
    }

    byte_vector many = addresses;
    for (int i = 0; i < max_repeats; ++i) many = join({many, hex("8100 0001")});
    CHECK(segment_of(join({many, hex("0800"), v4})).payload_length == 1);
    CHECK(decode_frame(many).outcome == packet_outcome::malformed); // two bytes short of another tag
    for (int i = 0; i < 1000; ++i) many = join({many, hex("8100 0001")});
    CHECK(decode_frame(join({many, hex("0800"), v4})).outcome == packet_outcome::not_tcp);
}

TEST_CASE("Ethernet: a frame behind the header of Cisco's Inter-Switch Link is read") {
    constexpr link_type link = link_type::ethernet;
    for (const byte_vector& group : {hex("01000c000000"), hex("03000c000003")}) {
        const byte_vector header = join({group, hex("020000000001 0060 aaaa03 00000c 000a 0001 0000")});
        check_header({link, join({header, hex("020000000002 020000000001 0800")})}, v4);
        check_header({link, join({header, hex("020000000002 020000000001 8100 0005 86dd")})}, v6);
    }
    // CDP to its own group, and what is of another organisation
    check_other({link, hex("01000ccccccc 020000000001 0060 aaaa03 00000c 2000")});
    check_other(
        {link, hex("01000c000000 020000000001 0060 aaaa03 00000d 000a 0001 0000 020000000002 020000000001 0800")}, 22);
}

TEST_CASE("Linux cooked: hardware type and protocol say what a packet carries") { // LINKTYPE_LINUX_SLL
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0800")}, v4);
    check_header({link_type::linux_sll, hex("0004 0304 0006 000000000000 0000 86dd")}, v6); // loopback
    check_header({link_type::linux_sll, hex("0003 fffe 0000 000000000000 0000 0800")}, v4); // no hardware: tun
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 8100 0005 0800")}, v4); // tagged
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 88a8 0005 8100 0006 86dd")}, v6);
    check_other({link_type::linux_sll, hex("0001 0001 0006 020000000001 0000 0806")}); // ARP
    check_other(
        {link_type::linux_sll, hex("0004 0338 0000 000000000000 0000 0800")}); // Netlink: a family, no EtherType
    check_header({link_type::linux_sll, hex("0000 0302 0000 000000000000 0000 0000  1841 03cc")}, v4); // Frame Relay
    check_header(
        {link_type::linux_sll, hex("0000 0323 0000 000000000000 0000 0000  00 00 0800 00000000"
                                   "0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800")},
        v4); // Radiotap
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0003  020000000002 020000000001 0800")},
                 v4);
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0004  aaaa03 000000 86dd")}, v6);
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0004  aaaa03 000000 8100 0001 86dd")},
                 v6);
    check_header({link_type::linux_sll, hex("0000 0200 0000 000000000000 0000 0007  ff03 0021")}, v4);
    check_header({link_type::linux_sll, hex("0000 030a 0000 000000000000 0000 0800")}, v4); // GRE: its protocol
    check_other({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0001")});      // Novell
    check_other({link_type::linux_sll, hex("0000 0118 0000 000000000000 0000 000c")});      // CAN
}

TEST_CASE("Linux cooked version 2: hardware type and protocol say what a packet carries") { // LINKTYPE_LINUX_SLL2
    check_header({link_type::linux_sll2, hex("0800 0000 00000001 0001 00 06 020000000001 0000")}, v4);
    check_header({link_type::linux_sll2, hex("86dd 0000 00000002 0304 04 06 000000000000 0000")}, v6);
    check_header({link_type::linux_sll2, hex("8100 0000 00000001 0001 00 06 020000000001 0000 0005 0800")}, v4);
    check_other({link_type::linux_sll2, hex("0806 0000 00000001 0001 01 06 020000000001 0000")});
    check_other({link_type::linux_sll2, hex("0800 0000 00000001 0338 04 00 000000000000 0000")});
    check_header({link_type::linux_sll2, hex("0000 0000 00000001 0302 00 00 000000000000 0000  1841 03cc")}, v4);
    check_header({link_type::linux_sll2, hex("0004 0000 00000001 0001 00 06 020000000001 0000  aaaa03 000000 0800")},
                 v4);
}

TEST_CASE("BSD loopback: the address family is read in either byte order") { // LINKTYPE_NULL, LINKTYPE_LOOP
    for (const link_type link : {link_type::null, link_type::loop}) {
        check_header({link, hex("00000002")}, v4);
        check_header({link, hex("02000000")}, v4);
        for (const char* const family : {"0a", "17", "18", "1c", "1e"}) {
            check_header({link, hex("000000" + std::string{family})}, v6);
            check_header({link, hex(std::string{family} + "000000")}, v6);
        }
        // an EtherType where the family belongs
        check_header({link, hex("00000800")}, v4);
        check_header({link, hex("00080000")}, v4);
        check_header({link, hex("000086dd")}, v6);
        check_header({link, hex("dd860000")}, v6);

        // what is no family, before what is certainly IP, and before what is not
        for (const char* const other : {"00000000", "00000001", "07000000", "02000002", "ffffffff"}) {
            check_found({link, hex(other)}, v4);
            check_found({link, hex(other)}, v6);
            byte_vector wrong = join({hex(other), v4});
            wrong[4 + 10] = std::byte{1}; // the checksum is wrong
            CHECK(decode_frame(wrong, {.link = link}).outcome == packet_outcome::not_tcp);
        }

        // The version may contradict the family. Where it was not captured, even the shortest header is not known.
        for (const char* const family : {"00000002", "0000000a"}) {
            const byte_vector frame = join({hex(family), byte_vector(37, std::byte{0x40})});
            CHECK(decode_frame(frame, {.link = link, .snapshot_length = 4}).outcome == packet_outcome::truncated);
            CHECK(decode_frame(hex(family), {.link = link}).outcome == packet_outcome::malformed);
        }
    }
}

TEST_CASE("raw IP: the version says what a packet is") { // LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6
    for (const link_type link : {link_type::raw, link_type::raw_dlt, link_type::raw_bsd}) {
        check_header({link, {}}, v4);
        check_header({link, {}}, v6);
        for (unsigned version = 0; version < 16; ++version) {
            if (version == 4 || version == 6) continue;
            byte_vector other = v4;
            other[0] = static_cast<std::byte>(version << 4 | 5);
            CHECK(decode_frame(other, {.link = link}).outcome == packet_outcome::not_tcp);
        }
    }
    check_header({link_type::ipv4, {}}, v4);
    check_header({link_type::ipv6, {}}, v6);
}

TEST_CASE("IP: a packet that is named as the other version is read if its lengths and its checksum say so") {
    const byte_vector addresses = hex("020000000002 020000000001");
    for (const auto& [link, names_v4, names_v6] : {
             std::tuple{link_type::ipv4, byte_vector{}, byte_vector{}},
             std::tuple{link_type::ethernet, join({addresses, hex("0800")}), join({addresses, hex("86dd")})},
             std::tuple{link_type::ethernet, join({addresses, hex("8100 0005 0800")}),
                        join({addresses, hex("8100 0005 86dd")})},
             std::tuple{link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0800"),
                        hex("0000 0001 0006 020000000001 0000 86dd")},
             std::tuple{link_type::ppp, hex("ff03 0021"), hex("ff03 0057")},
             std::tuple{link_type::cisco_hdlc, hex("0f00 0800"), hex("0f00 86dd")},
         }) {
        const link_type of_v6 = link == link_type::ipv4 ? link_type::ipv6 : link;
        CHECK(segment_of(join({names_v4, v6}), link).payload_length == 1);
        CHECK(segment_of(join({names_v6, v4}), of_v6).payload_length == 1);
        byte_vector wrong = join({names_v6, v4});
        wrong[names_v6.size() + 10] = std::byte{1}; // the checksum is wrong
        CHECK(decode_frame(wrong, {.link = of_v6}).outcome == packet_outcome::malformed);
        wrong = join({names_v4, v6});
        wrong[names_v4.size() + 4] = std::byte{1}; // longer than the frame
        CHECK(decode_frame(wrong, {.link = link}).outcome == packet_outcome::malformed);
    }
}

TEST_CASE("FDDI: frames with LLC are read, others are not TCP") { // RFC 1390
    const byte_vector addresses = hex("020000000002 020000000001");
    for (const byte_vector& control : {hex("50"), hex("57"), hex("d0")}) {
        check_header({link_type::fddi, join({control, addresses, hex("aaaa03 000000 0800")})}, v4);
        check_header({link_type::fddi, join({control, addresses, hex("aaaa03 000000 8100 0005 86dd")})}, v6);
        check_other({link_type::fddi, join({control, addresses, hex("424203")})});
    }
    check_other({link_type::fddi, join({hex("41"), addresses})}); // station management
    check_other({link_type::fddi, join({hex("80"), addresses})}); // a token
    check_other({link_type::fddi, join({hex("10"), addresses})}); // short addresses
}

TEST_CASE(
    "Token Ring: frames with LLC are read, with or without source routing") { // IEEE 802.5 3; source routing: IEEE 802.1D C.3.3
    constexpr link_type link = link_type::token_ring;
    check_header({link, hex("10 40 020000000002 020000000001 aaaa03 000000 0800")}, v4);
    check_header({link, hex("10 47 020000000002 020000000001 aaaa03 000000 8100 0005 86dd")}, v6);
    check_header({link, hex("10 40 020000000002 820000000001 0270 aaaa03 000000 0800")}, v4);
    check_header({link, hex("10 40 020000000002 820000000001 c670 0012 0023 aaaa03 000000 86dd")}, v6);
    check_other({link, hex("10 00 020000000002 020000000001")}); // of the ring itself
    check_other({link, hex("10 40 020000000002 820000000001 00")}, 15, packet_outcome::malformed);
    check_other({link, hex("10 40 020000000002 820000000001 0370")}, 15, packet_outcome::malformed);
}

TEST_CASE("ARCNET: IPv4 and IPv6 are read, later parts of a packet are not TCP") { // RFC 1201, RFC 1051; RFC 2497
    const auto check = [](const char* behind, const byte_vector& content) {
        check_header({link_type::arcnet_bsd, join({hex("0102"), hex(behind)})}, content);
        check_header({link_type::arcnet_linux, join({hex("0102 0050"), hex(behind)})}, content);
    };
    check("d4 00 0001", v4);
    check("c4 00 0001", v6);
    check("f0", v4);
    check("d4 03 0001", v4);            // the first of three
    check("d4 ff ffff d4 00 0001", v4); // an exception packet
    check("c4 ff ffff c4 01 0001", v6); //
    const auto other = [](const char* behind) {
        check_other({link_type::arcnet_bsd, join({hex("0102"), hex(behind)})});
        check_other({link_type::arcnet_linux, join({hex("0102 0050"), hex(behind)})});
    };
    other("d5"); // ARP
    other("d4 02 0001");
    other("d4 ff ffff d4 04 0001");
}

TEST_CASE("IP over Fibre Channel, InfiniBand, IEEE 1394 and ATM: IP is read, other protocols are not TCP") {
    const byte_vector address = hex("1000020000000001");
    check_header({link_type::ip_over_fc, join({address, address, hex("aaaa03 000000 0800")})}, v4); // RFC 2625 3
    check_header({link_type::ip_over_fc, join({address, address, hex("aaaa03 000000 86dd")})}, v6);
    check_other({link_type::ip_over_fc, join({address, address, hex("aaaa03 000000 0806")})});

    check_header({link_type::ipoib, join({byte_vector(40), hex("0800 0000")})}, v4); // RFC 4391 6
    check_header({link_type::ipoib, join({byte_vector(40), hex("86dd 0000")})}, v6);
    check_other({link_type::ipoib, join({byte_vector(40), hex("0806 0000")})});

    check_header({link_type::apple_ip_over_ieee1394, join({address, address, hex("0800")})}, v4); // RFC 2734
    check_header({link_type::apple_ip_over_ieee1394, join({address, address, hex("86dd")})}, v6);
    check_other({link_type::apple_ip_over_ieee1394, join({address, address, hex("0806")})});

    for (const link_type link : {link_type::atm_rfc1483, link_type::atm_clip}) { // RFC 2684 5
        check_header({link, hex("aaaa03 000000 0800")}, v4);
        check_header({link, hex("aaaa03 000000 8100 0001 86dd")}, v6);
        check_other({link, hex("aaaa03 000000 0806")});
        check_carries({link, hex("aaaa03 0080c2 0007 0000")}, ether_type::transparent_ethernet);
    }
    check_header({link_type::atm_clip, {}}, v4);
    check_header({link_type::atm_clip, {}}, v6);
    check_other({link_type::atm_rfc1483, {}}, 3);
}

TEST_CASE("NFLOG: the packet is read from its attribute, in either byte order") { // LINKTYPE_NFLOG
    constexpr link_type link = link_type::nflog;
    // A log without a packet may end after any attribute.
    const auto check = [](const link_header& header, const byte_vector& content) {
        check_found(header, content);
        const byte_vector frame = join({header.bytes, content});
        for (std::size_t length = 0; length < frame.size(); ++length) {
            CAPTURE(length);
            const bool between =
                length == header.bytes.size() - 4 || length == 4 || (length == 12 && header.bytes.size() > 8);
            CHECK(decode_frame(std::span{frame}.first(length), {.link = link_type::nflog}).outcome ==
                  (between ? packet_outcome::not_tcp : packet_outcome::malformed));
        }
    };
    // the packet alone; then as Linux writes it, and on a big-endian machine
    check({link, hex("02 00 0000 2d00 0900")}, v4);
    check({link, hex("0a 00 0000 4100 0900")}, v6);
    check({link, hex("02 00 0020 0800 0100 0800 0100 0500 0a00 00000000 2d00 0900")}, v4);
    check({link, hex("0a 00 0020 0008 0001 86dd 0100 0005 000a 00000000 0041 0009")}, v6);
    // a bridge, whose packet header names the protocol
    check({link, hex("07 00 0000 0800 0100 0800 0100 2d00 0900")}, v4);
    check({link, hex("07 00 0000 0800 0100 86dd 0100 4100 0900")}, v6);
    const auto check_cut = [](const char* head, std::size_t needed, packet_outcome expected) {
        check_snapshots(join({hex(head), v4}), link_type::nflog, needed, expected);
    };
    check_cut("07 00 0000 0800 0100 0806 0100 2d00 0900", 16, packet_outcome::not_tcp); // ARP
    check_cut("07 00 0000 2d00 0900", 8, packet_outcome::not_tcp);                      // nothing names it
    check_cut("02 01 0000", 4, packet_outcome::not_tcp);                                // another version
    check_cut("02 00 0000 0300 0100", 8, packet_outcome::malformed);                    // shorter than itself
    check_cut("02 00 0000 2e00 0900", 8, packet_outcome::malformed);                    // longer than the frame
    CHECK(decode_frame(hex("02 00 0000"), {.link = link}).outcome == packet_outcome::not_tcp);
    CHECK(decode_frame(hex("02 00 0000 0800 0500 00000001"), {.link = link}).outcome == packet_outcome::not_tcp);
    CHECK(decode_frame(hex("02 00 0000 0500 0500 00"), {.link = link}).outcome == packet_outcome::malformed);
    CHECK(decode_frame(hex("02 00 0000 0400 0100"), {.link = link}).outcome == packet_outcome::malformed);
    // What the packet header names counts without a family alone, even where the capture ends before the packet's version.
    check_cut("02 00 0000 0800 0100 86dd 0100 2d00 0900", 16 + 40, packet_outcome::tcp);
    // Padding behind the packet is no part of it.
    CHECK(segment_of(join({hex("02 00 0000 2d00 0900"), v4, hex("000000")}), link).payload_beyond_frame == 0);
}

TEST_CASE(
    "packet filter logs and IPsec interfaces: the address family says what a packet is") { // LINKTYPE_PFLOG, LINKTYPE_ENC
    const auto log = [](const char* head, std::size_t length) {
        byte_vector bytes = hex(head);
        bytes.resize(length);
        return bytes;
    };
    check_header({link_type::pflog, log("3d02", 64)}, v4); // 61, filled up
    check_header({link_type::pflog, log("3d18", 64)}, v6);
    check_header({link_type::pflog, log("401c", 64)}, v6);
    check_header({link_type::pflog, log("2d02", 48)}, v4);
    check_other({link_type::pflog, log("3d01", 64)});
    check_other({link_type::pflog, log("2c02", 48)}, 2, packet_outcome::malformed);

    check_header({link_type::pflog_old, log("00000002", 28)}, v4);
    check_header({link_type::pflog_old, log("18000000", 28)}, v6);
    check_other({link_type::pflog_old, log("00000001", 28)});

    check_header({link_type::enc, hex("02000000 00001234 00000000")}, v4);
    check_header({link_type::enc, hex("00000018 00001234 00000000")}, v6);
    check_other({link_type::enc, hex("00000001 00001234 00000000")});
}

TEST_CASE("DOCSIS: Ethernet frames are read, others are not TCP") { // CM-SP-MULPIv3.1 6.2
    const byte_vector frame = hex("020000000002 020000000001 0800");
    check_header({link_type::docsis, join({hex("00 00 003b abcd"), frame})}, v4);
    check_header({link_type::docsis, join({hex("01 04 003f 03020001 abcd"), frame})}, v4);
    check_other({link_type::docsis, hex("c2 00 003b abcd")}); // management
    check_other({link_type::docsis, hex("02 00 003b abcd")}); // reserved
}

TEST_CASE("Ethernet with a switch's tag: the tag is skipped") { // LINKTYPE_DSA_TAG_BRCM and its kin
    const byte_vector addresses = hex("020000000002 020000000001");
    const byte_vector tag = hex("20000001");
    for (const link_type link : {link_type::dsa_tag_brcm, link_type::dsa_tag_dsa})
        for (const char* const behind : {"0800", "8100 0001 0800", "0031 aaaa03 000000 0800"})
            check_header({link, join({addresses, tag, hex(behind)})}, v4);
    check_header({link_type::dsa_tag_brcm_prepend, join({tag, addresses, hex("86dd")})}, v6);
    check_header({link_type::dsa_tag_edsa, join({addresses, hex("dada 0000"), tag, hex("86dd")})}, v6);
    check_other({link_type::dsa_tag_edsa, join({addresses, hex("dada 0000"), tag, hex("0806")})});
}

TEST_CASE("link layers: a frame cut at any byte is truncated, or is what the whole frame is") {
    std::mt19937_64 random{3};
    for (const link_type link : link_layers::types) {
        CAPTURE(static_cast<unsigned>(link));
        for (int round = 0; round < 200; ++round) {
            byte_vector frame(1 + random() % 100);
            // small numbers and headers that link layers have in common lead further than any bytes would
            for (std::byte& value : frame) value = static_cast<std::byte>(random() % 4 == 0 ? random() : random() % 9);
            if (round % 2 == 0) overwrite(frame, random() % frame.size(), hex("08"));
            const packet_outcome whole = decode_frame(frame, {.link = link}).outcome;
            for (std::size_t length = 0; length < frame.size(); ++length) {
                CAPTURE(length);
                const packet_outcome cut = decode_frame(frame, {.link = link, .snapshot_length = length}).outcome;
                CHECK((cut == whole || cut == packet_outcome::truncated));
            }
        }
    }
}

TEST_CASE("link type: each link type that can be decoded has a name") {
    CHECK(to_string(link_type::ethernet) == "ETHERNET");
    CHECK(to_string(link_type{195}) == "IEEE802_15_4_WITHFCS");
    CHECK(to_string(link_type{147}) == "USER0");
    CHECK(to_string(link_type{162}) == "USER15");
    CHECK(to_string(link_type{11}).empty()); // never given out
    CHECK(to_string(link_type{0xffff'ffff}).empty());
    for (std::uint32_t number = 0; number < 512; ++number) {
        CAPTURE(number);
        if (can_decode(link_type{number})) CHECK(!to_string(link_type{number}).empty());
    }
}

TEST_CASE("link layers: an unknown link type is unsupported") {
    std::size_t known = 0;
    for (std::uint32_t number = 0; number < 512; ++number) {
        const link_type link{number};
        if (can_decode(link)) {
            ++known;
            CHECK(decode_frame({}, {.link = link}).outcome == packet_outcome::malformed);
            CHECK(decode_frame(byte_vector(100), {.link = link, .snapshot_length = 0}).outcome ==
                  packet_outcome::truncated);
        } else {
            CHECK(decode_frame({}, {.link = link}).outcome == packet_outcome::unsupported_link);
            CHECK(decode_frame(v4, {.link = link}).outcome == packet_outcome::unsupported_link);
        }
    }
    CHECK(known >= 49);
    CHECK(known == link_layers::types.size());
    CHECK(!can_decode(link_type{0xffff'ffff}));
    CHECK(!can_decode(link_type{0x1'0001})); // 1 in its lower half
}
