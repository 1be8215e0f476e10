// SPDX-License-Identifier: MIT
// snoop and ERF: each link layer, each length of headers, records that end a file, and what only looks like them.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

using namespace tcplens;
using namespace std::string_view_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::join;
using capture_writer::text;

namespace {

constexpr std::uint32_t in_2023 = 1'700'000'000;

byte_vector snoop(std::uint32_t version, std::uint32_t datalink) {
    byte_writer file{std::endian::big};
    file.put(text("snoop\0\0\0"sv)).put(version).put(datalink);
    return file.put(4).put(4).put(28).put(0).put(in_2023).put(0).put(text("data")).bytes();
}

byte_vector erf(unsigned type, std::uint32_t seconds, std::uint16_t wire, const byte_vector& content,
                std::size_t length_more = 0) {
    byte_writer out;
    out.put(std::uint32_t{0x8000'0000}).put(seconds).put(static_cast<std::uint8_t>(type)).put(std::uint8_t{4});
    out.use(std::endian::big);
    out.put(static_cast<std::uint16_t>(16 + content.size() + length_more)).put(std::uint16_t{0}).put(wire);
    return out.put(content).bytes();
}

bool is_of(const byte_vector& bytes, capture_format format) {
    const reading result = read_memory(bytes);
    CHECK(result == read_stream(bytes, 7));
    return !result.sections.empty() && result.sections[0].format == format;
}

} // namespace

TEST_CASE("snoop: each link layer that has a number here, and no other") {
    for (const auto& [datalink, link] :
         {std::pair{0u, link_type::ethernet}, std::pair{4u, link_type::ethernet}, std::pair{2u, link_type::token_ring},
          std::pair{8u, link_type::fddi}, std::pair{0x8000'0001u, link_type::ipv4},
          std::pair{0x8000'0002u, link_type::ipv6}}) {
        const reading result = read_memory(snoop(2, datalink));
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 1);
        CHECK(result.packets[0].link == link);
        CHECK(result.packets[0].bytes == text("data"));
    }
    for (const std::uint32_t other : {1u, 3u, 5u, 9u, 0x8000'0003u})
        CHECK(!is_of(snoop(2, other), capture_format::snoop));
    CHECK(!is_of(snoop(1, 4), capture_format::snoop));
    CHECK(!is_of(snoop(3, 4), capture_format::snoop));
}

TEST_CASE("ERF: a file is known by records that follow on each other, or by one that is all of it") {
    const byte_vector ip = counting(40);
    const byte_vector one = erf(22, in_2023, 40, ip);
    CHECK(is_of(one, capture_format::erf));
    CHECK(is_of(join({one, erf(22, in_2023 + 86'400, 40, ip)}), capture_format::erf));
    CHECK(!is_of(join({one, erf(22, in_2023 + 86'401, 40, ip)}), capture_format::erf));
    CHECK(is_of(join({one, erf(22, in_2023 - 86'400, 40, ip)}), capture_format::erf));
    CHECK(!is_of(join({one, erf(22, in_2023 - 86'401, 40, ip)}), capture_format::erf));
    for (const unsigned type : {0u, 28u, 47u, 49u}) CHECK(!is_of(erf(type, in_2023, 40, ip), capture_format::erf));
    for (const std::uint32_t time : {0u, 631'151'999u, 4'102'444'800u})
        CHECK(!is_of(erf(22, time, 40, ip), capture_format::erf));
    CHECK(is_of(join({erf(48, 0, 0, ip), erf(27, 0, 0, ip), one}), capture_format::erf));
    byte_vector short_length = one;
    short_length[11] = std::byte{15};
    CHECK(!is_of(short_length, capture_format::erf));
}

TEST_CASE("ERF: an Ethernet frame has two bytes before it, and extension headers may be cut") {
    for (const unsigned type : {2u, 11u, 16u, 20u, 1u, 3u, 22u}) {
        CAPTURE(type);
        const bool is_ethernet = type == 2 || type == 11 || type == 16 || type == 20;
        const reading result = read_memory(erf(type, in_2023, 1000, counting(60)));
        REQUIRE(result.packets.size() == 1);
        CHECK(result.packets[0].wire_length == (is_ethernet ? 1018 : 1016));
    }
    const byte_vector extended(12, std::byte{0x80}); // one extension header, and a part of another
    const reading result = read_memory(erf(22 | 0x80, in_2023, 1000, extended));
    REQUIRE(result.packets.size() == 1);
    CHECK(result.packets[0].wire_length == 1024);
    const reading full = read_memory(erf(22 | 0x80, in_2023, 1000, byte_vector(8)));
    REQUIRE(full.packets.size() == 1);
    CHECK(full.packets[0].wire_length == 24); // nothing is behind the headers
}

TEST_CASE("ERF: a record with an impossible length ends the file with an error") {
    const byte_vector good = join(
        {erf(22, in_2023, 40, counting(40)), erf(22, in_2023, 40, counting(40)), erf(22, in_2023, 40, counting(40))});
    byte_vector bad = erf(22, in_2023, 40, counting(40));
    bad[10] = std::byte{0};
    bad[11] = std::byte{15};
    const reading result = read_memory(join({good, bad}));
    CHECK(result.packets.size() == 3);
    REQUIRE(result.error);
    CHECK(to_string(result.error->code) == "bad_block_length");
    CHECK(result.error->packet_number == 4);
    const reading cut = read_memory(join({good, erf(22, in_2023, 40, counting(40), 1)}));
    CHECK(cut.packets.size() == 3);
    REQUIRE(cut.error);
    CHECK(to_string(cut.error->code) == "truncated");
}
