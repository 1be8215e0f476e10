// SPDX-License-Identifier: MIT
// What Wireshark exports from the middle of a packet: tags, and a protocol that they name.
#include "../../support/decoding.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

using namespace tcplens;
using namespace packet_builder;

namespace {

constexpr link_type exported = link_type::wireshark_upper_pdu;

/// A tag: type, length, and a value with zeros up to a multiple of four.
byte_vector tag(std::uint16_t type, std::string_view value) {
    byte_vector made;
    for (const std::size_t field : {std::size_t{type}, value.size()}) {
        made.push_back(static_cast<std::byte>(field >> 8));
        made.push_back(static_cast<std::byte>(field));
    }
    for (const char each : value) made.push_back(static_cast<std::byte>(each));
    made.resize((made.size() + 3) / 4 * 4);
    return made;
}
byte_vector named(std::string_view dissector) {
    return join({tag(12, dissector), tag(0, "")});
}
byte_vector of_table(std::string_view table, std::uint32_t value) {
    const char digits[]{static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                        static_cast<char>(value)};
    return join({tag(14, table), tag(32, {digits, 4}), tag(0, "")});
}

packet_outcome outcome_of(const byte_vector& tags, const byte_vector& content) {
    return decode_frame(join({tags, content}), {.link = exported}).outcome;
}

} // namespace

TEST_CASE("exported PDU: the dissector's name says what follows the tags") {
    const byte_vector ip = tcp_ip_packet({.sequence = 77});
    const byte_vector frame = join({hex("020000000002 020000000001 0800"), ip});
    for (const std::string_view name : {"ip", "ipv4", "raw_ip"}) {
        CAPTURE(name);
        CHECK(segment_of(join({named(name), ip}), exported).sequence.value == 77);
    }
    for (const std::string_view name : {"eth", "eth_maybefcs", "eth_withfcs", "eth_withoutfcs"}) {
        CAPTURE(name);
        CHECK(segment_of(join({named(name), frame}), exported).sequence.value == 77);
    }
    CHECK(segment_of(join({tag(13, "ppp"), tag(0, ""), hex("0021"), ip}), exported).sequence.value == 77);
    // a comment of a length that is no multiple of four, and zeros behind a name
    CHECK(segment_of(join({tag(1, "hello"), tag(12, std::string_view{"ip\0\0\0", 5}), tag(0, ""), ip}), exported)
              .sequence.value == 77);
    // Lengths that are no multiple of four, with nothing that fills them up, are read as Wireshark reads them.
    CHECK(segment_of(join({hex("000c 0002 6970 0000 0000"), ip}), exported).sequence.value == 77);
    CHECK(segment_of(join({hex("0001 0001 78 000c 0003 657468 0000 0000"), frame}), exported).sequence.value == 77);
    for (const std::string_view name : {"i", "ipx", "http", ""}) {
        CAPTURE(name);
        CHECK(outcome_of(named(name), ip) == packet_outcome::not_tcp);
    }
    CHECK(outcome_of(tag(0, ""), ip) == packet_outcome::not_tcp);
}

TEST_CASE("exported PDU: a dissector table and a value in it say what follows the tags") {
    const byte_vector ip = tcp_ip_packet();
    const byte_vector frame = join({hex("020000000002 020000000001 0800"), ip});
    const byte_vector ppp = join({hex("0021"), ip});
    for (const auto& [table, number] :
         {std::pair{"ethertype", 0x0800u}, std::pair{"ppp.protocol", 0x0021u}, std::pair{"wtap_encap", 7u},
          std::pair{"wtap_encap", 129u}, std::pair{"ip.proto", 4u}}) {
        CHECK(outcome_of(of_table(table, number), ip) == packet_outcome::tcp);
    }
    CHECK(outcome_of(of_table("wtap_encap", 1), frame) == packet_outcome::tcp);
    CHECK(outcome_of(of_table("wtap_encap", 4), ppp) == packet_outcome::tcp);
    const byte_vector six = tcp_ip_packet({.source = at("2001:db8::1", 1), .destination = at("2001:db8::2", 2)});
    CHECK(outcome_of(of_table("wtap_encap", 130), six) == packet_outcome::tcp);
    CHECK(outcome_of(of_table("ppp.protocol", 0x0057), six) == packet_outcome::tcp);
    CHECK(outcome_of(of_table("ip.proto", 41), six) == packet_outcome::tcp);
    for (const auto& [table, number] :
         {std::pair{"ethertype", 0x10800u}, std::pair{"ip.proto", 260u}, std::pair{"ppp.protocol", 0x00ffu},
          std::pair{"wtap_encap", 2u}, std::pair{"tcp.port", 80u}, std::pair{"ethertyp", 0x0800u}}) {
        CHECK(outcome_of(of_table(table, number), ip) == packet_outcome::not_tcp);
    }
    CHECK(outcome_of(join({tag(14, "ethertype"), tag(32, "\x08"), tag(0, "")}), ip) == packet_outcome::not_tcp);
    // of a name and a table the name counts
    CHECK(outcome_of(join({tag(14, "ethertype"), tag(32, {"\0\0\x08\0", 4}), named("eth")}), frame) ==
          packet_outcome::tcp);
}

TEST_CASE("exported PDU: cut at any byte it is truncated, and tags without an end are none") {
    const byte_vector tags = join({tag(1, "hello"), named("ip")});
    const byte_vector ip = tcp_ip_packet({.payload_length = 0});
    check_snapshots(join({tags, ip}), exported, tags.size() + ip.size(), packet_outcome::tcp);
    byte_vector many;
    for (int i = 0; i < 1000; ++i) many.insert(many.end(), {std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}});
    CHECK(outcome_of(many, ip) == packet_outcome::not_tcp);
}
