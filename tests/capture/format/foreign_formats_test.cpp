// SPDX-License-Identifier: MIT
// Captures of other formats that have no magic number are told by their fields: each of them must be possible.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace tcplens;
using namespace std::string_view_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

struct field {
    std::size_t at;
    std::string_view bytes; ///< what no such file has there
};

std::string subject_of(const byte_vector& bytes) {
    const reading result = read_memory(bytes);
    REQUIRE(result.error);
    return std::string{result.error->subject};
}

/// The file is named; with any of `wrong` in it, it is not.
void check_fields(const byte_vector& file, std::string_view name, const std::vector<field>& wrong) {
    CHECK(subject_of(file) == name);
    for (const field& each : wrong) {
        CAPTURE(each.at);
        byte_vector changed = file;
        std::ranges::copy(text(each.bytes), changed.begin() + static_cast<std::ptrdiff_t>(each.at));
        CHECK(subject_of(changed) != name);
    }
}

std::string said_of(std::string_view characters) {
    const reading result = read_memory(text(characters));
    REQUIRE(result.error);
    return to_string(*result.error);
}

} // namespace

TEST_CASE("foreign formats: CommView") {
    // lengths, version 0, year, month, day, hour, minute, second, microseconds
    const byte_vector file = text("\x4a\0\x4a\0\0\xe7\7\x0b\x0e\x16\x0d\x14\3\0\0\0\0\0\0\0\0\0\0\0\2"sv);
    check_fields(file, "CommView",
                 {{0, "\0\0\0\0"sv},
                  {2, "\x4b\0"sv},
                  {4, "\1"sv},
                  {5, "\xc5\7"sv},
                  {5, "\x34\x08"sv},
                  {7, "\0"sv},
                  {7, "\x0d"sv},
                  {8, "\0"sv},
                  {8, "\x20"sv},
                  {9, "\x18"sv},
                  {10, "\x3c"sv},
                  {11, "\x3d"sv},
                  {12, "\x40\x42\x0f\0"sv}});
    // with a length of 32 bits, and the date at once behind it
    const byte_vector with_long_length = text("\x4a\0\0\0\xe7\7\x0b\x0e\x16\x0d\x14\3\0\0\0\0\0\0\0\0\2"sv);
    check_fields(with_long_length, "CommView",
                 {{0, "\x14\0\0\0"sv},
                  {0, "\0\0\4\0"sv},
                  {4, "\xc5\7"sv},
                  {4, "\x34\x08"sv},
                  {6, "\0"sv},
                  {6, "\x0d"sv},
                  {7, "\0"sv},
                  {7, "\x20"sv},
                  {8, "\x18"sv},
                  {9, "\x3c"sv},
                  {10, "\x3d"sv},
                  {11, "\x40\x42\x0f\0"sv}});
}

TEST_CASE("foreign formats: LANalyzer") {
    const byte_vector file = text("\x01\x10\x4c\0\1\5Trace Display"sv);
    check_fields(file, "LANalyzer", {{0, "\x02"sv}, {2, "\1\0"sv}, {2, "\0\2"sv}});
}

TEST_CASE("foreign formats: traces of Windows, of 32 and of 64 bits") {
    byte_writer file;
    file.put(std::uint32_t{0x10000}).put(std::uint32_t{0x1000}).put(byte_vector(64)).put(std::uint32_t{0xc0020002});
    file.put(counting(100));
    const std::vector<field> wrong{
        {0, "\0\2\0\0"sv}, {0, "\1\0\1\0"sv}, {0, "\0\4\0\1"sv}, {4, "\1\0\1\0"sv}, {72, "\2\0\3\xc0"sv}};
    check_fields(file.bytes(), "Windows event trace (.etl)", wrong);
    byte_vector of_32_bits = file.bytes();
    of_32_bits[74] = std::byte{1};
    check_fields(of_32_bits, "Windows event trace (.etl)", wrong);
}

TEST_CASE("foreign formats: EtherPeek before its files had tags") {
    byte_writer file{std::endian::big};
    file.put(std::uint8_t{7}).put(std::uint8_t{0}).put(std::uint32_t{5000}).put(std::uint32_t{12});
    file.put(std::uint32_t{3'000'000'000}).put(byte_vector(140, std::byte{0xee}));
    const std::vector<field> wrong{{0, "\4"sv},       {0, "\x08"sv},       {1, "\1"sv},
                                   {6, "\0\0\0\0"sv}, {6, "\x10\0\0\0"sv}, {10, "\xa1\xc4\0\0"sv}};
    check_fields(file.bytes(), "EtherPeek", wrong);
    byte_vector from_a_mac = file.bytes();
    from_a_mac[0] = std::byte{0x85};
    check_fields(from_a_mac, "EtherPeek", {{1, "\1"sv}});
}

TEST_CASE("foreign formats: .lzma has no magic number, but a dictionary and a length that are possible") {
    check_fields(text("\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0"sv), "lzma",
                 {{0, "\xe1"sv},
                  {1, "\0\x08\0\0"sv},
                  {1, "\0\0\x90\0"sv},
                  {1, "\0\x70\0\0"sv},
                  {5, "\0\0\0\0\0\0\0\0"sv},
                  {5, "\0\0\0\0\x40\0\0\0"sv},
                  {13, "\1"sv}});
    CHECK(subject_of(text("\x5d\0\0\x30\0\xff\xff\xff\xff\xff\xff\xff\xff\0"sv)) == "lzma"); // 3 * 2^20
}

TEST_CASE("foreign formats: zstd before its format was fixed, and bytes that only look like it") {
    CHECK(subject_of(text("\x22\xb5\x2f\xfd"sv)) == "zstd");
    CHECK(subject_of(text("\x21\xb5\x2f\xfd"sv)) != "zstd");
    CHECK(subject_of(text("\x29\xb5\x2f\xfd"sv)) != "zstd");
}

TEST_CASE("foreign formats: text before a capture of each byte order and resolution") {
    for (const auto capture :
         {"\xd4\xc3\xb2\xa1\2\0\4\0"sv, "\xa1\xb2\xc3\xd4\0\2\0\4"sv, "M<\xb2\xa1\2\0\4\0"sv, "\xa1\xb2<M\0\2\0\4"sv,
          "\n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1a"sv, "\n\r\r\n\0\0\0\x1c\x1a\x2b\x3c\x4d"sv}) {
        CHECK(said_of("some words\t" + std::string{capture}).find("a capture begins behind it, at byte 11.") !=
              std::string::npos);
    }
    CHECK(said_of("some words \n\r\r\n\x1c\0\0\0\x4d\x3c\x2b\x1b"sv).find("begins behind it") == std::string::npos);
}

TEST_CASE("foreign formats: pages, dumps and encodings are named") {
    CHECK(said_of("<HTML>\n<body>").starts_with("is an HTML page"));
    CHECK(said_of("<head><title>").starts_with("is an HTML page"));
    CHECK(said_of("<!-- saved -->").starts_with("is an HTML page"));
    CHECK(said_of("begin-base64 644 trace.pcap\n").starts_with("is uuencoded ("));
    CHECK(said_of("D4C3B2A102000400").starts_with("is a hex dump ("));
    CHECK(said_of("0000: 00 0c 29 7a 3f 11 00 50").starts_with("is a hex dump of packets ("));
    CHECK(said_of("000000 00 0c 29 7a 3f 11 00 50").starts_with("is a hex dump of packets ("));
    CHECK(said_of("00 0c 29 7a 3f 11 00 50 and").starts_with("is text ("));
    CHECK(said_of("0000x 0c 29 7a").starts_with("is text ("));
}

TEST_CASE("foreign formats: a capture of each byte order that lost its line ends") {
    for (const auto order : {std::endian::little, std::endian::big}) {
        byte_writer section{order};
        section.put(text("\n\r\r\n"sv)).put(std::uint32_t{28}).put(std::uint32_t{0x1a2b3c4d});
        section.put(std::uint16_t{1})
            .put(std::uint16_t{0})
            .put(std::uint64_t{~std::uint64_t{0}})
            .put(std::uint32_t{28});
        byte_vector changed = section.bytes();
        std::ranges::replace(changed, std::byte{'\r'}, std::byte{'\n'});
        const reading result = read_memory(changed);
        REQUIRE(result.error);
        CHECK(to_string(result.error->code) == "altered");
        CHECK(to_string(*result.error).find("(its line ends were changed)") != std::string::npos);
    }
}
