// SPDX-License-Identifier: MIT
// Networks that an attacker chooses so that they may be taken for another.
#include "../../support/decoding.hpp"

#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

using namespace tcplens;
using namespace packet_builder;

namespace {

byte_vector long_word(std::uint32_t value) {
    return join({big_endian(static_cast<std::uint16_t>(value >> 16)), big_endian(static_cast<std::uint16_t>(value))});
}

/// A segment of the connection between 10.0.0.1:1111 and 10.0.0.2:80.
tcp_packet_options part(bool back, std::uint16_t bits, std::uint32_t sequence, std::uint32_t acknowledgment) {
    tcp_packet_options made{.source = at("10.0.0.1", 1111),
                            .destination = at("10.0.0.2", 80),
                            .sequence = sequence,
                            .acknowledgment = acknowledgment,
                            .flags = bits};
    if (back) std::swap(made.source, made.destination);
    return made;
}

byte_vector in_vlans(std::initializer_list<std::uint16_t> vlans, const byte_vector& ip) {
    byte_vector tags;
    for (const std::uint16_t each : vlans) tags = join({tags, big_endian(each), hex("8100")});
    if (tags.empty()) return ethernet_frame(0x0800, ip);
    tags.resize(tags.size() - 2);
    return ethernet_frame(0x8100, join({tags, hex("0800"), ip}));
}
byte_vector in_gre(std::uint32_t key, const byte_vector& ip) {
    return framed_ip_packet({}, 47, join({hex("2000 0800"), long_word(key), ip}));
}
byte_vector in_udp(std::uint16_t port, const byte_vector& content) {
    return framed_ip_packet({}, 17, udp_datagram(50000, port, content));
}
byte_vector in_vxlan(std::uint32_t network, const byte_vector& frame) {
    return in_udp(4789, join({hex("08000000"), long_word(network << 8), frame}));
}

/// A table with networks, and what happens in it.
struct networks {
    connection_table table{{.decoding = {.identify_networks = true}}};
    std::uint64_t packets = 0;

    const connection* add(const byte_vector& frame) {
        return table.add(timestamp{std::chrono::seconds{++packets}}, link_type::ethernet, frame, frame.size())
            .connection;
    }
    template <class Wrap>
    const connection* open(const Wrap& wrap) {
        add(wrap(tcp_ip_packet(part(false, flags::syn, 1, 0))));
        add(wrap(tcp_ip_packet(part(true, flags::syn | flags::ack, 1, 2))));
        return add(wrap(tcp_ip_packet(part(false, flags::ack, 2, 2))));
    }
    template <class Wrap>
    const connection* reset(const Wrap& wrap) {
        return add(wrap(tcp_ip_packet(part(true, flags::rst, 2, 2))));
    }
};

} // namespace

TEST_CASE("networks: no tunnel's number makes it a VLAN, and its RST closes nothing there") {
    // The first key was the number of VLAN 10 while networks were told apart by a 32-bit mix; the second follows it.
    for (const std::uint32_t key : {0xe822'd98bu, 0xe822'd98cu, 10u, 0x8100'000au, 0u, 0xa1u, 0xffff'ffffu}) {
        CAPTURE(key);
        networks seen;
        const auto vlan = [](const byte_vector& ip) { return in_vlans({10}, ip); };
        const auto tunnel = [&](const byte_vector& ip) { return in_gre(key, ip); };
        const connection* const opened = seen.open(vlan);
        const connection* const other = seen.reset(tunnel);
        REQUIRE(opened != nullptr);
        REQUIRE(other != nullptr);
        CHECK(opened != other);
        CHECK(!opened->closed);
        CHECK(seen.reset(vlan) == opened);
        CHECK(opened->close_reason == close_reason::reset);
    }
}

TEST_CASE("networks: stacks of the same numbers in another order or at another depth are other networks") {
    using wrap = byte_vector (*)(const byte_vector&);
    const std::vector<wrap> ways{
        [](const byte_vector& ip) { return in_vlans({}, ip); },
        [](const byte_vector& ip) { return in_vlans({1}, ip); },
        [](const byte_vector& ip) {
            return in_vlans({1, 1}, ip);
        },
        [](const byte_vector& ip) {
            return in_vlans({1, 2}, ip);
        },
        [](const byte_vector& ip) {
            return in_vlans({2, 1}, ip);
        },
        [](const byte_vector& ip) {
            return in_vlans({2, 1, 1, 1, 1, 1, 1}, ip);
        },
        [](const byte_vector& ip) {
            return in_vlans({1, 1, 1, 1, 1, 1, 1}, ip);
        },
        [](const byte_vector& ip) { return in_gre(1, ip); },
        [](const byte_vector& ip) { return in_gre(0, ip); },
        [](const byte_vector& ip) { return in_vxlan(1, in_vlans({}, ip)); },
        [](const byte_vector& ip) { return in_vxlan(1, in_vlans({1}, ip)); },
        [](const byte_vector& ip) {
            return in_vxlan(1, in_vlans({1, 2}, ip));
        },
        [](const byte_vector& ip) { return in_vxlan(1, in_gre(2, ip)); },
        [](const byte_vector& ip) { return in_vxlan(2, in_gre(1, ip)); },
        [](const byte_vector& ip) { return in_vxlan(2, in_gre(2, ip)); },
        [](const byte_vector& ip) { return in_vxlan(1, in_vxlan(2, in_vlans({}, ip))); },
        [](const byte_vector& ip) { return in_vxlan(2, in_vxlan(1, in_vlans({}, ip))); },
        [](const byte_vector& ip) {
            return in_udp(6081, join({hex("0000 6558"), hex("00000100"), in_vlans({}, ip)}));
        },
    };
    networks seen;
    std::vector<const connection*> opened;
    for (const wrap each : ways) opened.push_back(seen.open(each));
    CHECK(seen.table.size() == ways.size());
    for (std::size_t i = 0; i < ways.size(); ++i) {
        CAPTURE(i);
        REQUIRE(opened[i] != nullptr);
        CHECK(opened[i]->handshake == handshake_state::completed);
        for (std::size_t other = i; other < ways.size(); ++other) CHECK(!opened[other]->closed);
        CHECK(seen.reset(ways[i]) == opened[i]);
    }
}

TEST_CASE("networks: a segment in more VLANs and tunnels than a network holds is not found, and taken for no other") {
    networks seen;
    const auto seven = [](const byte_vector& ip) { return in_vlans({4001, 2, 3, 4, 5, 6, 7}, ip); };
    const auto eight = [](const byte_vector& ip) { return in_vlans({4009, 4001, 2, 3, 4, 5, 6, 7}, ip); };
    const auto within = [&](const byte_vector& ip) { return in_vxlan(9, seven(ip)); };
    const connection* const opened = seen.open(seven);
    REQUIRE(opened != nullptr);
    CHECK(seen.reset(eight) == nullptr);
    CHECK(seen.reset(within) == nullptr);
    CHECK(!opened->closed);
    CHECK(seen.table.statistics().not_tcp == 2);
    connection_table ordinary; // without networks, all of it is one connection
    CHECK(ordinary.add(timestamp{}, link_type::ethernet, eight(tcp_ip_packet(part(true, flags::rst, 2, 2))), 99)
              .connection != nullptr);
}

TEST_CASE("networks: a table that was saved and restored tells them apart as before") {
    networks before;
    const auto vlan = [](const byte_vector& ip) { return in_vlans({10}, ip); };
    const auto tunnel = [](const byte_vector& ip) { return in_vxlan(7, in_gre(0xe822'd98b, ip)); };
    const auto other = [](const byte_vector& ip) { return in_vxlan(7, in_gre(0xe822'd98c, ip)); };
    before.open(vlan);
    before.open(tunnel);
    networks after;
    REQUIRE(!restore(after.table, save(before.table)));
    after.packets = before.packets;
    REQUIRE(after.table.size() == 2);
    CHECK(std::ranges::equal(after.table, before.table));
    const connection* const forged = after.reset(other);
    REQUIRE(forged != nullptr);
    CHECK(after.table.size() == 3);
    for (const connection& each : after.table) CHECK(each.closed == (&each == forged));
    const connection* const closed = after.reset(tunnel);
    REQUIRE(closed != nullptr);
    CHECK(closed->number == 1);
    CHECK(closed->network == before.reset(tunnel)->network);
    CHECK(closed->close_reason == close_reason::reset);
}
