// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/tunnel/tunnel_payload.hpp>

#include <doctest/doctest.h>

#include <cstddef>

using namespace tcplens;
using namespace tcplens::detail;
using namespace packet_builder;

namespace {

protocol_id what(const byte_vector& content) {
    const auto found = ip_or_frame({content, content.size()});
    REQUIRE(found);
    return found->what;
}

} // namespace

TEST_CASE("tunnel payload: bytes that could begin Ethernet as well as IP are what the length says") {
    // a receiver 60:00:00:00:00:0e, IPv4 behind the header; or 14 bytes of IPv6, from 0600::
    byte_vector six = hex("60000000000e 06400000 0000 0800 45000028");
    six.resize(54);
    CHECK(what(six) == protocol_id{ether_type::ipv6});
    six.resize(55);
    CHECK(what(six) == protocol_id{link_type::ethernet});
    six.resize(53);
    CHECK(what(six) == protocol_id{link_type::ethernet});

    byte_vector four = hex("45000036000e 06400000 0000 0800 45000028");
    four.resize(54);
    CHECK(what(four) == protocol_id{ether_type::ipv4});
    four.resize(55);
    CHECK(what(four) == protocol_id{link_type::ethernet});
}

TEST_CASE("tunnel payload: what is no Ethernet is IP if its length fits, PPP if that leads to IP") {
    byte_vector four = hex("45000014");
    four.resize(24); // with padding
    CHECK(what(four) == protocol_id{ether_type::ipv4});
    for (const char* const ppp : {"ff030021", "ff030057", "0021ffff", "0057ffff"}) {
        byte_vector content = hex(ppp);
        content.resize(24);
        CHECK(what(content) == protocol_id{link_type::ppp});
    }
    byte_vector none = hex("ff030022");
    none.resize(24);
    CHECK(ip_or_frame({none, none.size()}).error() == packet_outcome::not_tcp);
    none.resize(19);
    CHECK(ip_or_frame({none, 20}).error() == packet_outcome::truncated);
    CHECK(ip_or_frame({none, 19}).error() == packet_outcome::not_tcp);
}

TEST_CASE("tunnel payload: the next protocol of VXLAN-GPE and NSH") {
    const auto next = [](int number) { return by_next_protocol(static_cast<std::byte>(number), frame_view{}); };
    CHECK(next(1)->what == protocol_id{ether_type::ipv4});
    CHECK(next(2)->what == protocol_id{ether_type::ipv6});
    CHECK(next(3)->what == protocol_id{link_type::ethernet});
    CHECK(next(4)->what == protocol_id{ether_type::nsh});
    CHECK(next(5)->what == protocol_id{ether_type::mpls});
    CHECK(next(0).error() == packet_outcome::not_tcp);
    CHECK(next(6).error() == packet_outcome::not_tcp);
}
