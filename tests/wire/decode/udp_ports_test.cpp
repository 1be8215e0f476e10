// SPDX-License-Identifier: MIT
// UDP ports that decode_options give to tunnels, and what is said of those without one.
#include "../../support/decoding.hpp"

#include <tcplens/wire.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

using namespace tcplens;
using namespace packet_builder;

namespace {

byte_vector in_udp(std::uint16_t source, std::uint16_t destination, const byte_vector& content) {
    return framed_ip_packet({}, 17, udp_datagram(source, destination, content));
}
byte_vector frame_within() {
    return ethernet_frame(0x0800, tcp_ip_packet());
}
decode_result result_of(const byte_vector& frame, const decode_options& options = {}) {
    segment found;
    return decode(*captured_packet{frame}, found, options);
}

/// Counts datagrams between two ports.
struct datagram_counter {
    tunnels::port_counts& counts;

    void operator()(std::uint16_t source, std::uint16_t destination, std::uint8_t resembled = 0) const {
        decode_result result{packet_outcome::not_tcp, ip_protocol{17}};
        result.source_port = source;
        result.destination_port = destination;
        result.resembled_bit = resembled;
        counts.count(result);
    }
};

} // namespace

TEST_CASE("tunnel ports: a tunnel is found at the port that it was given, on either side") {
    const byte_vector vxlan = join({hex("08000000 000001 00"), frame_within()});
    decode_options options;
    CHECK(options.ports.add(tunnels::vxlan, 10800));
    for (const byte_vector& frame : {in_udp(50000, 10800, vxlan), in_udp(10800, 50000, vxlan)}) {
        CHECK(result_of(frame) == packet_outcome::not_tcp);
        CHECK(result_of(frame, options) == packet_outcome::tcp);
        decode_options without = options;
        without.tunnels = ~tunnels::vxlan;
        CHECK(result_of(frame, without) == packet_outcome::not_tcp);
    }
    CHECK(result_of(in_udp(50000, 4789, vxlan), options) == packet_outcome::tcp); // still
    // A port can be taken from its tunnel.
    CHECK(options.ports.add(tunnels::geneve, 4789));
    CHECK(result_of(in_udp(50000, 4789, vxlan), options) == packet_outcome::not_tcp);
    CHECK(result_of(in_udp(50000, 4789, join({hex("0000 6558 000007 00"), frame_within()})), options) ==
          packet_outcome::tcp);
}

TEST_CASE("tunnel ports: each tunnel with a UDP port is known by its name") {
    for (const char* const name : {"vxlan", "geneve", "gtp", "teredo", "l2tp", "capwap", "lwapp", "lisp", "tzsp",
                                   "ayiya", "mpls", "gre", "sflow"}) {
        CAPTURE(name);
        const std::optional<tunnel_set> found = tunnels::with_udp_port(name);
        REQUIRE(found);
        CHECK(to_string(*found) == name);
    }
    for (const char* const name : {"", "pppoe", "VXLAN", "vxlan ", "ip_in_ip"}) CHECK(!tunnels::with_udp_port(name));
    CHECK(to_string(tunnels::pppoe) == "pppoe");
    CHECK(to_string(tunnel_set::none).empty());
    CHECK(to_string(tunnel_set::all).empty());
}

TEST_CASE("tunnel ports: their number is bounded, and a port has one tunnel") {
    tunnels::port_list ports;
    for (std::uint16_t i = 0; i < tunnels::port_list::capacity; ++i)
        CHECK(ports.add(tunnels::vxlan, static_cast<std::uint16_t>(1000 + i)));
    CHECK(!ports.add(tunnels::vxlan, 7));
    CHECK(ports.at(7) == tunnel_set::none);
    CHECK(ports.add(tunnels::geneve, 1000));
    CHECK(ports.at(1000) == tunnels::geneve);
    CHECK(ports.entries().size() == tunnels::port_list::capacity);
}

TEST_CASE("UDP without a tunnel: the result has the ports, and the tunnel that the datagram looks like") {
    const auto looks_like = [](const byte_vector& content) {
        return result_of(in_udp(50000, 10800, content)).resembled();
    };
    const decode_result result = result_of(in_udp(50000, 10800, hex("01")));
    CHECK(result.source_port == 50000);
    CHECK(result.destination_port == 10800);
    CHECK(result.resembled() == tunnel_set::none);
    const byte_vector four = tcp_ip_packet();
    CHECK(looks_like(join({hex("08000000 000001 00"), frame_within()})) == tunnels::vxlan);
    CHECK(looks_like(join({hex("0000 6558 000007 00"), frame_within()})) == tunnels::geneve);
    CHECK(looks_like(join({hex("30ff 0040 00000001"), four})) == tunnels::gtp);
    CHECK(looks_like(join({hex("0002 0001 0002 ff03 0021"), four})) == tunnels::l2tp);
    CHECK(looks_like(join({hex("01 00 0001 01"), frame_within()})) == tunnels::tzsp);
    CHECK(looks_like(join({hex("00064140"), four})) == tunnels::mpls);
    CHECK(looks_like(hex("00000005 00000001 0a000001 00000000 00000001 00000064 00000000")) == tunnels::sflow);
    byte_vector damaged = join({hex("08000000 000001 00"), frame_within()});
    damaged[8 + 14 + 12] ^= std::byte{1}; // the checksum of the IP header within is wrong
    CHECK(looks_like(damaged) == tunnel_set::none);
    CHECK(looks_like(byte_vector(100)) == tunnel_set::none);
}

TEST_CASE("UDP ports: the busiest are counted, whichever side has them") {
    tunnels::port_counts counts;
    const datagram_counter count{counts};
    for (std::uint16_t i = 0; i < 1000; ++i) {
        count(static_cast<std::uint16_t>(20000 + i), 10800, 10);                             // a tunnel from many ports
        count(static_cast<std::uint16_t>(30000 + i), 53);                                    // names
        count(53, static_cast<std::uint16_t>(30000 + i));                                    // and their answers
        count(static_cast<std::uint16_t>(i + 40000), static_cast<std::uint16_t>(i + 50000)); // a scan
    }
    const auto sorted = counts.sorted();
    CHECK(sorted[0].port == 53);
    CHECK(sorted[0].packets == 2000);
    CHECK(sorted[0].tunnel == tunnel_set::none);
    CHECK(sorted[1].port == 10800);
    CHECK(sorted[1].packets == 1000);
    CHECK(sorted[1].resembling == 1000);
    CHECK(sorted[1].tunnel == tunnels::vxlan);
    CHECK(counts.entries().size() == tunnels::port_counts::capacity);
    std::uint64_t all = 0;
    for (const tunnels::port_counts::entry& each : counts.entries()) {
        CHECK(each.uncertain <= each.packets);
        all += each.packets;
    }
    CHECK(all == 4000);

    tunnels::port_counts more = counts;
    more.add(counts);
    CHECK(more.sorted()[0].packets == 4000);
    CHECK(more.sorted()[1].resembling == 2000);
    for (std::size_t i = 0; i < counts.entries().size(); ++i) { // the same ports in the same places
        CHECK(more.entries()[i].port == counts.entries()[i].port);
        CHECK(more.entries()[i].packets == 2 * counts.entries()[i].packets);
        CHECK(more.entries()[i].uncertain == 2 * counts.entries()[i].uncertain);
    }
    CHECK(counts.sorted().back().uncertain > 0);
}

TEST_CASE("UDP ports: of counts with different tunnels the more frequent one stays, with its own datagrams") {
    const auto counted = [](int times, std::uint8_t resembled) {
        tunnels::port_counts made;
        for (int i = 0; i < times; ++i) {
            decode_result result{packet_outcome::not_tcp, ip_protocol{17}};
            result.source_port = 50000;
            result.destination_port = 10800;
            result.resembled_bit = resembled;
            made.count(result);
        }
        return made;
    };
    const auto few = counted(3, 9);
    const auto many = counted(5, 10);
    for (const bool swapped : {false, true}) {
        tunnels::port_counts sum = swapped ? many : few;
        sum.add(swapped ? few : many);
        REQUIRE(sum.entries().size() == 1);
        CHECK(sum.entries()[0].packets == 8);
        CHECK(sum.entries()[0].resembling == 5);
        CHECK(sum.entries()[0].tunnel == tunnels::vxlan);
    }
    tunnels::port_counts same = few;
    same.add(few);
    CHECK(same.entries()[0].resembling == 6);
}

TEST_CASE("UDP ports: of two that are known, the busier one has the datagram") {
    tunnels::port_counts counts;
    const datagram_counter count{counts};
    const auto packets_of = [&](std::uint16_t port) {
        for (const auto& each : counts.entries())
            if (each.port == port) return each.packets;
        return std::uint64_t{0};
    };
    count(40000, 53);
    count(40001, 123);
    count(40002, 123);
    count(53, 123);
    CHECK(packets_of(123) == 3);
    count(123, 53);
    CHECK(packets_of(123) == 4);
    count(53, 53);
    CHECK(packets_of(53) == 2);
    // The majority of what a port's datagrams look like stays.
    count(40003, 53, 10);
    count(40003, 53, 10);
    count(40003, 53, 12);
    const tunnels::port_counts::entry* of_53 = nullptr;
    for (const auto& each : counts.entries())
        if (each.port == 53) of_53 = &each;
    REQUIRE(of_53 != nullptr);
    CHECK(of_53->resembling == 1);
    CHECK(of_53->tunnel == tunnels::vxlan);
    count(40003, 53, 12);
    count(40003, 53, 12);
    CHECK(of_53->resembling == 1);
    CHECK(of_53->tunnel != tunnels::vxlan);
    tunnels::port_counts other;
    CHECK_FALSE(other == counts);
    other.add(counts);
    CHECK(other.sorted() == counts.sorted());
    count(40004, 53);
    CHECK_FALSE(other == counts);
}
