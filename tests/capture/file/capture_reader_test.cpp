// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

static_assert(std::ranges::input_range<capture_reader<memory_source>>);
static_assert(std::ranges::input_range<capture_reader<stream_source<chunked>>>);
static_assert(std::is_same_v<std::ranges::range_reference_t<capture_reader<memory_source>>, const packet&>);
static_assert(std::is_same_v<decltype(capture_reader{std::span<const std::byte>{}}), capture_reader<memory_source>>);

std::vector<byte_vector> both_formats() {
    return {pcap_writer{}.record(1, 0, text("a")).record(2, 0, text("bc")).record(3, 0, text("def")).bytes(),
            pcapng_writer{}
                .interface()
                .enhanced(0, 1, text("a"))
                .enhanced(0, 2, text("bc"))
                .enhanced(0, 3, text("def"))
                .bytes()};
}

/// Captures in which something of everything is, whole and damaged.
std::vector<byte_vector> samples() {
    std::vector<byte_vector> result = both_formats();
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        result.push_back(pcap_writer{{.order = order, .nanoseconds = true}}
                             .record(1, 2, counting(70), 1514)
                             .record(2, 3, {})
                             .record(3, 4, counting(5000))
                             .record_header(0, 0, 0xffffffff, 0)
                             .raw(counting(9))
                             .bytes());
        pcapng_writer pcapng{{.order = order}};
        pcapng.block(0x0bad, counting(8192)).interface({.link = 101, .resolution = 9, .offset = -7});
        pcapng.enhanced(0, 1, counting(71), 1500).simple(counting(6)).obsolete(0, 1, 2, counting(4097));
        pcapng.section({.order = std::endian::big, .options = counting(64)}).interface().enhanced(0, 7, counting(3));
        result.push_back(pcapng.bytes());
        result.push_back(pcapng_writer{pcapng}.enhanced(1, 0, text("x")).bytes());
        result.push_back(pcapng_writer{pcapng}.block(0x0bad, counting(4096), {}, 8).bytes());
        result.push_back(pcapng_writer{pcapng}.block(6, counting(4096), {}, 8).bytes());
        result.push_back(pcapng_writer{pcapng}.block(6, counting(40), 50).bytes());
        result.push_back(pcapng_writer{pcapng}.block(6, counting(40), capture_limits::max_record_length + 4).bytes());
        result.push_back(pcapng_writer{pcapng}.block(0x0bad, counting(40), 0xfffffffc).bytes());
        result.push_back(pcapng_writer{pcapng}.section({.order = order, .major = 3}).bytes());
    }
    result.push_back(text("neither"));
    result.push_back(text("\x1f\x8b and more"));
    return result;
}

} // namespace

TEST_CASE("capture_reader: the first four bytes tell the format") {
    using enum capture_format;
    CHECK(detect_format(text("\xa1\xb2\xc3\xd4")) == pcap);
    CHECK(detect_format(text("\xd4\xc3\xb2\xa1")) == pcap);
    CHECK(detect_format(text("\xa1\xb2\x3c\x4d")) == pcap);
    CHECK(detect_format(text("\x4d\x3c\xb2\xa1")) == pcap);
    CHECK(detect_format(text("\xa1\xb2\xcd\x34")) == pcap);
    CHECK(detect_format(text("\x34\xcd\xb2\xa1")) == pcap);
    using namespace std::string_view_literals;
    for (const auto ixia : {"\x1c\0\1\xab"sv, "\xab\1\0\x1c"sv, "\x1c\0\1\xac"sv, "\xac\1\0\x1c"sv}) {
        CHECK(detect_format(text(ixia)) == pcap);
    }
    CHECK(detect_format(text("\x1c\0\1\xad"sv)) == unknown);
    CHECK(detect_format(text("\x0a\x0d\x0d\x0a")) == pcapng);
    CHECK(detect_format(text("\x0a\x0d\x0d\x0b")) == unknown);
    CHECK(detect_format(text("\x0a\x0d\x0d")) == unknown);
    CHECK(detect_format({}) == unknown);
}

TEST_CASE("capture_reader: a capture of either format is a range of packets") {
    for (const byte_vector& bytes : both_formats()) {
        capture_reader reader{std::span<const std::byte>{bytes}};
        std::size_t total = 0;
        std::uint64_t number = 0;
        for (const packet& packet : reader) {
            total += packet.bytes.size();
            CHECK(packet.number == ++number);
            CHECK(reader.packets() == number);
        }
        CHECK(total == 6);
        CHECK(number == 3);
        CHECK(!reader.error());
        CHECK(reader.position() == bytes.size());
        CHECK(reader.size() == bytes.size());

        capture_reader again{memory_source{bytes}};
        std::vector<std::size_t> lengths;
        std::ranges::transform(again, std::back_inserter(lengths),
                               [](const packet& packet) { return packet.bytes.size(); });
        CHECK(lengths == std::vector<std::size_t>{1, 2, 3});
    }
}

TEST_CASE("capture_reader: a range begins at the current position") {
    for (const byte_vector& bytes : both_formats()) {
        capture_reader reader{std::span<const std::byte>{bytes}};
        for (const packet& packet : reader) {
            CHECK(packet.number == 1);
            break;
        }
        const packet* const second = reader.next();
        REQUIRE(second != nullptr);
        CHECK(second->number == 2);
        auto rest = reader.begin();
        REQUIRE(rest != reader.end());
        CHECK(rest->number == 3);
        rest++;
        CHECK(rest == reader.end());
        CHECK(reader.begin() == reader.end());
    }
}

TEST_CASE("capture_reader: a reader can be moved in the middle") {
    for (const byte_vector& bytes : both_formats()) {
        capture_reader first{stream_source{chunked{bytes, 3}}};
        REQUIRE(first.next() != nullptr);
        capture_reader second{std::move(first)};
        const packet* const packet = second.next();
        REQUIRE(packet != nullptr);
        CHECK(packet->number == 2);
        CHECK(std::ranges::equal(packet->bytes, text("bc")));
    }
}

TEST_CASE("capture_reader: a stream's size is not known, its position is") {
    for (const byte_vector& bytes : both_formats()) {
        capture_reader reader{stream_source{chunked{bytes, 1000}}};
        CHECK(!reader.size());
        REQUIRE(reader.next() != nullptr);
        CHECK(reader.position() < bytes.size());
        while (reader.next() != nullptr) {
        }
        CHECK(reader.position() == bytes.size());
    }
}

TEST_CASE("capture_reader: no bytes at all are the error empty") {
    check_error(read_memory({}).error, {.code = capture_error_code::empty});
    check_error(read_stream({}, 1).error, {.code = capture_error_code::empty});
}

TEST_CASE("capture_reader: a file that is no capture is the error not_a_capture with its first bytes") {
    check_error(read_memory(text("GET / HTTP/1.1\r\n")).error,
                {.code = capture_error_code::not_a_capture, .available = 0x47455420});
    check_error(read_memory(text("\x89\xff\xfe\xfd\r\n\x1a\n")).error,
                {.code = capture_error_code::not_a_capture, .available = 0x89fffefd});
    check_error(read_memory(text("a")).error, {.code = capture_error_code::not_a_capture});
    check_error(read_memory(text("\xa1\xb2z")).error, {.code = capture_error_code::not_a_capture});
    CHECK(to_string(*read_memory(text("a")).error) ==
          "is text ('a'), not a capture. Only binary captures are read (tcpdump -w FILE).");
    CHECK(to_string(*read_memory(text("GET / HTTP/1.1\r\n")).error)
              .starts_with("is text ('GET / HTTP/1.1'), not a capture. "));
    CHECK(to_string(*read_memory(text("\x89PNG\r\n\x1a\n")).error) == "is a PNG picture, not a capture.");
    CHECK(to_string(*read_memory(text("\x89\xff\xfe\xfd\r\n\x1a\n")).error) ==
          "is neither a pcap nor a pcapng capture (begins with 0x89fffefd). Wireshark's editcap converts other capture "
          "formats: "
          "editcap -F pcapng FILE NEW_FILE.");
}

TEST_CASE("capture_reader: a file that is cut within the magic of a format is truncated") {
    using namespace std::string_view_literals;
    for (const auto magic : {"\xa1\xb2\xc3"sv, "\xd4\xc3\xb2"sv, "\xa1\xb2\x3c"sv, "\x4d\x3c\xb2"sv, "\x0a\x0d\x0d"sv,
                             "\xa1\xb2\xcd"sv, "\x34\xcd\xb2"sv, "\x1c\0\1"sv, "\xab\1\0"sv, "\xac\1\0"sv}) {
        for (std::size_t length = 1; length <= 3; ++length) {
            check_error(
                read_memory(text(magic.substr(0, length))).error,
                {.code = capture_error_code::truncated, .needed = magic[0] == '\x0a' ? 28u : 24u, .available = length});
        }
    }
}

TEST_CASE("capture_reader: compressed files are an error whose message says how to unpack them") {
    using namespace std::string_view_literals;
    struct sample {
        std::string_view format;
        std::string_view beginning;
        std::string_view command;
    };
    for (const auto& [format, beginning, command] :
         {sample{"gzip", "\x1f\x8b"sv, "gzip -dc"}, sample{"gzip", "\x1f\x8b\x08\0\0\0\0\0\0\x03"sv, "gzip -dc"},
          sample{"zstd", "\x28\xb5\x2f\xfd\x24"sv, "zstd -dc"}, sample{"xz", "\xfd\x37zXZ\0\0\x04"sv, "xz -dc"},
          sample{"bzip2", "BZh91AY&SY"sv, "bzip2 -dc"}, sample{"lz4", "\x04\x22\x4d\x18\x64"sv, "lz4 -dc"},
          sample{"zip", "PK\x03\x04\x14"sv, "unzip -p"}}) {
        for (const std::size_t chunk : {1u, 100u}) {
            const reading result = read_stream(text(beginning), chunk);
            check_error(result.error, {.code = capture_error_code::compressed});
            CHECK(result.error->subject == format);
            CHECK(to_string(*result.error).find(command) != std::string::npos);
        }
    }
}

TEST_CASE("capture_reader: a stream gives the same packets and the same error as memory, however its bytes arrive") {
    for (const byte_vector& bytes : samples()) {
        const reading expected = read_memory(bytes);
        CAPTURE(expected);
        for (const std::size_t chunk : {1u, 2u, 7u, 4096u}) {
            CAPTURE(chunk);
            CHECK(read_stream(bytes, chunk) == expected);
        }
    }
}

TEST_CASE("capture_reader: a stream that is cut at any byte gives the same as memory that is cut there") {
    for (const byte_vector& bytes : samples()) {
        // the last bytes and the first ones; what lies between is much of the same
        for (std::size_t length = 0; length <= bytes.size(); ++length) {
            if (length > 300 && length + 300 < bytes.size()) continue;
            const auto cut = std::span{bytes}.first(length);
            CAPTURE(length);
            const reading expected = read_memory(cut);
            for (const std::size_t chunk : {1u, 7u, 4096u}) CHECK(read_stream(cut, chunk) == expected);
        }
    }
}

TEST_CASE("capture_reader: packets can be written in both formats and read again") {
    const byte_vector bytes = counting(60);
    const packet original{.time = timestamp{std::chrono::nanoseconds{1'700'000'000'123'456'789}},
                          .bytes = bytes,
                          .wire_length = 1514,
                          .link = link_type::ethernet,
                          .number = 1};
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        const reading pcap = read_memory(pcap_writer{{.order = order, .nanoseconds = true}}.add(original).bytes());
        const reading pcapng =
            read_memory(pcapng_writer{{.order = order}}.interface({.resolution = 9}).add(original).bytes());
        CHECK(pcap.packets == pcapng.packets);
        REQUIRE(pcap.packets.size() == 1);
        CHECK(pcap.packets[0].time == original.time);
        CHECK(pcap.packets[0].bytes == bytes);
        CHECK(pcap.packets[0].wire_length == 1514);
        const reading coarse = read_memory(pcapng_writer{{.order = order}}.interface().add(original).bytes());
        CHECK(coarse.packets.at(0).time == std::chrono::floor<std::chrono::microseconds>(original.time));
    }
}
