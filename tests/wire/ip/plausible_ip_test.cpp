// SPDX-License-Identifier: MIT
#include "../../support/decoding.hpp"

#include <tcplens/wire/ip/plausible_ip.hpp>

#include <doctest/doctest.h>

#include <cstddef>

using namespace tcplens;
using namespace tcplens::detail;
using namespace packet_builder;

namespace {

frame_view view(const byte_vector& bytes) {
    return {bytes, bytes.size()};
}

} // namespace

TEST_CASE("plausible IPv4: the length fits, and the checksum is right or absent") {
    const byte_vector packet = tcp_ip_packet();
    CHECK(is_plausible_ipv4(view(packet)));
    byte_vector other = packet;
    other[10] ^= std::byte{1};
    CHECK(!is_plausible_ipv4(view(other)));
    other = packet;
    other[11] ^= std::byte{1};
    CHECK(!is_plausible_ipv4(view(other)));
    overwrite(other, 10, hex("0000")); // left to the network adapter
    CHECK(is_plausible_ipv4(view(other)));
    for (const char* const almost : {"0001", "0100"}) {
        overwrite(other, 10, hex(almost));
        CHECK(!is_plausible_ipv4(view(other)));
    }
    CHECK(!is_plausible_ipv4({packet, packet.size() - 1}));
    CHECK(is_plausible_ipv4({packet, packet.size() + 1})); // padding
}

TEST_CASE("plausible IPv6: there is content, and its length fits") {
    const byte_vector packet = tcp_ip_packet({.source = at("2001:db8::1", 1), .destination = at("2001:db8::2", 2)});
    CHECK(is_plausible_ipv6(view(packet)));
    CHECK(!is_plausible_ipv6({packet, packet.size() - 1}));
    CHECK(is_plausible_ipv6({packet, packet.size() + 1}));
    byte_vector empty = packet;
    overwrite(empty, 4, hex("0000"));
    CHECK(!is_plausible_ipv6(view(empty)));
    CHECK(!is_plausible_ipv6(view(tcp_ip_packet())));
}

TEST_CASE("plausible IP: what was cut within a header is truncated, and what cannot be one is not TCP") {
    const byte_vector packet = tcp_ip_packet();
    for (std::size_t captured = 0; captured < 20; ++captured) {
        const byte_vector cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(captured));
        CHECK(plausible_ip({cut, packet.size()}).error() == packet_outcome::truncated);
    }
    CHECK(*plausible_ip(view(packet)) == ether_type::ipv4);
    const byte_vector text = hex("47455420");
    CHECK(plausible_ip(view(text)).error() == packet_outcome::not_tcp);
    CHECK(plausible_ip({hex("ff"), 100}).error() == packet_outcome::not_tcp);
}
