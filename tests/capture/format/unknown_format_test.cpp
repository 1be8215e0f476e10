// SPDX-License-Identifier: MIT
// What is no capture that can be read, and what is said of it.
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

capture_error error_of(const byte_vector& bytes) {
    const reading result = read_memory(bytes);
    REQUIRE(result.error);
    CHECK(result.packets.empty());
    CHECK(result == read_stream(bytes, 3));
    return *result.error;
}

std::string said_of(std::string_view characters) {
    return to_string(error_of(text(characters)));
}

byte_vector replaced(const byte_vector& bytes, std::string_view what, std::string_view by) {
    const auto* const data = reinterpret_cast<const char*>(bytes.data());
    std::string all{data, bytes.size()};
    for (std::size_t at = 0; (at = all.find(what, at)) != all.npos; at += by.size()) all.replace(at, what.size(), by);
    return text(all);
}

} // namespace

TEST_CASE("unknown format: compressed files and archives are named, with a command that unpacks that very kind") {
    struct sample {
        std::string_view beginning;
        std::string_view name;
        std::string_view command;
    };
    for (const auto& [beginning, name, command] : {
             sample{"\x1f\x8b\x08"sv, "gzip", "'gzip -dc FILE'"},
             sample{"\x1f\x9d\x90"sv, "compress", "'gzip -dc FILE'"},
             sample{"\x1f\x1e"sv, "pack", "'gzip -dc FILE'"},
             sample{"\x28\xb5\x2f\xfd"sv, "zstd", "'zstd -dc FILE'"},
             sample{"\x27\xb5\x2f\xfd"sv, "zstd", "'zstd -dc FILE'"},
             sample{"\x50\x2a\x4d\x18\x02\0\0\0ab\x28\xb5\x2f\xfd"sv, "zstd", "'zstd -dc FILE'"},
             sample{"\x5f\x2a\x4d\x18\x02\0\0\0ab\x04\x22\x4d\x18"sv, "lz4", "'lz4 -dc FILE'"},
             sample{"\x5f\x2a\x4d\x18\xff\xff\xff\xff"sv, "zstd", "'zstd -dc FILE'"},
             sample{"\x04\x22\x4d\x18"sv, "lz4", "'lz4 -dc FILE'"},
             sample{"\x02\x21\x4c\x18"sv, "lz4", "'lz4 -dc FILE'"},
             sample{"\xfd\x37zXZ\0"sv, "xz", "'xz -dc FILE'"},
             sample{"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0"sv, "lzma", "'xz -dc FILE'"},
             sample{"\x5d\0\0\x10\0\x42\x01\0\0\0\0\0\0\0"sv, "lzma", "'xz -dc FILE'"},
             sample{"BZh91AY"sv, "bzip2", "'bzip2 -dc FILE'"},
             sample{"LZIP\1"sv, "lzip", "'lzip -dc FILE'"},
             sample{"\x89LZO\0\r\n\x1a\n"sv, "lzop", "'lzop -dc FILE'"},
             sample{"PK\x03\x04"sv, "zip", "'unzip -p FILE'"},
             sample{"7z\xbc\xaf\x27\x1c"sv, "7z", "'7z x -so FILE'"},
             sample{"Rar!\x1a\x07\0"sv, "rar", "'unrar p -inul FILE'"},
             sample{"Rar!\x1a\x07\1\0"sv, "rar", "'unrar p -inul FILE'"},
             sample{"070701"sv, "cpio", "'cpio -i --to-stdout < FILE'"},
             sample{"!<arch>\n"sv, "ar", "'ar p FILE'"},
         }) {
        const capture_error error = error_of(text(beginning));
        CHECK(to_string(error.code) == "compressed");
        CHECK(error.subject == name);
        CHECK(to_string(error).find(command) != std::string::npos);
    }
}

TEST_CASE("unknown format: a tar archive is told by its magic, or by the sum in its header") {
    byte_vector header(512);
    std::ranges::copy(text("trace.pcap"), header.begin());
    std::ranges::copy(text("ustar"), header.begin() + 257);
    CHECK(to_string(error_of(header)) ==
          "is an archive (tar). Unpack it first, or read the output of 'tar -xOf FILE' through a pipe.");
    std::fill_n(header.begin() + 257, 5, std::byte{0});
    CHECK(to_string(error_of(header).code) == "not_a_capture");
    unsigned sum = 8 * 0x20;
    for (const std::byte each : header) sum += std::to_integer<unsigned>(each);
    std::string octal;
    for (int shift = 15; shift >= 0; shift -= 3) octal += static_cast<char>('0' + ((sum >> shift) & 7));
    std::ranges::copy(text(octal), header.begin() + 148);
    CHECK(error_of(header).subject == "tar");
}

TEST_CASE("unknown format: captures of other formats are named, with editcap as the way out") {
    for (const auto& [beginning, name] : {
             std::pair{"btsnoop\0\0\0\0\1"sv, "btsnoop (Bluetooth)"sv},
             std::pair{"snoop\0\0\0\0\0\0\2\0\0\0\5"sv, "snoop"sv},
             std::pair{"RTSS\1\1\1\0"sv, "Microsoft Network Monitor 1"sv},
             std::pair{"GMBU\0\2\1\0"sv, "Microsoft Network Monitor 2"sv},
             std::pair{"TRSNIFF data    \x1a"sv, "Sniffer (DOS)"sv},
             std::pair{"XCP\0"
                       "002.001\0"sv,
                       "Sniffer (Windows, NetXRay)"sv},
             std::pair{"ObserverPktBufferVersion=15.00"sv, "Network Instruments Observer"sv},
             std::pair{"\x54\x52\0\x64\0"sv, "HP-UX nettl"sv},
             std::pair{"\xaa\xaa\xaa\xaa\x20\0\0\0"sv, "InfoVista 5View"sv},
             std::pair{"\x05VNF\4"sv, "Visual Networks"sv},
             std::pair{"iptrace 2.0"sv, "AIX iptrace"sv},
             std::pair{"\x7fver\0"sv, "EtherPeek or OmniPeek"sv},
             std::pair{"\x01\x10\x4c\0\1\5Trace Display"sv, "LANalyzer"sv},
             std::pair{"\x07\x10\x4c\0\2\5Trace Display"sv, "LANalyzer"sv},
             std::pair{"\x4a\0\x4a\0\0\xe7\7\x0b\x0e\x16\x0d\x14\3\0\0\0\0\0\0\0\0\0\0\0\2"sv, "CommView"sv},
             std::pair{"\x4a\0\0\0\xe7\7\x0b\x0e\x16\x0d\x14\3\0\0\0\0\0\0\0\0\2"sv, "CommView"sv},
         }) {
        const capture_error error = error_of(text(beginning));
        CHECK(to_string(error.code) == "other_format");
        CHECK(error.subject == name);
        CHECK(to_string(error) == "is a capture of another format (" + std::string{name} +
                                      "). Convert it with Wireshark's editcap: editcap -F pcapng FILE NEW_FILE.");
    }
    byte_writer etl;
    etl.put(std::uint32_t{0x10000}).put(std::uint32_t{0x1000}).put(byte_vector(64)).put(std::uint32_t{0xc0020002});
    CHECK(to_string(error_of(etl.put(counting(100)).bytes())) ==
          "is a capture of another format (Windows event trace (.etl)). "
          "Convert it with etl2pcapng: etl2pcapng FILE NEW_FILE.");
}

TEST_CASE("unknown format: text is quoted, and what it is tells what to do") {
    CHECK(said_of("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a") ==
          "is a Git LFS pointer ('version https://git-lfs.github.com/spec/v1'), not a capture. Fetch the capture that "
          "it stands for: "
          "git lfs pull.");
    CHECK(said_of("\n\n<!DOCTYPE HTML>\n<html>") ==
          "is an HTML page ('<!DOCTYPE HTML>'), not a capture. The download gave a page instead of the capture.");
    CHECK(said_of("<?xml version=\"1.0\"?><Error>")
              .starts_with("is an XML document ('<?xml version=\"1.0\"?><Error>'), "));
    for (const auto output :
         {"12:34:56.789012 IP 10.0.0.1.80 > 10.0.0.2.1234: Flags [S]"sv, "2026-11-29 12:34:56.789012 IP 10.0.0.1"sv,
          "1700000000.123456 IP 10.0.0.1.80"sv, "tcpdump: verbose output suppressed"sv,
          "listening on eth0, link-type EN10MB"sv, "reading from file a.pcap"sv}) {
        CHECK(said_of(output).starts_with("is text of tcpdump ('"));
        CHECK(said_of(output).ends_with("Packets are written to a file by tcpdump -w FILE."));
    }
    CHECK(
        said_of("1MOyoQIABAAAAAAAAAAAAAAABAABAAAA").ends_with("not a capture. Decode it: base64 -d FILE > NEW_FILE."));
    CHECK(said_of("Cg0NChwAAABNPCsaAQAAAP").starts_with("is Base64 ("));
    CHECK(said_of("begin 644 trace.pcap\nM").starts_with("is uuencoded ("));
    for (const auto dump : {"d4c3b2a1020004000000000000000000"sv, "00000000: d4c3 b2a1 0200 0400"sv,
                            "00000000  d4 c3 b2 a1 02 00 04 00"sv, "0a 0d 0d 0a 1c 00 00 00"sv}) {
        CHECK(said_of(dump).starts_with("is a hex dump ("));
    }
    CHECK(said_of("0000000 c3d4 a1b2 0002 0004").starts_with("is a dump of words ("));
    CHECK(said_of("0000  00 0c 29 7a 3f 11 00 50").starts_with("is a hex dump of packets ("));
    CHECK(said_of("{\"packets\": []}").starts_with("is JSON ('{\"packets\": []}'), not a capture."));
    CHECK(said_of("\xef\xbb\xbfsome text here").starts_with("is text ('some text here'), "));
    const std::string long_line(300, 'x');
    CHECK(said_of(long_line).starts_with("is text ('" + std::string(63, 'x') + "'), "));
    CHECK(said_of("{\n  \"name\": 1,\r\n  \"value\": 2\n}").starts_with("is JSON ('{ \"name\": 1,'), "));
    // escape sequences are no text that is printed
    CHECK(said_of("some text \x1b[2J").starts_with("is text ('some text'), "));
    CHECK(said_of("\x1b[2J\x1b[1;31mred") ==
          "is neither a pcap nor a pcapng capture (begins with 0x1b5b324a). Wireshark's editcap "
          "converts other capture formats: editcap -F pcapng FILE NEW_FILE.");
    CHECK(to_string(error_of(byte_vector(5000))) ==
          "begins with zeros only: nothing was written into it, or its contents were lost.");
}

TEST_CASE("unknown format: text before a capture is told with the command that cuts it off") {
    const byte_vector capture = pcap_writer{}.record(1, 0, counting(20)).bytes();
    CHECK(to_string(error_of(join({text("tcpdump: listening on eth0\n"), capture}))) ==
          "begins with text ('tcpdump: listening on eth0'); a capture begins behind it, at byte 27. Cut the text off: "
          "tail -c +28 FILE "
          "> NEW_FILE.");
    CHECK(to_string(error_of(join({text("Capturing on 'eth0'\n"), pcapng_writer{}.bytes()}))).find("at byte 20. ") !=
          std::string::npos);
}

TEST_CASE("unknown format: captures that were taken for text are told") {
    const byte_vector pcap = pcap_writer{}.record(1, 0, counting(20)).bytes();
    const byte_vector pcapng = pcapng_writer{}.interface().enhanced(0, 1, counting(20)).bytes();
    // PowerShell: bytes as characters of code page 437, in UTF-16 with a mark
    CHECK(said_of("\xff\xfe\x58\x25\x1c\x25\x93\x25\xed\0\2\0\0\0\4\0"sv)
              .starts_with("was a capture, and is text in UTF-16 now: "));
    CHECK(said_of("\xff\xfe\r\0\n\0\r\0\n\0\r\0\n\0\x1c\0\0\0"sv)
              .starts_with("was a capture, and is text in UTF-16 now: "));
    CHECK(said_of("\xfe\xff\x25\x58\x25\x1c\x25\x93\0\xed\0\2\0\0"sv)
              .starts_with("was a capture, and is text in UTF-16 now: "));
    CHECK(to_string(error_of(text("\xff\xfeH\0i\0 \0t\0h\0e\0r\0e\0"sv)).code) == "not_a_capture");
    CHECK(
        said_of("\xc3\x94\xc3\x83\xc2\xb2\xc2\xa1\2\0\4\0"sv).starts_with("was a capture, and is text in UTF-8 now: "));
    CHECK(
        said_of("\xef\xbf\xbd\xc3\xb2\xef\xbf\xbd\2\0\4\0"sv).starts_with("was a capture, and is text in UTF-8 now: "));
    for (const auto& [what, by] :
         {std::pair{"\n"sv, "\r\n"sv}, std::pair{"\r"sv, "\r\n"sv}, std::pair{"\r\n"sv, "\n"sv},
          std::pair{"\n"sv, "\r"sv}, std::pair{"\r"sv, "\n"sv}, std::pair{"\r"sv, ""sv}}) {
        CHECK(to_string(error_of(replaced(pcapng, what, by)).code) == "altered");
    }
    CHECK(to_string(error_of(replaced(pcapng, "\n", "\r\n")))
              .starts_with("was changed by a transfer as text (LF became CR LF). Transfer it again as bytes: "));
    check_every_cut(replaced(pcapng, "\n", "\r\n"));
    CHECK(pcap.size() == 60);
}

TEST_CASE("unknown format: every cut of every beginning has an answer") {
    for (const auto beginning :
         {"\x5f\x2a\x4d\x18\x02\0\0\0ab\x04\x22\x4d\x18"sv, "\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0"sv,
          "version https://git-lfs.github.com/spec/v1\n"sv, "tcpdump: x\n\xd4\xc3\xb2\xa1\2\0\4\0"sv,
          "\xff\xfe\x58\x25\x1c\x25\x93\x25\xed\0\2\0\0\0\4\0"sv, "00000000: d4c3 b2a1 0200 0400"sv,
          "\x4a\0\x4a\0\0\xe7\7\x0b\x0e\x16\x0d\x14\3\0\0\0\0\0\0\0\0\0\0\0\2"sv, "snoop\0\0\0\0\0\0\2\0\0\0\5"sv}) {
        check_every_cut(text(beginning));
    }
}

TEST_CASE("snoop: packets with their times and lengths; every cut gives the packets before it") {
    byte_writer file{std::endian::big};
    file.put(text("snoop\0\0\0"sv)).put(2).put(4);
    file.put(1514).put(5).put(32).put(0).put(1'700'000'000).put(123'456).put(text("abcde")).put(byte_vector(3));
    file.put(4).put(4).put(28).put(7).put(1'700'000'001).put(0).put(text("last"));
    const reading result = read_memory(file.bytes());
    CHECK(!result.error);
    REQUIRE(result.packets.size() == 2);
    CHECK(result.packets[0].bytes == text("abcde"));
    CHECK(result.packets[0].wire_length == 1514);
    CHECK(result.packets[0].link == link_type::ethernet);
    CHECK(result.packets[0].time ==
          timestamp{std::chrono::seconds{1'700'000'000} + std::chrono::microseconds{123'456}});
    CHECK(result.packets[1].number == 2);
    REQUIRE(result.sections.size() == 1);
    CHECK(result.sections[0].format == capture_format::snoop);
    CHECK(result.interfaces.size() == 1);
    check_every_cut(file.bytes());
    CHECK(read_memory(std::span{file.bytes()}.first(16 + 32 + 27)).packets.size() == 1);

    byte_writer longer{std::endian::big}; // captured with more bytes than it had
    longer.put(text("snoop\0\0\0"sv))
        .put(2)
        .put(4)
        .put(3)
        .put(4)
        .put(28)
        .put(0)
        .put(1'700'000'000)
        .put(0)
        .put(text("last"));
    CHECK(read_memory(longer.bytes()).packets.at(0).wire_length == 4);

    const auto with_record = [](std::uint32_t captured, std::uint32_t length) {
        byte_writer bad{std::endian::big};
        bad.put(text("snoop\0\0\0"sv)).put(2).put(4).put(captured).put(captured).put(length).put(0).put(1).put(1);
        return error_of(bad.put(counting(40)).bytes());
    };
    CHECK(to_string(with_record(20, 30).code) == "bad_captured_length");
    CHECK(to_string(with_record(20, 0x8000'0000).code) == "record_too_long");
    CHECK(to_string(with_record(0xffff'ffff, 44).code) == "record_too_long");
    CHECK(to_string(with_record(100, 200).code) == "truncated");
    CHECK(to_string(with_record(0, 0).code) == "zero_gap");
}

TEST_CASE("ERF: records are packets of link type ERF; padding and metadata are numbered and passed over") {
    const auto record = [](unsigned type, std::uint32_t seconds, std::uint16_t wire, const byte_vector& content) {
        byte_writer out;
        out.put(std::uint32_t{0x8000'0000}).put(seconds);
        out.put(static_cast<std::uint8_t>(type)).put(std::uint8_t{4});
        out.use(std::endian::big);
        out.put(static_cast<std::uint16_t>(16 + content.size())).put(std::uint16_t{0}).put(wire).put(content);
        return out.bytes();
    };
    const byte_vector extended = join({byte_vector(8, std::byte{0x80}), byte_vector(8), byte_vector(2), counting(20)});
    const byte_vector bytes =
        join({record(27, 0, 0, counting(8)), record(2, 1'700'000'000, 64, join({byte_vector(2), counting(60)})),
              record(48, 0, 0, counting(8)), record(2 | 0x80, 1'700'000'001, 1518, extended)});
    const reading result = read_memory(bytes);
    CHECK(!result.error);
    REQUIRE(result.packets.size() == 2);
    CHECK(result.packets[0].number == 2);
    CHECK(result.packets[0].link == link_type{197});
    CHECK(result.packets[0].time == timestamp{std::chrono::seconds{1'700'000'000} + std::chrono::milliseconds{500}});
    CHECK(result.packets[0].bytes.size() == 16 + 62);
    CHECK(result.packets[0].wire_length == 16 + 2 + 64);
    CHECK(result.packets[1].wire_length == 16 + 16 + 2 + 1518);
    CHECK(result.packets[1].number == 4);
    CHECK(result.skipped == skipped_parts{.numbered_blocks = 2});
    CHECK(result.sections.at(0).format == capture_format::erf);
    check_every_cut(bytes);
    const byte_vector zeros = join({bytes, byte_vector(100)});
    CHECK(to_string(read_memory(zeros).error->code) == "only_zeros");
    CHECK(read_memory(zeros).error->packet_number == 5);

    const reading with_empty = read_memory(join({bytes, record(48, 0, 0, {}), bytes})); // a record of its header alone
    CHECK(!with_empty.error);
    CHECK(with_empty.packets.size() == 4);
    CHECK(with_empty.skipped.numbered_blocks == 5);
}
