// SPDX-License-Identifier: MIT
#include "decoding.hpp"

#include <tcplens/wire/link_layers.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

using namespace tcplens;
using namespace packet_builder;

namespace {

/// From 192.0.2.1:40000 to 198.51.100.1:443, a byte of data.
const byte_vector v4 = hex("4500 0029 0000 4000 40 06 0000  c0000201 c6336401"
                           "9c40 01bb 00000000 00000000 50 10 2000 0000 0000  61");
/// From [2001:db8::1]:40000 to [2001:db8::2]:443, a byte of data.
const byte_vector v6 =
    hex("60000000 0015 06 40  20010db8 00000000 00000000 00000001  20010db8 00000000 00000000 00000002"
        "9c40 01bb 00000000 00000000 50 10 2000 0000 0000  61");

struct header {
    link_type link;
    byte_vector bytes;
};

/// A header of `link`, byte by byte, and behind it v4 or v6.
void check_header(const header& header, const byte_vector& content) {
    CAPTURE(static_cast<unsigned>(header.link));
    CAPTURE(header.bytes.size());
    const byte_vector frame = join({header.bytes, content});
    const segment found = segment_of(frame, header.link);
    CHECK(found.source == (content == v4 ? at("192.0.2.1", 40000) : at("2001:db8::1", 40000)));
    CHECK(found.destination == (content == v4 ? at("198.51.100.1", 443) : at("2001:db8::2", 443)));
    CHECK(found.payload_length == 1);
    CHECK(found.wire_length == frame.size());

    const std::size_t tcp = header.bytes.size() + (content == v4 ? 20 : 40);
    check_snapshots(frame, header.link, tcp + 20, packet_outcome::tcp);
    check_ends(byte_vector(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(tcp - 1)), header.link, tcp,
               packet_outcome::tcp);
}

/// A header of a packet that is not IP: it is read whole, and no further.
void check_other(const header& header) {
    CAPTURE(static_cast<unsigned>(header.link));
    CAPTURE(header.bytes.size());
    check_snapshots(join({header.bytes, v4}), header.link, header.bytes.size(), packet_outcome::not_tcp);
    check_ends(join({header.bytes, v4}), header.link, header.bytes.size(), packet_outcome::not_tcp);
}

} // namespace

TEST_CASE("Ethernet") { // IEEE 802.3 3.2
    check_header({link_type::ethernet, hex("020000000002 020000000001 0800")}, v4);
    check_header({link_type::ethernet, hex("ffffffffffff 020000000001 86dd")}, v6);
    check_other({link_type::ethernet, hex("ffffffffffff 020000000001 0806")}); // ARP
    check_other({link_type::ethernet, hex("0180c2000000 020000000001 0027")}); // a length, LLC behind it
    check_other({link_type::ethernet, hex("020000000002 020000000001 8847")}); // MPLS
}

TEST_CASE("VLAN tags") { // IEEE 802.1Q 9
    const byte_vector addresses = hex("020000000002 020000000001");
    for (const byte_vector& tags : {
             hex("8100 0001"),                     // 802.1Q
             hex("88a8 0001"),                     // 802.1ad
             hex("9100 0001"),                     // double tags before 802.1ad
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
    for (int i = 0; i < 1000; ++i) many = join({many, hex("8100 0001")});
    CHECK(segment_of(join({many, hex("0800"), v4})).payload_length == 1);
    CHECK(decode_frame(many).outcome == packet_outcome::malformed); // two bytes short of another tag
}

TEST_CASE("Linux cooked") { // LINKTYPE_LINUX_SLL
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 0800")}, v4);
    check_header({link_type::linux_sll, hex("0004 0304 0006 000000000000 0000 86dd")}, v6); // loopback
    check_header({link_type::linux_sll, hex("0003 fffe 0000 000000000000 0000 0800")}, v4); // no hardware: tun
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 8100 0005 0800")}, v4); // tagged
    check_header({link_type::linux_sll, hex("0000 0001 0006 020000000001 0000 88a8 0005 8100 0006 86dd")}, v6);
    check_other({link_type::linux_sll, hex("0001 0001 0006 020000000001 0000 0806")}); // ARP
    check_other(
        {link_type::linux_sll, hex("0004 0338 0000 000000000000 0000 0800")}); // Netlink: a family, no EtherType
    check_other({link_type::linux_sll, hex("0000 0302 0000 000000000000 0000 0800")}); // Frame Relay: ignored
    check_other({link_type::linux_sll, hex("0000 0323 0000 000000000000 0000 0800")}); // Radiotap: likewise
}

TEST_CASE("Linux cooked, version 2") { // LINKTYPE_LINUX_SLL2
    check_header({link_type::linux_sll2, hex("0800 0000 00000001 0001 00 06 020000000001 0000")}, v4);
    check_header({link_type::linux_sll2, hex("86dd 0000 00000002 0304 04 06 000000000000 0000")}, v6);
    check_header({link_type::linux_sll2, hex("8100 0000 00000001 0001 00 06 020000000001 0000 0005 0800")}, v4);
    check_other({link_type::linux_sll2, hex("0806 0000 00000001 0001 01 06 020000000001 0000")});
    check_other({link_type::linux_sll2, hex("0800 0000 00000001 0338 04 00 000000000000 0000")});
    check_other({link_type::linux_sll2, hex("0800 0000 00000001 0302 00 00 000000000000 0000")});
    check_other({link_type::linux_sll2, hex("0800 0000 00000001 0323 00 00 000000000000 0000")});
}

TEST_CASE("BSD loopback") { // LINKTYPE_NULL, LINKTYPE_LOOP
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

        check_other({link, hex("00000000")});
        check_other({link, hex("00000001")});
        check_other({link, hex("07000000")}); // AF_OSI
        check_other({link, hex("02000002")});
        check_other({link, hex("ffffffff")});
    }
}

TEST_CASE("raw IP") { // LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6
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
    CHECK(decode_frame(v6, {.link = link_type::ipv4}).outcome == packet_outcome::malformed);
    CHECK(decode_frame(v4, {.link = link_type::ipv6}).outcome == packet_outcome::malformed);
}

TEST_CASE("a link type that nobody knows") {
    std::size_t known = 0;
    for (std::uint32_t number = 0; number < 512; ++number) {
        const link_type link{number};
        if (link_layers::supports(link)) {
            ++known;
            CHECK(decode_frame({}, {.link = link}).outcome == packet_outcome::malformed);
            CHECK(decode_frame(v4, {.link = link, .snapshot_length = 0}).outcome == packet_outcome::truncated);
        } else {
            CHECK(decode_frame({}, {.link = link}).outcome == packet_outcome::unsupported_link);
            CHECK(decode_frame(v4, {.link = link}).outcome == packet_outcome::unsupported_link);
        }
    }
    CHECK(known == 10);
    CHECK(!link_layers::supports(link_type{0xffff'ffff}));
    CHECK(!link_layers::supports(link_type{0x1'0001})); // 1 in its lower half
}
