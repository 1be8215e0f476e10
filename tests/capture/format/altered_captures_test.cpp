// SPDX-License-Identifier: MIT
// Captures that something changed, written in other ways than bytes, lost the beginning of, or put something behind.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tcplens;
using namespace std::string_view_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::join;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

/// What is said, whether it is read from memory or from a stream.
std::string said_of(const byte_vector& bytes) {
    const reading result = read_memory(bytes);
    CHECK(result == read_stream(bytes, 5));
    return result.error ? to_string(*result.error) : "";
}
std::string said_of(std::string_view characters) {
    return said_of(text(characters));
}

/// A packet with a time of today, so that records look like those of a capture.
byte_vector records(capture_writer::pcap_options of = {}, std::uint32_t count = 3) {
    pcap_writer with{of};
    for (std::uint32_t i = 0; i < count; ++i) with.record(1'700'000'000 + i, 7, counting(60));
    return with.bytes();
}

byte_vector behind(const byte_vector& bytes, std::size_t front) {
    return {bytes.begin() + static_cast<std::ptrdiff_t>(front), bytes.end()};
}

byte_vector snoop_of(std::uint32_t packets) {
    byte_writer file{std::endian::big};
    file.put(text("snoop\0\0\0"sv)).put(std::uint32_t{2}).put(std::uint32_t{4});
    for (std::uint32_t i = 0; i < packets; ++i) {
        file.put(std::uint32_t{20}).put(std::uint32_t{20}).put(std::uint32_t{44}).put(std::uint32_t{0});
        file.put(std::uint32_t{1'700'000'000} + i).put(std::uint32_t{5}).put(counting(20));
    }
    return file.bytes();
}

} // namespace

TEST_CASE("altered captures: bytes that became characters of any code page, in UTF-8 or UTF-16, are told") {
    for (const auto in_utf_8 : {
             "\xd1\x82\xd1\x86\xe2\x96\x93\xe2\x95\x91\2\0\4\0"sv, // KOI8-R
             "\xc3\x88\xe2\x94\x9c\xe2\x96\x93\xc3\xad\2\0\4\0"sv, // code page 850
             "\xd0\xa4\xd0\x93\xd0\x86\xd0\x8e\2\0\4\0"sv,         // Windows-1251
             "\xef\xbb\xbf\xc3\x94\xc3\x83\xc2\xb2\xc2\xa1\2\0\4\0"sv, "\xc2\xa1\xc2\xb2<M\0\2\0\4"sv,
             "M<\xc2\xb2\xc2\xa1\2\0\4\0"sv,
             "\x1f\xef\xbf\xbd\b\0\0"sv,   // gzip
             "(\xc2\xb5/\xc3\xbd\x04\0"sv, // zstd
         }) {
        CHECK(said_of(in_utf_8).starts_with("was a capture, and is text in UTF-8 now: "));
        check_every_cut(text(in_utf_8));
    }
    for (const auto in_utf_16 : {
             "\xd4\0\xc3\0\xb2\0\xa1\0\2\0\0\0\4\0\0\0"sv,
             "\0\xd4\0\xc3\0\xb2\0\xa1\0\2\0\0\0\4\0\0"sv,
             "\0\xa1\0\xb2\0\xc3\0\xd4\0\0\0\2\0\0\0\4"sv,
             "\n\0\r\0\r\0\n\0\x1c\0\0\0\0\0\0\0M\0<\0+\0\x1a\0"sv,
             "\0\n\0\r\0\r\0\n\0\0\0\0\0\0\0\x1c\0\x1a\0+\0<\0M"sv,
         }) {
        CHECK(said_of(in_utf_16).starts_with("was a capture, and is text in UTF-16 now: "));
        check_every_cut(text(in_utf_16));
    }
    CHECK(said_of("\xff\xfeH\0i\0 \0t\0h\0e\0r\0e\0"sv).starts_with("is text in UTF-16 ('Hi there'), not a capture."));
    CHECK(said_of("????\2\0\4\0\0\0\0\0"sv).starts_with("was a capture, and is text in ASCII now: "));
    CHECK(said_of("TC2!\2\0\4\0\0\0\0\0"sv).starts_with("was a capture, and the highest bit of each byte is lost: "));
    // UTF-8 that is cut, wrong, or of something else
    for (const auto other : {"\xc3\x94\xc3\x83\xc2\xb2\xc2\xa1\2\0\5\0"sv, "\xc3\x94\xc3\x83\xc2\xb2\xc2\x41\2\0\4\0"sv,
                             "\xf0\x94\xc3\x83\xc2\xb2\xc2\xa1\2\0\4\0"sv, "\x94\x83\xc2\xb2\xc2\xa1\2\0\4\0"sv}) {
        CHECK(said_of(other).starts_with("is neither a pcap nor a pcapng capture"));
    }
}

TEST_CASE("altered captures: bytes that were swapped in pairs are told, with the command that swaps them back") {
    for (const byte_vector& capture :
         {records({}), records({.order = std::endian::big}), records({.nanoseconds = true}), pcapng_writer{}.bytes(),
          pcapng_writer{{.order = std::endian::big}}.bytes()}) {
        byte_vector swapped = capture;
        for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
        CHECK(said_of(swapped) == "was a capture, and the two bytes of each pair are swapped now. Swap them back: dd "
                                  "conv=swab if=FILE of=NEW_FILE.");
    }
}

TEST_CASE("altered captures: CRs that a transfer took from before LFs are told where they show") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        pcap_writer capture{{.order = order}};
        for (std::uint32_t i = 0; i < 5; ++i) {
            byte_vector bytes(100, std::byte{0x55});
            if (i == 1 || i == 3) std::ranges::copy(text("A: b\r\nC: d\r\n"), bytes.begin() + 60);
            capture.record(1'700'000'000 + i, 0, bytes);
        }
        byte_vector changed;
        for (const std::byte each : capture.bytes()) {
            if (each == std::byte{'\n'} && changed.back() == std::byte{'\r'}) changed.pop_back();
            changed.push_back(each);
        }
        const reading result = read_memory(changed);
        CHECK(result.packets.size() == 2);
        REQUIRE(result.error);
        CHECK(to_string(*result.error)
                  .starts_with("was changed by a transfer as text (its line ends were changed), as is seen at byte 256 "
                               "in packet 3."));
        CHECK(result == read_stream(changed, 7));
        check_every_cut(changed);
        // a CR before an LF was left: something else has damaged it
        std::ranges::copy(text("\r\n"), changed.end() - 9);
        CHECK(to_string(read_memory(changed).error->code) != "altered");
    }
}

TEST_CASE("altered captures: a capture in the frames of Docker's API is told") {
    const byte_vector capture = records({});
    byte_writer frames{std::endian::big};
    frames.put(std::uint32_t{0x0200'0000}).put(std::uint32_t{9}).put(text("listening"));
    frames.put(std::uint32_t{0x0100'0000}).put(static_cast<std::uint32_t>(capture.size())).put(capture);
    CHECK(said_of(frames.bytes()).starts_with("is a capture within the frames of Docker's API"));
    CHECK(said_of(behind(frames.bytes(), 17)).starts_with("is a capture within the frames of Docker's API"));
    check_every_cut(frames.bytes());
    CHECK(said_of("\1\0\0\0\0\0\0\4abcd\3\0\0\0\xd4\xc3\xb2\xa1"sv).starts_with("is neither"));
}

TEST_CASE("unknown format: bytes of a capture that were written as text are told in each way") {
    for (const auto& [characters, kind] : {
             std::pair{"unsigned char a_pcap[] = {\n  0xd4, 0xc3, 0xb2, 0xa1, 0x02, 0x00"sv,
                       "is bytes written as numbers ("sv},
             std::pair{"0x0A,0x0D,0x0D,0x0A,0x1C"sv, "is bytes written as numbers ("sv},
             std::pair{"212 195 178 161 2 0 4 0"sv, "is bytes written as numbers ("sv},
             std::pair{"\\xd4\\xc3\\xb2\\xa1\\x02\\x00"sv, "is bytes written as escape sequences ("sv},
             std::pair{"b'\\xd4\\xc3\\xb2\\xa1\\x02\\x00'"sv, "is bytes written as escape sequences ("sv},
             std::pair{"=D4=C3=B2=A1=02=00=04=00"sv, "is quoted-printable ("sv},
             std::pair{"1f8b0800c0ffee00"sv, "is a hex dump ("sv},
             std::pair{"00000000: 736e 6f6f 7000 0000 0000 0002"sv, "is a hex dump ("sv},
             std::pair{"34 CD B2 A1 02 00 04 00"sv, "is a hex dump ("sv},
             std::pair{"           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\r\n"sv, "is a hex dump ("sv},
             std::pair{"0000000 8b1f 0008 5367 6b0d"sv, "is a dump of words ("sv},
             std::pair{"c25vb3AAAAAAAAACAAAABA"sv, "is Base64 ("sv},
             std::pair{"data:application/octet-stream;base64,1MOyoQIABAA"sv, "is Base64 ("sv},
             std::pair{"-----BEGIN CERTIFICATE-----\r\n1MOyoQIABAA"sv, "is Base64 ("sv},
             std::pair{"[\n  {\n    \"_index\": \"packets\""sv, "is JSON ("sv},
             std::pair{"    1   0.000000     10.0.0.1 -> 10.0.0.2"sv,
                       "is a list of packets as Wireshark and tshark print it ("sv},
             std::pair{"\"No.\",\"Time\",\"Source\""sv, "is a list of packets as Wireshark and tshark print it ("sv},
             std::pair{"#separator \\x09\n#set_separator\t,"sv, "is a log of Zeek ("sv},
             std::pair{"\\x41\\x42\\x43\\x44"sv, "is text ("sv},
             std::pair{"0x41, 0x42, 0x43, 0x44, 0x45"sv, "is text ("sv},
             std::pair{"\\xd4\\xc3"sv, "is text ("sv},
             std::pair{"{ nothing of bytes }"sv, "is text ("sv},
         }) {
        const std::string_view given = characters; // clang 14 captures no name of a structured binding
        CAPTURE(given);
        CHECK(said_of(characters).starts_with(kind));
        check_every_cut(text(characters));
    }
}

TEST_CASE("unknown format: other files are named") {
    for (const auto& [beginning, sentence] : {
             std::pair{"\x89PNG\r\n\x1a\n"sv, "is a PNG picture, not a capture."sv},
             std::pair{"SQLite format 3\0"sv, "is an SQLite database, not a capture."sv},
             std::pair{"\x78\x9c\xbb\x72"sv, "is compressed data (zlib), not a capture."sv},
             std::pair{"Salted__\x9a\x9a"sv, "is encrypted (OpenSSL), not a capture."sv},
             std::pair{"\0\0\0\x18"
                       "ftypmp42"sv,
                       "is an MPEG-4 file, not a capture."sv},
             std::pair{"\xc7\x71\1\1"sv, "is an archive (cpio), not a capture."sv},
         }) {
        CHECK(said_of(beginning) == sentence);
    }
    CHECK(said_of("LOGG\x90\0\0\0"sv).starts_with("is a capture of another format (Vector BLF)."));
    CHECK(said_of("\x20\0-lh5-\x05\x05"sv) == "is compressed (lzh). Unpack it first.");
}

TEST_CASE("unknown format: a capture without its beginning is told by its records or blocks") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        CHECK(said_of(behind(records({.order = order}), 24)) ==
              "has packet records of a pcap capture without the header that belongs before them: the beginning of the "
              "file is missing. Take the file from its first byte on.");
        const byte_vector pcapng = pcapng_writer{{.order = order}}.interface().enhanced(0, 1, counting(20)).bytes();
        CHECK(said_of(behind(pcapng, 28))
                  .starts_with("has blocks of a pcapng capture without the header that belongs before them: "));
        check_every_cut(behind(pcapng, 28));
        check_every_cut(behind(records({.order = order}), 24));
    }
    byte_vector lost = records({});
    std::ranges::fill(std::span{lost}.first(24), std::byte{0});
    CHECK(said_of(lost) ==
          "begins with zeros where the header of a capture is due: its beginning was not written, or was lost.");
}

TEST_CASE("captures behind captures: what is no capture behind one is named, in the place of the packet that was due") {
    const byte_vector network_monitor = join({text("GMBU\0\2"sv), counting(60)});
    for (const auto& [second, words] : {
             std::pair{text("\n4 packets captured\n4 packets received by filter\n"),
                       "text stands ('4 packets captured') where a packet is due."sv},
             std::pair{join({text("\x1f\x8b\b\0"sv), counting(60)}),
                       "a compressed file (gzip) begins where a packet is due."sv},
             std::pair{network_monitor,
                       "a capture of another format (Microsoft Network Monitor 2) begins where a packet is due."sv},
         }) {
        const byte_vector pcap = join({records({}), second});
        CHECK(said_of(pcap) ==
              "damaged at byte 252 in packet 4: " + std::string{words} + " The 3 packets before it were read.");
        check_every_cut(pcap);
        const byte_vector first = pcapng_writer{}.interface().enhanced(0, 1, counting(20)).bytes();
        const std::string said = said_of(join({first, second}));
        CHECK(said == "damaged at byte " + std::to_string(first.size()) + " in packet 2: " + std::string{words} +
                          " The packet before it was read.");
        check_every_cut(join({first, second}));
    }
    // damage that is none of these
    CHECK(said_of(join({records({}), byte_vector(64, std::byte{0xa5})})).find("it claims ") != std::string::npos);
    CHECK(said_of(join({records({}), byte_vector(64, std::byte{0xaa})})).find("it claims ") != std::string::npos);
}

TEST_CASE("captures behind captures: any may stand behind snoop") {
    for (const byte_vector& second :
         {snoop_of(2), records({}, 2), records({.order = std::endian::big}, 2),
          pcapng_writer{}.interface().enhanced(0, 1, counting(20)).enhanced(0, 2, counting(20)).bytes()}) {
        const byte_vector both = join({snoop_of(3), second, snoop_of(0)});
        reading result = read_memory(join({snoop_of(3), second}));
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 5);
        CHECK(result.packets.back().number == 5);
        CHECK(result.packets.back().interface_id == 1);
        CHECK(result.interfaces.size() == 2);
        CHECK(result.sections.size() == 2);
        CHECK(result == read_stream(join({snoop_of(3), second}), 3));
        check_every_cut(both);
    }
    CHECK(read_memory(join({snoop_of(1), snoop_of(2), snoop_of(3)})).interfaces.size() == 3);
}
