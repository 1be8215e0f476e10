// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/ip/ip_fragment.hpp>

#include <doctest/doctest.h>

#include <cstddef>

using namespace tcplens;

using namespace tcplens::detail;
using namespace packet_builder;

namespace {

/// The fragment in what was captured of a packet, in memory of just that size.
maybe<ip_fragment> fragment_in(ether_type type, const byte_vector& packet, std::size_t captured) {
    const byte_vector bytes(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(captured));
    return fragment_of({type, {bytes, packet.size()}, {}});
}

} // namespace

TEST_CASE("IPv6 fragments: each field is read, once the whole fragment header was captured") { // RFC 8200 section 4.5
    const byte_vector packet =
        hex("60000000 001c 00 40  20010db8000000000000000000000001 20010db8000000000000000000000002"
            "2c 00 0104 00000000" // hop by hop options
            "06 00 00a9 01020304  0000000100000002 00000003");
    for (std::size_t captured = 0; captured < 56; ++captured) {
        CAPTURE(captured);
        CHECK(!fragment_in(ether_type::ipv6, packet, captured));
    }
    for (std::size_t captured = 56; captured <= packet.size(); ++captured) {
        CAPTURE(captured);
        const auto found = fragment_in(ether_type::ipv6, packet, captured);
        REQUIRE(found);
        CHECK(found->v6);
        CHECK(found->id == 0x01020304);
        CHECK(found->offset == 0xa8);
        CHECK(found->more);
        CHECK(found->header_length == 48);
        CHECK(found->part.fragment);
        CHECK(found->part.protocol == ip_protocol::tcp);
        CHECK(found->part.content.bytes.size() == captured - 56);
        CHECK(found->part.content.wire_length == 12);
    }
    byte_vector atomic = packet; // RFC 6946
    overwrite(atomic, 50, hex("0000"));
    CHECK(!fragment_in(ether_type::ipv6, atomic, atomic.size()));
    overwrite(atomic, 50, hex("0001"));
    CHECK(fragment_in(ether_type::ipv6, atomic, atomic.size()));
}

TEST_CASE("IPv4 fragments: each field is read, once the whole header was captured") { // RFC 791 section 3.1
    const byte_vector packet = hex("46 00 0028 abcd 2003 3f 06 ffff c0000201 c6336401  01010101"
                                   "0001 0002 00000003 00000004 50 10 0005");
    for (std::size_t captured = 0; captured < 24; ++captured) {
        CAPTURE(captured);
        CHECK(!fragment_in(ether_type::ipv4, packet, captured));
    }
    for (std::size_t captured = 24; captured <= packet.size(); ++captured) {
        CAPTURE(captured);
        const auto found = fragment_in(ether_type::ipv4, packet, captured);
        REQUIRE(found);
        CHECK(!found->v6);
        CHECK(found->id == 0xabcd);
        CHECK(found->offset == 24);
        CHECK(found->more);
        CHECK(found->header_length == 24);
        CHECK(found->part.content.bytes.size() == captured - 24);
    }
    byte_vector other = packet;
    overwrite(other, 6, hex("0003"));
    REQUIRE(fragment_in(ether_type::ipv4, other, other.size()));
    CHECK(!fragment_in(ether_type::ipv4, other, other.size())->more);
    overwrite(other, 6, hex("4000")); // it is whole
    CHECK(!fragment_in(ether_type::ipv4, other, other.size()));
}

TEST_CASE("fragments: other protocols have none") {
    CHECK(!fragment_in(ether_type{0x0806}, hex("46 00 0028 abcd 2003 3f 06 ffff c0000201 c6336401 01010101 0001"), 26));
}
