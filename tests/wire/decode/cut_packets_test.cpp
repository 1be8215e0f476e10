// SPDX-License-Identifier: MIT
// What was not captured decides nothing: a packet that the capture cut is what the whole one is, or truncated.
#include "../../support/cut_packets.hpp"
#include "../../support/decoding.hpp"
#include "../../support/link_headers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

using namespace tcplens;
using namespace packet_builder;

namespace {

const tcp_packet_options from{.source = at("10.0.0.1", 40000), .destination = at("10.0.0.2", 80)};

std::vector<decode_options> all_options() {
    std::vector<decode_options> all(5);
    all[1].verify_checksums = true;
    all[2].identify_networks = true;
    all[3].tunnels = tunnel_set::none;
    REQUIRE(all[4].ports.add(tunnels::gtp, 4789));
    REQUIRE(all[4].ports.add(tunnels::l2tp, 6081));
    return all;
}

void check_cuts(const byte_vector& frame, link_type link, std::size_t beyond = 0) {
    static const std::vector<decode_options> each = all_options();
    packet whole{.time = {}, .bytes = frame, .link = link};
    whole.number = 1;
    whole.wire_length = static_cast<std::uint32_t>(frame.size() + beyond);
    for (std::size_t captured = 0; captured < frame.size(); ++captured) {
        for (const decode_options& options : each) {
            const std::string what = contradiction_of_cut(whole, captured, options);
            if (what.empty()) continue;
            CAPTURE(captured);
            CAPTURE(to_string(all_in(whole, options).first.outcome));
            CHECK(what == "");
            return;
        }
    }
}

byte_vector udp_packet(std::uint16_t port, const byte_vector& content) {
    return framed_ip_packet(from, 17,
                            join({hex("d000"), big_endian(port),
                                  big_endian(static_cast<std::uint16_t>(8 + content.size())), hex("0000"), content}));
}

struct framed {
    link_type link;
    byte_vector bytes;
};

/// Packets whose meaning hangs on bytes far behind those that need it.
std::vector<framed> packets() {
    const byte_vector sound = tcp_ip_packet(from);
    const byte_vector cooked = hex("0000 0001 0006 020000000001 0000");
    const byte_vector frame = join({hex("020000000002 020000000001 0800"), sound});
    const byte_vector wireless = hex("0000 020000000001 020000000002 020000000003 1000");
    const byte_vector llc = hex("aaaa03 000000 0800");
    return {
        {link_type::ethernet, frame},
        {link_type::ethernet, framed_ip_packet(from, 1, join({hex("0301 0000 00000000"), sound}))},
        {link_type::ethernet, framed_ip_packet(from, 47, join({hex("2000 6558 00beef01"), frame}))},
        {link_type::ethernet, ethernet_frame(0x8847, join({hex("00064140 00000000"), frame}))},
        {link_type::ethernet, ethernet_frame(0x8864, join({hex("1100 0007 0040 0021"), sound}))},
        {link_type::ethernet, ethernet_frame(0x8100, join({hex("0005 88a8 0006 0800"), sound}))},
        {link_type::ethernet, udp_packet(4789, join({hex("00000000 012345 00"), frame}))},
        {link_type::ethernet, udp_packet(6081, join({hex("0100 6558 012345 00 00000000"), frame}))},
        {link_type::ethernet, udp_packet(2152, join({hex("30ff 0040 00000001 ff03 0021"), sound}))},
        {link_type::ethernet, udp_packet(1701, join({hex("0003 0000 00000001 00000000"), frame}))},
        {link_type::ethernet, udp_packet(3544, join({hex("0001 0000 00000000 00000000 00 0000 000000000000"), v6}))},
        {link_type::ethernet,
         udp_packet(5247, join({hex("00 100300 00000000 0888"), wireless, hex("0000"), llc, sound}))},
        {link_type::ethernet, udp_packet(9999, join({hex("0800 0000 012345 00"), frame}))},
        {link_type::ethernet, udp_packet(9998, join({hex("00000000 00000000"), v6}))},
        {link_type::linux_sll, join({cooked, hex("0800 0064 0800"), sound})},
        {link_type::linux_sll, join({cooked, hex("8864 0064 8864 1100 0007 0040 0021"), sound})},
        {link_type::linux_sll, join({cooked, hex("86dd 0064 86dd"), v6})},
        {link_type::ieee802_11, join({hex("0801"), wireless, llc, sound})},
        {link_type::frame_relay, join({hex("1841 03 00 80 000000 0800"), sound})},
        {link_type::ppp, join({hex("ff03 003d c001 0057"), v6})},
        {link_type::null, join({hex("02000000"), v6})},
        {link_type::nflog, join({hex("02 00 0000 0800 0100 86dd 0100 4100 0900"), v6})},
    };
}

} // namespace

TEST_CASE("cut packets: behind each header they are what the whole packet is, or truncated") {
    for (const framed& each : packets()) {
        CAPTURE(static_cast<unsigned>(each.link));
        check_cuts(each.bytes, each.link);
        check_cuts(each.bytes, each.link, 100);
    }
}

TEST_CASE("cut packets: so it is with headers that contradict each other") {
    std::mt19937 random{24}; // NOLINT(bugprone-random-generator-seed): the same each time
    constexpr int rounds = 60;
    for (const framed& each : packets()) {
        for (int round = 0; round < rounds; ++round) {
            byte_vector bytes = each.bytes;
            for (auto changes = 1 + random() % 3; changes > 0; --changes) {
                const std::size_t place = random() % std::min<std::size_t>(bytes.size(), 100);
                if (random() % 4 == 0) bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(place), std::byte{});
                else if (random() % 3 == 0) bytes[place] ^= std::byte{1} << (random() % 8);
                else bytes[place] = bytes[random() % bytes.size()];
            }
            CAPTURE(static_cast<unsigned>(each.link));
            CAPTURE(round);
            check_cuts(bytes, each.link);
        }
    }
}

TEST_CASE("cut packets: a hidden tag, or an IP packet with options that looks like one") {
    // As an IPv4 header of 60 bytes, its length is 2,048 and its checksum is right; four bytes behind it, a sound header begins.
    const byte_vector behind = tcp_ip_packet(from);
    byte_vector both = join({hex("4f00 0800"), behind});
    both.resize(2048);
    for (unsigned sum = 0; sum <= 0xffff; ++sum) { // two bytes of the options make the checksum right
        overwrite(both, 56, big_endian(static_cast<std::uint16_t>(sum)));
        if (detail::is_plausible_ipv4({both, both.size()})) break;
    }
    REQUIRE(detail::is_plausible_ipv4({both, both.size()}));
    const byte_vector frame = join({hex("0000 0001 0006 020000000001 0000 0800"), both});
    const auto at_snapshot = [&](std::size_t length) {
        return decode_frame(frame, {.link = link_type::linux_sll, .snapshot_length = length}).outcome;
    };
    const packet_outcome whole = at_snapshot(frame.size());
    CHECK(whole != packet_outcome::tcp);
    for (std::size_t length = 0; length < frame.size(); length += length < 120 ? 1 : 100) {
        CAPTURE(length);
        CHECK((at_snapshot(length) == whole || at_snapshot(length) == packet_outcome::truncated));
    }
    // Too short for a PPPoE session, with a tag before it or not.
    for (const char* const content : {"0064 8864", "0064 8864 11"})
        check_cuts(join({hex("0000 0001 0006 020000000001 0000 8864"), hex(content)}), link_type::linux_sll);
}

TEST_CASE("cut packets: frame control of IEEE 802.11 in either order, with headers of different lengths") {
    // 0x0888: the usual order has four addresses fewer than 0x8808, the swapped one, and the other way round.
    const byte_vector sound = tcp_ip_packet(from);
    const byte_vector llc = hex("aaaa03 000000 0800");
    for (const char* const control : {"0803", "0308", "8808", "0888", "880b", "0b88", "0809", "0908"}) {
        for (std::size_t header = 22; header <= 36; ++header) { // where LLC stands
            const byte_vector frame = join({hex(control), byte_vector(header - 2), llc, sound});
            CAPTURE(control);
            CAPTURE(header);
            check_cuts(udp_packet(12222, join({hex("00 00 0048 0000"), frame})), link_type::ethernet);
        }
    }
}

TEST_CASE("cut packets: a datagram looks like the same tunnel, or like none") {
    // Behind 252 bytes of GENEVE's options there is an IP packet. The options look like one, too, which would be LISP.
    const byte_vector sound = tcp_ip_packet(from);
    byte_vector content = join({hex("3f00 0800 012345 00"), sound});
    content.resize(8 + 252);
    const byte_vector frame = udp_packet(9999, join({content, sound}));
    CHECK(decode_frame(frame).outcome == packet_outcome::not_tcp);
    segment found;
    CHECK(decode({.bytes = frame, .link = link_type::ethernet}, found).resembled() == tunnels::geneve);
    check_cuts(frame, link_type::ethernet);
    check_cuts(udp_packet(9999, content), link_type::ethernet);
}
