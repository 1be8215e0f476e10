// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/format/pcap_reader.hpp>

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ranges>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::pcap_writer;
using capture_writer::text;

namespace {

constexpr std::array orders{std::endian::little, std::endian::big};

timestamp at(std::chrono::nanoseconds since_epoch) {
    return timestamp{since_epoch};
}

static_assert(std::ranges::input_range<pcap_reader<memory_source>>);
static_assert(std::ranges::input_range<pcap_reader<stream_source<chunked>>>);

/// The smallest capture of one packet, one byte long, at 1 s and 2 us.
constexpr auto smallest = [] {
    std::array<std::byte, 41> bytes{};
    const std::array<unsigned char, 41> values{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0,   0,
                                               0,    0,    0,    0,    0, 0, 1, 0, 0, 0, 1, 0, 0,   0,
                                               2,    0,    0,    0,    1, 0, 0, 0, 9, 0, 0, 0, 0x2a};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(values[i]);
    return bytes;
}();

constexpr bool is_read_while_compiling() {
    pcap_reader reader{memory_source{smallest}};
    const packet* const packet = reader.next();
    return packet != nullptr && packet->number == 1 && packet->bytes.size() == 1 &&
           packet->bytes[0] == std::byte{0x2a} && packet->wire_length == 9 && packet->link == link_type::ethernet &&
           packet->time.time_since_epoch() == std::chrono::nanoseconds{1'000'002'000} && reader.next() == nullptr &&
           !reader.error();
}
static_assert(is_read_while_compiling());

} // namespace

TEST_CASE("pcap: pcap is read in both byte orders, with microseconds and nanoseconds") {
    for (const std::endian order : orders) {
        for (const bool nanoseconds : {false, true}) {
            CAPTURE(nanoseconds);
            const auto capture = pcap_writer{{.order = order, .nanoseconds = nanoseconds, .link = 113}}
                                     .record(1'700'000'000, 123'456, text("first"), 1514)
                                     .record(1'700'000'001, 999'999, text(""))
                                     .record(0, 0, text("third"));
            const reading result = read_memory(capture.bytes());
            CHECK(!result.error);
            REQUIRE(result.packets.size() == 3);

            const auto& [first, second, third] = std::tie(result.packets[0], result.packets[1], result.packets[2]);
            CHECK(first.time == at(1'700'000'000s + (nanoseconds ? 123'456ns : 123'456'000ns)));
            CHECK(first.bytes == text("first"));
            CHECK(first.wire_length == 1514);
            CHECK(first.link == link_type::linux_sll);
            CHECK(first.interface_id == 0);
            CHECK(first.number == 1);
            CHECK(first.has_time);
            CHECK(second.time == at(1'700'000'001s + (nanoseconds ? 999'999ns : 999'999'000ns)));
            CHECK(second.bytes.empty());
            CHECK(second.wire_length == 0);
            CHECK(second.number == 2);
            CHECK(third.time == at(0ns));
            CHECK(third.bytes == text("third"));
            CHECK(third.wire_length == 5);
            CHECK(third.number == 3);
        }
    }
}

TEST_CASE("pcap: packets of a capture in memory point into the memory") {
    const byte_vector bytes = pcap_writer{}.record(1, 2, text("abc")).bytes();
    pcap_reader reader{memory_source{bytes}};
    const packet* const packet = reader.next();
    REQUIRE(packet != nullptr);
    CHECK(packet->bytes.data() == bytes.data() + 40);
}

TEST_CASE("pcap: a file without packets is an empty capture") {
    const reading result = read_memory(pcap_writer{}.bytes());
    CHECK(result.packets.empty());
    CHECK(!result.error);
}

TEST_CASE("pcap: the FCS length and its flag are no part of the link type, the reserved bits are") {
    for (const std::endian order : orders) {
        for (const std::uint32_t above : {0x0000'0000u, 0x1400'0000u, 0xf400'0000u, 0xf800'0000u, 0xfc00'0000u}) {
            const auto capture = pcap_writer{{.order = order, .link = above | 276}}.record(0, 0, text("x"));
            CHECK(read_memory(capture.bytes()).packets.at(0).link == link_type::linux_sll2);
        }
        for (const std::uint32_t reserved : {0x0001'0000u, 0x0224'0000u, 0x03ff'0000u}) {
            const auto capture = pcap_writer{{.order = order, .link = 0x1400'0002 | reserved}}.record(0, 0, text("x"));
            CHECK(read_memory(capture.bytes()).packets.at(0).link == static_cast<link_type>(reserved | 2));
        }
    }
    const auto unnamed = pcap_writer{{.link = 0xfffe}}.record(0, 0, text("x"));
    CHECK(read_memory(unnamed.bytes()).packets.at(0).link == static_cast<link_type>(0xfffe));
}

TEST_CASE("pcap: a pcap file is one section with one interface") {
    for (const std::endian order : orders) {
        const auto described = [&](std::uint32_t link) {
            return read_memory(pcap_writer{{.order = order, .link = link, .snapshot_length = 96, .minor = 3}}.bytes());
        };
        const reading result = described(113);
        CHECK(result.sections ==
              std::vector<capture_section>{
                  {.format = capture_format::pcap, .byte_order = order, .major_version = 2, .minor_version = 3}});
        CHECK(result.interfaces ==
              std::vector<capture_interface>{{.link = link_type::linux_sll, .snapshot_length = 96}});
        CHECK(described(0x2400'0001).interfaces.at(0).fcs_bits == 32);
        CHECK(described(0x0400'0001).interfaces.at(0).fcs_bits == 0);
        CHECK(!described(0x2000'0001).interfaces.at(0).fcs_bits);
        CHECK(result.skipped == skipped_parts{});
    }
    CHECK(read_memory(text("neither")).sections.empty());
    CHECK(read_memory(text("neither")).interfaces.empty());
    CHECK(read_memory(pcap_writer{{.major = 1}}.bytes()).sections.empty());
}

TEST_CASE("pcap: the variants of Kuznetzov and IXIA have more in their headers") {
    using enum capture_writer::pcap_variant;
    for (const std::endian order : orders) {
        for (const auto variant : {kuznetzov, ixia_hardware, ixia_software}) {
            const auto capture = pcap_writer{{.order = order, .link = 113, .variant = variant}}
                                     .record(1'700'000'000, 123'456, text("first"), 1514)
                                     .record(1, 0, text(""))
                                     .record(2, 999'999, text("third"));
            const reading result = read_memory(capture.bytes());
            CHECK(!result.error);
            REQUIRE(result.packets.size() == 3);
            CHECK(result.packets[0].time == at(1'700'000'000s + 123'456us));
            CHECK(result.packets[0].bytes == text("first"));
            CHECK(result.packets[0].wire_length == 1514);
            CHECK(result.packets[0].link == link_type::linux_sll);
            CHECK(result.packets[1].bytes.empty());
            CHECK(result.packets[2].bytes == text("third"));
            CHECK(result.packets[2].time == at(2s + 999'999us));

            const std::size_t record_header = variant == kuznetzov ? 24 : 16;
            const std::size_t file_header = variant == kuznetzov ? 24 : 28;
            REQUIRE(capture.ends() == std::vector<std::size_t>{file_header, file_header + record_header + 5,
                                                               file_header + 2 * record_header + 5,
                                                               file_header + 3 * record_header + 10});
            for (std::size_t length = 1; length < capture.bytes().size(); ++length) {
                CAPTURE(length);
                const reading cut = read_memory(std::span{capture.bytes()}.first(length));
                CHECK(cut == read_stream(std::span{capture.bytes()}.first(length), 3));
                if (length < file_header) {
                    CHECK(cut.packets.empty());
                    // before the magic is whole, all that is known is that it is a file header
                    check_error(cut.error, {.code = capture_error_code::truncated,
                                            .needed = length < 4 ? 24 : file_header,
                                            .available = length});
                    continue;
                }
                std::size_t packets = 0;
                while (capture.ends()[packets + 1] <= length) ++packets;
                const std::size_t begin = capture.ends()[packets];
                CHECK(cut.packets.size() == packets);
                if (length == begin) {
                    CHECK(!cut.error);
                } else {
                    const std::size_t needed =
                        length - begin < record_header ? record_header : capture.ends()[packets + 1] - begin;
                    check_error(cut.error, {.code = capture_error_code::truncated,
                                            .offset = begin,
                                            .packet_number = packets + 1,
                                            .needed = needed,
                                            .available = length - begin});
                }
            }
        }
        const auto old = pcap_writer{{.order = order, .minor = 3, .variant = kuznetzov}}.record_header(0, 0, 100, 3);
        CHECK(read_memory(pcap_writer{old}.raw(text("abc")).bytes()).packets.at(0).bytes == text("abc"));
    }
}

TEST_CASE("pcap: the snapshot length is not used") {
    for (const std::uint32_t snapshot_length : {0u, 1u, 0x7fffffffu, 0xffffffffu}) {
        const auto capture = pcap_writer{{.snapshot_length = snapshot_length}}.record(0, 0, counting(1500), 1500);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.at(0).bytes == counting(1500));
    }
}

TEST_CASE("pcap: the time zone is not applied") {
    const auto capture = pcap_writer{{.zone = -3600}}.record(10, 0, text("x"));
    CHECK(read_memory(capture.bytes()).packets.at(0).time == at(10s));
}

TEST_CASE("pcap: a fraction of a second or more proves that the clock counts nanoseconds") {
    for (const std::endian order : orders) {
        const auto capture = pcap_writer{{.order = order}}
                                 .record(10, 0, text("x"))
                                 .record(10, 999'999, text("x"))
                                 .record(10, 1'000'000, text("x"))
                                 .record(11, 5, text("x"))
                                 .record(11, 999'999'999, text("x"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 5);
        CHECK(result.packets[1].time == at(10'999'999us)); // nothing tells yet
        CHECK(result.packets[2].time == at(10s + 1ms));
        CHECK(result.packets[3].time == at(11s + 5ns));
        CHECK(result.packets[4].time == at(11s + 999'999'999ns));
        CHECK(result.skipped == skipped_parts{.corrected_clocks = 1});
    }
}

TEST_CASE("pcap: a fraction that can be neither microseconds nor nanoseconds is added all the same") {
    const auto capture = pcap_writer{}.record(0xffffffff, 0xffffffff, text("x")).record(10, 7, text("x"));
    const reading result = read_memory(capture.bytes());
    CHECK(result.packets.at(0).time == at(4'294'967'295s + 4'294'967'295us));
    CHECK(result.packets.at(1).time == at(10s + 7us));
    CHECK(result.skipped == skipped_parts{});

    const auto fine = pcap_writer{{.nanoseconds = true}}.record(10, 0xffffffff, text("x"));
    CHECK(read_memory(fine.bytes()).packets.at(0).time == at(10s + 4'294'967'295ns));
}

TEST_CASE("pcap: a carry that was forgotten is no proof in a capture whose packets before it prove microseconds") {
    pcap_writer capture;
    for (std::uint32_t i = 0; i < 100; ++i) capture.record(10 + i / 10, i % 10 * 99'999, text("x"));
    const reading carry =
        read_memory(pcap_writer{capture}.record(20, 1'000'050, text("x")).record(22, 3, text("x")).bytes());
    CHECK(carry.packets.at(100).time == at(21s + 50us));
    CHECK(carry.packets.at(101).time == at(22s + 3us));
    CHECK(carry.skipped == skipped_parts{});
    const reading proof = read_memory(pcap_writer{capture}.record(20, 2'000'000, text("x")).bytes());
    CHECK(proof.packets.at(100).time == at(20s + 2ms));
}

TEST_CASE("pcap: the wire length of a packet is at least its captured length") {
    const auto capture = pcap_writer{}.record(0, 0, counting(60), 42);
    const reading result = read_memory(capture.bytes());
    CHECK(result.packets.at(0).bytes.size() == 60);
    CHECK(result.packets.at(0).wire_length == 60);
}

TEST_CASE("pcap: all versions 2.x are read; before 2.3 the lengths are in the other order") {
    for (const std::uint16_t minor : {std::uint16_t{4}, std::uint16_t{5}, std::uint16_t{99}}) {
        const auto capture = pcap_writer{{.minor = minor}}.record(0, 0, text("abc"), 100);
        CHECK(read_memory(capture.bytes()).packets.at(0).bytes == text("abc"));
    }
    for (const std::uint16_t minor : {std::uint16_t{0}, std::uint16_t{2}}) {
        const auto capture = pcap_writer{{.minor = minor}}.record_header(0, 0, 100, 3).raw(text("abc"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.at(0).bytes == text("abc"));
        CHECK(result.packets.at(0).wire_length == 100);
    }
    // some programs that wrote 2.3 had them in one order, some in the other
    const auto capture = pcap_writer{{.minor = 3}}
                             .record_header(0, 0, 100, 3)
                             .raw(text("abc"))
                             .record_header(0, 0, 4, 100)
                             .raw(text("defg"));
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    CHECK(result.packets.at(0).bytes == text("abc"));
    CHECK(result.packets.at(1).bytes == text("defg"));
    CHECK(result.packets.at(1).wire_length == 100);
}

TEST_CASE("pcap: major versions above 2 are read as 2.4, 543 of DG/UX as before 2.3; those below 2 are an error") {
    for (const std::endian order : orders) {
        for (const std::uint16_t major : {std::uint16_t{0}, std::uint16_t{1}}) {
            const auto capture = pcap_writer{{.order = order, .major = major}}.record(0, 0, text("abc"));
            const reading result = read_memory(capture.bytes());
            CHECK(result.packets.empty());
            check_error(result.error,
                        {.code = capture_error_code::unsupported_version, .needed = 2, .available = major});
        }
        for (const std::uint16_t major : {std::uint16_t{3}, std::uint16_t{542}, std::uint16_t{65535}}) {
            const auto capture =
                pcap_writer{{.order = order, .major = major, .minor = 0}}.record(0, 0, text("abc"), 100);
            const reading result = read_memory(capture.bytes());
            CHECK(!result.error);
            CHECK(result.packets.at(0).bytes == text("abc"));
        }
        for (const std::uint16_t minor : {std::uint16_t{0}, std::uint16_t{7}}) {
            const auto capture = pcap_writer{{.order = order, .major = 543, .minor = minor}}
                                     .record_header(0, 0, 100, 3)
                                     .raw(text("abc"));
            const reading result = read_memory(capture.bytes());
            CHECK(!result.error);
            CHECK(result.packets.at(0).bytes == text("abc"));
            CHECK(result.packets.at(0).wire_length == 100);
            CHECK(result.sections.at(0).major_version == 543);
        }
    }
}

TEST_CASE("pcap: a record longer than any link type has is an error, one of the greatest length is not") {
    const auto capture = [](std::uint32_t captured) {
        return pcap_writer{}.record(0, 0, text("abc")).record_header(0, 0, captured, captured).raw({}).bytes();
    };
    const std::size_t second = 24 + 16 + 3;
    for (const std::uint32_t captured : {capture_limits::max_record_length + 1, 0x80000000u, 0xffffffffu}) {
        const reading result = read_memory(capture(captured));
        CHECK(result.packets.size() == 1);
        check_error(result.error, {.code = capture_error_code::record_too_long,
                                   .offset = second,
                                   .packet_number = 2,
                                   .needed = captured,
                                   .available = capture_limits::max_record_length});
    }
    const reading result = read_memory(capture(capture_limits::max_record_length));
    CHECK(result.packets.size() == 1);
    check_error(result.error, {.code = capture_error_code::truncated,
                               .offset = second,
                               .packet_number = 2,
                               .needed = 16 + capture_limits::max_record_length,
                               .available = 16});

    byte_vector bytes = capture(capture_limits::max_record_length);
    bytes.resize(bytes.size() + capture_limits::max_record_length);
    pcap_reader reader{memory_source{bytes}};
    static_cast<void>(reader.next());
    const packet* const longest = reader.next();
    REQUIRE(longest != nullptr);
    CHECK(longest->bytes.size() == capture_limits::max_record_length);
    CHECK(reader.next() == nullptr);
    CHECK(!reader.error());
}

TEST_CASE("pcap: a length that the file claims makes no buffer grow") {
    const auto capture = pcap_writer{}
                             .record_header(0, 0, capture_limits::max_record_length, capture_limits::max_record_length)
                             .raw(text("abc"));
    std::size_t largest = 0;
    pcap_reader reader{stream_source{chunked{.bytes = capture.bytes(), .chunk = 5, .largest_buffer = &largest}}};
    CHECK(reader.next() == nullptr);
    check_error(reader.error(), {.code = capture_error_code::truncated,
                                 .offset = 24,
                                 .packet_number = 1,
                                 .needed = 16 + capture_limits::max_record_length,
                                 .available = 19});
    CHECK(largest == 64 * 1024);
}

TEST_CASE("pcap: a file that is cut at any byte gives all packets before the cut, and an error with its place") {
    for (const std::endian order : orders) {
        const auto capture = pcap_writer{{.order = order}}
                                 .record(1, 0, counting(5))
                                 .record(2, 0, counting(0))
                                 .record(3, 0, counting(40), 1500);
        const std::vector<std::size_t> ends{24, 45, 61, 117};
        REQUIRE(capture.ends() == ends);
        const reading whole = read_memory(capture.bytes());
        for (std::size_t length = 0; length <= ends.back(); ++length) {
            CAPTURE(length);
            const reading result = read_memory(std::span{capture.bytes()}.first(length));
            if (length == 0) {
                check_error(result.error, {.code = capture_error_code::empty});
            } else if (length < 24) {
                check_error(result.error, {.code = capture_error_code::truncated, .needed = 24, .available = length});
                CHECK(result.packets.empty());
            } else {
                std::size_t packets = 0;
                while (packets < 3 && ends[packets + 1] <= length) ++packets;
                REQUIRE(result.packets.size() == packets);
                CHECK(std::ranges::equal(result.packets, std::span{whole.packets}.first(packets)));
                const std::size_t left = length - ends[packets];
                if (left == 0) {
                    CHECK(!result.error);
                } else {
                    check_error(result.error, {.code = capture_error_code::truncated,
                                               .offset = ends[packets],
                                               .packet_number = packets + 1,
                                               .needed = left < 16 ? 16 : ends[packets + 1] - ends[packets],
                                               .available = left});
                }
            }
        }
    }
}

TEST_CASE("pcap: a stream that fails is distinguished from one that ends") {
    const auto capture = pcap_writer{}.record(1, 0, counting(5)).record(2, 0, counting(5));
    const auto read = [&](std::size_t length) {
        return read_stream(std::span{capture.bytes()}.first(length), 4096, -5);
    };
    check_error(read(0).error, {.code = capture_error_code::read_failed, .needed = 24});
    check_error(read(3).error, {.code = capture_error_code::read_failed, .needed = 24, .available = 3});
    check_error(read(10).error, {.code = capture_error_code::read_failed, .needed = 24, .available = 10});
    check_error(read(24).error,
                {.code = capture_error_code::read_failed, .offset = 24, .packet_number = 1, .needed = 16});
    check_error(
        read(50).error,
        {.code = capture_error_code::read_failed, .offset = 45, .packet_number = 2, .needed = 16, .available = 5});
    const reading result = read(65);
    CHECK(result.packets.size() == 1);
    check_error(
        result.error,
        {.code = capture_error_code::read_failed, .offset = 45, .packet_number = 2, .needed = 21, .available = 20});
    CHECK(result.error->system_error == 5);
}

TEST_CASE("pcap: a file that is not pcap is an error") {
    const byte_vector pcapng = byte_writer{}.put(std::uint32_t{0x0a0d0d0a}).put(std::uint32_t{28}).bytes();
    pcap_reader reader{memory_source{pcapng}};
    CHECK(reader.next() == nullptr);
    check_error(reader.error(), {.code = capture_error_code::not_a_capture, .available = 0x0a0d0d0a});
}
