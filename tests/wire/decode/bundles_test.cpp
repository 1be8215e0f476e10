// SPDX-License-Identifier: MIT
// Packets that hold several others.
#include "../../support/decoding.hpp"
#include "../../support/link_headers.hpp"

#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decoder.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;
using namespace packet_builder;

namespace {

const endpoint client = at("10.0.0.1", 40000);
const endpoint server = at("10.0.0.2", 80);

byte_vector from_client(std::uint32_t sequence, std::uint16_t with = flags::ack, std::size_t length = 0) {
    return tcp_ip_packet({.source = client,
                          .destination = server,
                          .sequence = sequence,
                          .acknowledgment = (with & flags::ack) != 0 ? 501u : 0u,
                          .flags = with,
                          .payload_length = length});
}
byte_vector from_server(std::uint32_t sequence, std::uint16_t with) {
    return tcp_ip_packet(
        {.source = server, .destination = client, .sequence = sequence, .acknowledgment = 101, .flags = with});
}

/// A handshake, and 18 bytes of data.
std::vector<byte_vector> four_packets() {
    return {from_client(100, flags::syn), from_server(500, flags::syn | flags::ack), from_client(101),
            from_client(101, flags::ack | flags::psh, 18)};
}

byte_vector padded(byte_vector bytes) {
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
}

/// An IEEE 802.11 frame with an A-MSDU, from the distribution system if it is of a mesh.
byte_vector aggregate(const std::vector<byte_vector>& packets, bool mesh = false) {
    byte_vector frame = join({hex(mesh ? "8802" : "8801"), hex("0000 020000000001 020000000002 020000000003 1000"),
                              hex(mesh ? "8001" : "8000")});
    for (const byte_vector& each : packets) {
        const byte_vector content = join({hex(mesh ? "00 1f 00000001" : ""), hex("aaaa03 000000 0800"), each});
        frame.resize(26 + (frame.size() - 26 + 3) / 4 * 4);
        frame = join(
            {frame, hex("020000000004 020000000005"), big_endian(static_cast<std::uint16_t>(content.size())), content});
    }
    return frame;
}

byte_vector long_word(std::size_t value) {
    return join({big_endian(static_cast<std::uint16_t>(value >> 16)), big_endian(static_cast<std::uint16_t>(value))});
}

/// An sFlow datagram with counters before the samples.
byte_vector sampled(const std::vector<byte_vector>& packets) {
    byte_vector datagram = join({hex("00000005 00000001 0a000009 00000000 00000001 00000064"),
                                 long_word(packets.size() + 1), hex("00000002 00000004 00000000")});
    for (const byte_vector& each : packets) {
        const byte_vector header = padded(each);
        const byte_vector record = join({hex("00000001"), long_word(16 + header.size()), hex("0000000b"),
                                         long_word(each.size()), hex("00000000"), long_word(each.size()), header});
        datagram = join({datagram, hex("00000001"), long_word(32 + record.size()),
                         hex("00000001 00000003 00000200 00000200 00000000 00000003 00000004 00000001"), record});
    }
    return framed_ip_packet({}, 17, udp_datagram(50000, 6343, datagram));
}

byte_vector little(std::size_t value, int size) {
    byte_vector bytes;
    for (int i = 0; i < size; ++i) bytes.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    return bytes;
}

/// Netlink messages of netfilter's log, or of its queue.
byte_vector netlink(const std::vector<byte_vector>& packets, bool queue = false) {
    byte_vector frame = hex("0004 0338 0000 0000000000000000 000c");
    for (const byte_vector& each : packets) {
        const byte_vector attribute = join({little(each.size() + 4, 2), hex(queue ? "0a00" : "0900"), each});
        const byte_vector content = join({hex("02 00 0000"), attribute});
        frame = padded(join({frame, little(content.size() + 16, 4), hex(queue ? "0003" : "0004"),
                             hex("0000 00000000 00000000"), content}));
    }
    return frame;
}

std::vector<segment> segments_of(const byte_vector& frame, link_type link) {
    const captured_packet captured{frame, {.link = link, .number = 7}};
    decoder reader;
    segment found;
    std::vector<segment> all;
    for (decode_result result = reader.decode(*captured, found);; result = reader.decode_next(*captured, found)) {
        if (result.outcome == packet_outcome::tcp) all.push_back(found);
        if (!result.more) return all;
    }
}

struct bundled {
    std::string what;
    byte_vector frame;
    link_type link = link_type::ethernet;
    bool sampled = false;
};

std::vector<bundled> all_bundles() {
    const auto four = four_packets();
    return {{"A-MSDU", aggregate(four), link_type::ieee802_11},
            {"A-MSDU of a mesh", aggregate(four, true), link_type::ieee802_11},
            {"A-MSDU with a check sequence behind it", join({padded(aggregate(four)), hex("12345678")}),
             link_type::ieee802_11},
            {"A-MSDU behind PPI", join({hex("00 00 0800 69000000"), aggregate(four)}), link_type::ppi},
            {"A-MSDU in TZSP",
             framed_ip_packet({}, 17, udp_datagram(50000, 37008, join({hex("01 00 0012 01"), aggregate(four)})))},
            {"sFlow", sampled(four), link_type::ethernet, true},
            {"Netlink, log", netlink(four), link_type::netlink},
            {"Netlink, queue", netlink(four, true), link_type::netlink},
            {"Netlink in a cooked capture", netlink(four), link_type::linux_sll}};
}

} // namespace

TEST_CASE("bundles: each segment of a packet is found, in order") {
    for (const bundled& each : all_bundles()) {
        CAPTURE(each.what);
        const std::vector<segment> found = segments_of(each.frame, each.link);
        REQUIRE(found.size() == 4);
        CHECK(found[0].flags.bits == flags::syn);
        CHECK(found[1].source == server);
        CHECK(found[2].sequence.value == 101);
        CHECK(found[3].payload_length == 18);
        std::size_t bytes = 0;
        for (const segment& one : found) {
            CHECK(one.packet_number == 7);
            CHECK(one.sampled == each.sampled);
            bytes += one.wire_length;
        }
        CHECK(bytes <= each.frame.size());
    }
}

TEST_CASE("bundles: a packet cut at each byte has the segments before the cut, and no others") {
    for (const bundled& each : all_bundles()) {
        CAPTURE(each.what);
        const std::vector<segment> all = segments_of(each.frame, each.link);
        std::size_t most = 0;
        for (std::size_t length = 0; length <= each.frame.size(); ++length) {
            CAPTURE(length);
            const captured_packet captured{each.frame, {.link = each.link, .snapshot_length = length, .number = 7}};
            decoder reader;
            segment found;
            std::size_t count = 0;
            decode_result result = reader.decode(*captured, found);
            if (result.outcome != packet_outcome::tcp) CHECK(result.outcome == packet_outcome::truncated);
            for (;; result = reader.decode_next(*captured, found)) {
                if (result.outcome == packet_outcome::tcp) {
                    REQUIRE(count < all.size());
                    CHECK(found.sequence == all[count].sequence);
                    ++count;
                }
                if (!result.more) break;
            }
            CHECK(count >= most);
            most = count;

            // Where the packet itself ends, nothing is read behind it.
            const captured_packet shorter{std::span{each.frame}.first(length), {.link = each.link}};
            connection_table table;
            table.add(*shorter);
            CHECK(table.statistics().packets == 1);
            CHECK(is_consistent(table.statistics()));
        }
        CHECK(most == 4);
    }
}

TEST_CASE("bundles: a table counts one packet, and all its segments; the free function finds the first") {
    for (const bundled& each : all_bundles()) {
        CAPTURE(each.what);
        const captured_packet captured{each.frame, {.link = each.link, .number = 1}};
        segment first;
        const decode_result result = decode(*captured, first);
        CHECK(result.outcome == packet_outcome::tcp);
        CHECK(result.more);
        CHECK(first.flags.bits == flags::syn);

        connection_table one_by_one;
        CHECK(one_by_one.add(*captured).begins_connection);
        connection_table at_once;
        at_once.add_all(std::vector{*captured, *captured});
        connection_table with_each;
        std::size_t told = 0;
        with_each.add_each(*captured, [&](const segment& sent, const connection_table::result_type& added) {
            CHECK(sent.packet_number == 1);
            CHECK(added.connection == &with_each[0]);
            ++told;
        });
        CHECK(told == 4);
        for (const connection_table* table : {&one_by_one, &with_each}) {
            const decode_statistics& counted = table->statistics();
            CHECK(counted.packets == 1);
            CHECK(counted.tcp == 1);
            CHECK(counted.additional_segments == 3);
            CHECK(counted.packets_with_several_segments == 1);
            REQUIRE(table->size() == 1);
            CHECK((*table)[0].client_to_server.packets == 3);
            CHECK((*table)[0].handshake == handshake_state::completed);
            CHECK((*table)[0].sampled == each.sampled);
        }
        CHECK(at_once.statistics().packets == 2);
        CHECK(at_once.statistics().additional_segments == 6);

        for (const std::size_t tables : {1u, 2u, 3u}) {
            parallel_connection_table parallel{tables};
            parallel.add_all(std::vector{*captured, *captured});
            CHECK(parallel.statistics() == at_once.statistics());
            REQUIRE(parallel.size() == 1);
            CHECK(parallel[0] == at_once[0]);
        }
    }
}

TEST_CASE("bundles: what is no TCP among several does not count, unless it is alone") {
    const byte_vector other = ip_packet({.source = client, .destination = server}, 89, byte_vector(8));
    const auto four = four_packets();
    CHECK(segments_of(aggregate({other, four[0], other, four[1], other}), link_type::ieee802_11).size() == 2);
    connection_table table;
    table.add(*captured_packet{aggregate({other, four[0], other}), {.link = link_type::ieee802_11}});
    CHECK(table.statistics().tcp == 1);
    CHECK(table.statistics().additional_segments == 0);
    CHECK(table.statistics().packets_with_several_segments == 0);
    table.add(*captured_packet{aggregate({other, other}), {.link = link_type::ieee802_11}});
    CHECK(table.statistics().not_tcp == 1);
    CHECK(table.statistics().undecoded.kinds()[0].stopped_at == ip_protocol{89});
    table.add(*captured_packet{aggregate({}), {.link = link_type::ieee802_11}});
    CHECK(table.statistics().malformed == 1);
    CHECK(table.statistics().undecoded.kinds()[1].stopped_at == link_type::ieee802_11);
}

TEST_CASE("bundles: samples between others conclude nothing, and other segments are judged as if they were not there") {
    connection_table table;
    std::uint64_t number = 0;
    const auto add = [&](const byte_vector& packet) {
        return table.add(*captured_packet{ethernet_frame(0x0800, packet), {.number = ++number}}).verdict.kinds;
    };
    for (const byte_vector& each : four_packets()) add(each);
    const byte_vector far_ahead = from_client(5000, flags::ack, 100);
    table.add(*captured_packet{sampled({far_ahead, far_ahead}), {.number = ++number}});
    CHECK(add(from_client(119, flags::ack, 10)) == verdict_kinds::none);
    CHECK(table[0].sampled);
    CHECK(table[0].client_to_server.packets == 6);
    CHECK(table[0].client_to_server.retransmissions == 0);
}

TEST_CASE("links: Netlink, exported PDUs, ERF and firewalls name what follows") {
    check_header({link_type::erf,
                  join({hex("0000000000f15365 02 04 0048 0000 0000 0000"), hex("020000000002 020000000001 0800")})},
                 v4);
    check_header({link_type::erf, hex("0000000000f15365 17 04 0048 0000 0000")}, v6);
    check_header({link_type::erf, hex("0000000000f15365 82 04 0048 0000 0000 8300000000000000 0400000000000000 0000"
                                      "020000000002 020000000001 86dd")},
                 v6);
    check_header({link_type::erf, hex("0000000000f15365 01 04 0048 0000 0000 ff03 0021")}, v4);
    check_header({link_type::erf, hex("0000000000f15365 05 04 0048 0000 0000 00000001 0f00 0800")}, v4);
    check_header({link_type::erf, hex("0000000000f15365 04 04 0048 0000 0000 00000001 aaaa03 000000 0800")}, v4);
    check_other({link_type::erf, hex("0000000000f15365 1b 04 0048 0000 0000")}, 16);

    const auto pdu = [](const char* name, std::size_t length, const char* behind = "") {
        byte_vector tag = join({hex("000c"), big_endian(static_cast<std::uint16_t>(length))});
        for (std::size_t i = 0; i < length; ++i)
            tag.push_back(i < std::string{name}.size() ? static_cast<std::byte>(name[i]) : std::byte{});
        return join({tag, hex("00000000"), hex(behind)});
    };
    check_header({link_type::wireshark_upper_pdu, pdu("ip", 4)}, v6);
    check_header({link_type::wireshark_upper_pdu, pdu("eth_maybefcs", 12, "020000000002 020000000001 0800")}, v4);
    check_header({link_type::wireshark_upper_pdu,
                  pdu("wlan", 4, "0801 0000 020000000001 020000000002 020000000003 1000 aaaa03 000000 0800")},
                 v4);
    check_header({link_type::wireshark_upper_pdu, join({hex("000e 000c"), hex("657468657274797065000000"),
                                                        hex("0020 0004 00000800"), hex("00000000")})},
                 v4);
    check_other({link_type::wireshark_upper_pdu, pdu("http", 4)}, 12);
    check_header({link_type::wireshark_upper_pdu, pdu("ip", 64)}, v6);
    check_other({link_type::wireshark_upper_pdu, pdu("ip", 68)},
                76); // no name is that long: it would cost a look at each byte

    byte_vector firewall(44);
    overwrite(firewall, 6, hex("0800"));
    check_header({link_type::symantec_firewall, firewall}, v4);
    byte_vector version_3(56);
    overwrite(version_3, 22, hex("86dd"));
    check_header({link_type::symantec_firewall, version_3}, v6);
}

TEST_CASE("links: hidden tags, families, meshes, multilink, timestamps") {
    // a second tag that libpcap left in the content; sound checksums tell
    const byte_vector sound = tcp_ip_packet({.source = client, .destination = server});
    const byte_vector cooked2 = hex("0800 0000 00000002 0001 00 06 0200000000010000");
    CHECK(decode_frame(join({cooked2, hex("0064 0800"), sound}), {.link = link_type::linux_sll2}).outcome ==
          packet_outcome::tcp);
    CHECK(decode_frame(join({cooked2, hex("4564 0800"), sound}), {.link = link_type::linux_sll2}).outcome ==
          packet_outcome::tcp);
    CHECK(decode_frame(join({cooked2, sound}), {.link = link_type::linux_sll2}).outcome == packet_outcome::tcp);
    check_snapshots(join({cooked2, hex("0064 0800"), sound}), link_type::linux_sll2, 20 + 4 + 40, packet_outcome::tcp);
    // Where the capture ends within the tag, whether it is one is not known, however short the frame.
    const byte_vector tagged_rest = join({cooked2, hex("0064 0800 45"), byte_vector(13)});
    for (std::size_t captured = 20; captured < 24; ++captured) {
        CAPTURE(captured);
        CHECK(decode_frame(tagged_rest, {.link = link_type::linux_sll2, .snapshot_length = captured}).outcome ==
              packet_outcome::truncated);
    }
    // An IPv4 header with options, as long as it names the protocol in bytes 2 and 3, hides no tag where its end is missing.
    const byte_vector long_header = join({cooked2, hex("4f00 0800 4500 0014"), byte_vector(2040)});
    CHECK(decode_frame(long_header, {.link = link_type::linux_sll2, .snapshot_length = 20 + 30}).outcome ==
          packet_outcome::truncated);
    const byte_vector cooked6 = hex("0000 0001 0006 020000000001 0000 86dd");
    CHECK(decode_frame(join({cooked6, hex("0064 86dd"), v6}), {.link = link_type::linux_sll}).outcome ==
          packet_outcome::tcp);
    CHECK(
        decode_frame(join({hex("0000 0001 0006 020000000001 0000 8864"), hex("0064 8864 1100 0007 0040 0021"), sound}),
                     {.link = link_type::linux_sll})
            .outcome == packet_outcome::tcp);

    check_header({link_type::null, hex("02000000")}, v6);
    check_header({link_type::null, hex("1e000000")}, v4);
    check_header({link_type::null, hex("1a000000")}, v6);

    const byte_vector mesh = hex("8803 0000 020000000001 020000000002 020000000003 0000 020000000006 0001");
    check_header({link_type::ieee802_11, join({mesh, hex("00 1f 01000000"), hex("aaaa03 000000 0800")})}, v4);
    check_header({link_type::ieee802_11,
                  join({mesh, hex("02 1f 01000000 020000000007 020000000008"), hex("aaaa03 000000 0800")})},
                 v4);
    check_header({link_type::ieee802_11, join({mesh, hex("aaaa03 000000 0800")})}, v4); // the bit, without a mesh

    check_header({link_type::ppp, hex("ff03 003d c0000001 0021")}, v4);
    check_header({link_type::ppp, hex("003d c001 0057")}, v6);   // the short header
    check_other({link_type::ppp, hex("003d 80000001 0021")}, 6); // a fragment

    const byte_vector addresses = hex("020000000002 020000000001");
    check_header({link_type::ethernet, join({addresses, hex("d28b 0001 0010 0000000100000002 0800")})}, v4);
    check_header({link_type::ethernet, join({addresses, hex("d28b 0001 0020 000000010002 86dd")})}, v6);
    check_header({link_type::ethernet, join({addresses, hex("d28b 0001 0012 0000000100000002 0800")})}, v4);
    check_header({link_type::ethernet, join({addresses, hex("8870 aaaa03 000000 0800")})}, v4);
    CHECK(decode_frame(join({addresses, hex("d28b 0002 0010 0000000100000002 0800"), v4})).outcome ==
          packet_outcome::not_tcp);
}

TEST_CASE("limits: tags, labels, extension headers and packets in one are read up to a bound") {
    const auto outcome = [](const byte_vector& frame) { return decode_frame(frame).outcome; };
    const auto repeated = [](std::size_t times, const byte_vector& part) {
        byte_vector all;
        for (std::size_t i = 0; i < times; ++i) all = join({all, part});
        return all;
    };
    const byte_vector packet = tcp_ip_packet({.source = client, .destination = server});
    for (const std::size_t times : {30u, 31u, 32u, 33u, 100u, 5000u}) {
        CAPTURE(times);
        const auto expected = times <= 32 ? packet_outcome::tcp : packet_outcome::not_tcp;
        CHECK(outcome(ethernet_frame(
                  0x8100, join({repeated(times - 1, hex("0001 8100")), hex("0001 0800"), packet}))) == expected);
        CHECK(outcome(ethernet_frame(0x8847, join({repeated(times - 1, hex("00064040")), hex("00064140"), packet}))) ==
              expected);
        byte_vector six = v6;
        overwrite(six, 4, big_endian(static_cast<std::uint16_t>(21 + 8 * times)));
        overwrite(six, 6, hex("3c"));
        const byte_vector headers = join({repeated(times - 1, hex("3c00 0104 00000000")), hex("0600 0104 00000000")});
        six.insert(six.begin() + 40, headers.begin(), headers.end());
        CHECK(outcome(ethernet_frame(0x86dd, six)) == expected);
    }
    CHECK(segments_of(aggregate(std::vector<byte_vector>(300, packet)), link_type::ieee802_11).size() == 256);
}

TEST_CASE("limits: how many packets of a bundle are read does not depend on the packets before it") {
    const byte_vector frame =
        aggregate(std::vector<byte_vector>(200, tcp_ip_packet({.source = client, .destination = server})));
    const captured_packet captured{frame, {.link = link_type::ieee802_11}};
    connection_table table;
    for (std::uint64_t packets = 1; packets <= 3; ++packets) {
        table.add(*captured);
        CHECK(table.statistics().additional_segments == packets * 199);
    }
}
