// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/format/pcapng_reader.hpp>

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
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

constexpr std::array orders{std::endian::little, std::endian::big};

// block types
constexpr std::uint32_t interface_description = 1;
constexpr std::uint32_t obsolete_packet = 2;
constexpr std::uint32_t simple_packet = 3;
constexpr std::uint32_t name_resolution = 4;
constexpr std::uint32_t enhanced_packet = 6;

// where the first block behind a section header without options, and then behind an interface without options, stands
constexpr std::size_t after_section = 28;
constexpr std::size_t after_interface = 48;

timestamp at(std::chrono::nanoseconds since_epoch) {
    return timestamp{since_epoch};
}

static_assert(std::ranges::input_range<pcapng_reader<memory_source>>);
static_assert(std::ranges::input_range<pcapng_reader<stream_source<chunked>>>);

} // namespace

TEST_CASE("pcapng: pcapng is read in both byte orders") {
    for (const std::endian order : orders) {
        const auto capture = pcapng_writer{{.order = order}}
                                 .interface({.link = 228})
                                 .enhanced(0, 1'700'000'000'123'456, text("first"), 1514)
                                 .enhanced(0, 1'700'000'000'123'457, text(""));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 2);
        const auto& first = result.packets[0];
        CHECK(first.time == at(1'700'000'000'123'456us));
        CHECK(first.has_time);
        CHECK(first.bytes == text("first"));
        CHECK(first.wire_length == 1514);
        CHECK(first.link == link_type::ipv4);
        CHECK(first.interface_id == 0);
        CHECK(first.number == 1);
        const auto& second = result.packets[1];
        CHECK(second.time == at(1'700'000'000'123'457us));
        CHECK(second.bytes.empty());
        CHECK(second.wire_length == 0);
        CHECK(second.number == 2);
    }
}

TEST_CASE("pcapng: packets of a capture in memory point into the memory") {
    const byte_vector bytes = pcapng_writer{}.interface().enhanced(0, 0, text("abc")).bytes();
    pcapng_reader reader{memory_source{bytes}};
    const packet* const packet = reader.next();
    REQUIRE(packet != nullptr);
    CHECK(packet->bytes.data() == bytes.data() + after_interface + 28);
}

TEST_CASE("pcapng: a file without packets is an empty capture") {
    for (const auto& bytes : {pcapng_writer{}.bytes(), pcapng_writer{}.interface().bytes()}) {
        const reading result = read_memory(bytes);
        CHECK(result.packets.empty());
        CHECK(!result.error);
    }
}

TEST_CASE("pcapng: each interface has its own link type and its own clock") {
    for (const std::endian order : orders) {
        const auto capture = pcapng_writer{{.order = order}}
                                 .interface({.link = 1})
                                 .interface({.link = 101, .resolution = 9})
                                 .interface({.link = 113, .resolution = 3, .offset = 1'700'000'000})
                                 .interface({.link = 276, .resolution = 0x80 | 10, .offset = -1})
                                 .enhanced(3, 1024 + 256, text("d"))
                                 .enhanced(1, 5, text("b"))
                                 .enhanced(0, 5, text("a"))
                                 .enhanced(2, 5, text("c"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 4);
        CHECK(result.packets[0].link == link_type::linux_sll2);
        CHECK(result.packets[0].interface_id == 3);
        CHECK(result.packets[0].time == at(250ms));
        CHECK(result.packets[1].link == link_type::raw);
        CHECK(result.packets[1].interface_id == 1);
        CHECK(result.packets[1].time == at(5ns));
        CHECK(result.packets[2].link == link_type::ethernet);
        CHECK(result.packets[2].interface_id == 0);
        CHECK(result.packets[2].time == at(5us));
        CHECK(result.packets[3].link == link_type::linux_sll);
        CHECK(result.packets[3].interface_id == 2);
        CHECK(result.packets[3].time == at(1'700'000'000s + 5ms));
    }
}

TEST_CASE("pcapng: an interface may be described between packets") {
    const auto capture = pcapng_writer{}
                             .interface({.link = 1})
                             .enhanced(0, 1, text("a"))
                             .interface({.link = 101})
                             .enhanced(1, 2, text("b"));
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    REQUIRE(result.packets.size() == 2);
    CHECK(result.packets[1].link == link_type::raw);
    CHECK(result.packets[1].interface_id == 1);
}

TEST_CASE("pcapng: each section has its own byte order and its own interfaces, which are counted over the file") {
    for (const std::endian order : orders) {
        const std::endian other = order == std::endian::little ? std::endian::big : std::endian::little;
        const auto capture = pcapng_writer{{.order = order, .length = 12345}} // a length that is not so
                                 .interface({.link = 1})
                                 .interface({.link = 101})
                                 .enhanced(1, 1'000'000, text("a"))
                                 .section({.order = other, .length = 0})
                                 .interface({.link = 113, .resolution = 9})
                                 .enhanced(0, 1'000'000, text("b"))
                                 .section({.order = other})
                                 .interface({.link = 276})
                                 .simple(text("c"))
                                 .enhanced(0, 3'000'000, text("d"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 4);
        CHECK(result.packets[0].link == link_type::raw);
        CHECK(result.packets[0].interface_id == 1);
        CHECK(result.packets[0].time == at(1s));
        CHECK(result.packets[1].link == link_type::linux_sll);
        CHECK(result.packets[1].interface_id == 2);
        CHECK(result.packets[1].time == at(1ms));
        CHECK(result.packets[2].link == link_type::linux_sll2);
        CHECK(result.packets[2].interface_id == 3);
        CHECK(result.packets[3].interface_id == 3);
        CHECK(result.packets[3].time == at(3s));
        CHECK(result.packets[3].number == 4);
    }
}

TEST_CASE("pcapng: an interface of the section before is unknown to the next") {
    const auto capture = pcapng_writer{}
                             .interface()
                             .interface()
                             .enhanced(1, 0, text("a"))
                             .section({})
                             .interface()
                             .enhanced(1, 0, text("b"));
    const reading result = read_memory(capture.bytes());
    CHECK(result.packets.size() == 1);
    check_error(result.error, {.code = capture_error_code::unknown_interface,
                               .offset = 28 + 20 + 20 + 36 + 28 + 20,
                               .packet_number = 2,
                               .needed = 1,
                               .available = 1});
}

TEST_CASE("pcapng: a simple packet has no time, and is cut by the interface's snapshot length") {
    for (const std::endian order : orders) {
        const auto capture = pcapng_writer{{.order = order}}
                                 .interface({.link = 101, .snapshot_length = 6})
                                 .enhanced(0, 7, text("enhanced"))
                                 .simple(text("abcd"))           // shorter than the snapshot length
                                 .simple(text("abcdefgh"), 1500) // longer; six of them and two of padding
                                 .simple(text("abc"), 3)
                                 .enhanced(0, 8, text("enhanced"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 5);
        CHECK(result.packets[0].has_time);
        CHECK(result.packets[0].bytes == text("enhanced")); // which says itself how long it is
        for (const std::size_t i : {1u, 2u, 3u}) {
            CHECK(!result.packets[i].has_time);
            CHECK(result.packets[i].time == timestamp{});
            CHECK(result.packets[i].link == link_type::raw);
            CHECK(result.packets[i].interface_id == 0);
        }
        CHECK(result.packets[1].bytes == text("abcd"));
        CHECK(result.packets[1].wire_length == 4);
        CHECK(result.packets[2].bytes == text("abcdef"));
        CHECK(result.packets[2].wire_length == 1500);
        CHECK(result.packets[3].bytes == text("abc"));
        CHECK(result.packets[4].has_time);
        CHECK(result.packets[4].time == at(8us));
    }
}

TEST_CASE("pcapng: a simple packet is not longer than its block, with or without a snapshot length") {
    for (const std::uint32_t snapshot_length : {0u, 65535u}) {
        const auto capture = pcapng_writer{}
                                 .interface({.snapshot_length = snapshot_length})
                                 .simple(text("abcdefgh"), 1500)
                                 .simple(text(""), 0)
                                 .simple(text(""), 0xffffffff);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 3);
        CHECK(result.packets[0].bytes == text("abcdefgh"));
        CHECK(result.packets[0].wire_length == 1500);
        CHECK(result.packets[1].bytes.empty());
        CHECK(result.packets[2].bytes.empty());
        CHECK(result.packets[2].wire_length == 0xffffffff);
    }
}

TEST_CASE("pcapng: the obsolete packet block has 16 bits of interface and then a number of drops") {
    for (const std::endian order : orders) {
        const auto capture = pcapng_writer{{.order = order}}
                                 .interface({.link = 1})
                                 .interface({.link = 101, .resolution = 9})
                                 .obsolete(1, 0xabcd, 1'700'000'000'000'000'001, text("abcde"), 99);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 1);
        CHECK(result.packets[0].interface_id == 1);
        CHECK(result.packets[0].link == link_type::raw);
        CHECK(result.packets[0].time == at(1'700'000'000'000'000'001ns));
        CHECK(result.packets[0].bytes == text("abcde"));
        CHECK(result.packets[0].wire_length == 99);
    }
}

TEST_CASE("pcapng: blocks of other types are skipped, whatever is in them") {
    const auto capture = pcapng_writer{}
                             .block(name_resolution, counting(40))
                             .interface()
                             .block(7, counting(12))
                             .enhanced(0, 1, text("a"))
                             .block(0x0bad, {})
                             .block(0x80000001, counting(400))
                             .enhanced(0, 2, text("b"));
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    CHECK(result.packets.size() == 2);
}

TEST_CASE("pcapng: a block that is skipped is not kept in memory") {
    const auto capture =
        pcapng_writer{}.interface().block(name_resolution, counting(1'000'000)).enhanced(0, 2, text("b"));
    std::size_t largest = 0;
    pcapng_reader reader{
        stream_source{chunked{.bytes = capture.bytes(), .chunk = 100'000, .largest_buffer = &largest}}};
    const packet* const packet = reader.next();
    REQUIRE(packet != nullptr);
    CHECK(packet->number == 1);
    CHECK(largest == 64 * 1024);
}

TEST_CASE("pcapng: options other than the clock's are ignored, and no option behind the end of the list is read") {
    for (const std::endian order : orders) {
        pcapng_writer capture{{.order = order}};
        byte_vector options;
        const auto append = [&](std::uint16_t code, const byte_vector& value) {
            const byte_vector option = capture.option(code, value);
            options.insert(options.end(), option.begin(), option.end());
        };
        append(2, text("eth0"));              // if_name
        append(12, text("Linux, of 5 bits")); // if_os
        append(1, text("x"));                 // a comment, with padding
        append(9, {std::byte{9}});
        append(0, {});
        append(9, {std::byte{3}}); // not an option any more
        capture.interface({.options = options}).enhanced(0, 5, text("a"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.at(0).time == at(5ns));
    }
}

TEST_CASE("pcapng: options may end with their block, without an end of options") {
    pcapng_writer capture;
    capture.interface({.options = capture.option(9, byte_vector{std::byte{9}})}).enhanced(0, 5, text("a"));
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    CHECK(result.packets.at(0).time == at(5ns));
}

TEST_CASE("pcapng: packets, sections and simple blocks may have options") {
    const pcapng_writer comments{};
    const byte_vector comment = comments.option(1, text("a remark"));
    pcapng_writer capture{{.options = comment}};
    capture.interface().enhanced(0, 5, text("abc"), 3, comment).section({.options = comment});
    capture.interface().enhanced(0, 6, text("d"), 1, comment);
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    REQUIRE(result.packets.size() == 2);
    CHECK(result.packets[0].bytes == text("abc"));
    CHECK(result.packets[1].bytes == text("d"));
}

TEST_CASE("pcapng: an option that reaches past its block is an error") {
    for (const std::endian order : orders) {
        pcapng_writer capture{{.order = order}};
        const byte_vector option =
            byte_writer{order}.put(std::uint16_t{2}).put(std::uint16_t{5}).put(counting(4)).bytes();
        capture.interface().enhanced(0, 1, text("a")).interface({.options = option});
        const reading result = read_memory(capture.bytes());
        CHECK(result.packets.size() == 1);
        check_error(result.error, {.code = capture_error_code::bad_option,
                                   .offset = after_interface + 36,
                                   .packet_number = 2,
                                   .needed = 5,
                                   .available = 4});
    }
    pcapng_writer capture;
    capture.interface({.options = byte_writer{}.put(std::uint16_t{9}).put(std::uint16_t{1}).bytes()});
    check_error(read_memory(capture.bytes()).error, {.code = capture_error_code::bad_option,
                                                     .offset = after_section,
                                                     .packet_number = 1,
                                                     .needed = 1,
                                                     .available = 0});
}

TEST_CASE("pcapng: a clock option of the wrong length is ignored and counted") {
    for (const auto& option :
         {std::array{9u, 0u}, std::array{9u, 4u}, std::array{14u, 0u}, std::array{14u, 4u}, std::array{14u, 12u}}) {
        const unsigned code = option[0];
        const unsigned length = option[1];
        CAPTURE(code);
        pcapng_writer capture;
        capture.interface({.options = capture.option(static_cast<std::uint16_t>(code), counting(length))})
            .enhanced(0, 5, text("a"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.at(0).time == at(5us));
        CHECK(result.skipped == skipped_parts{.bad_options = 1});
    }
}

TEST_CASE("pcapng: the wire length of a packet is at least its captured length") {
    const auto capture = pcapng_writer{}.interface().enhanced(0, 0, counting(60), 42);
    CHECK(read_memory(capture.bytes()).packets.at(0).wire_length == 60);
}

TEST_CASE("pcapng: a packet of an interface that was not described is an error") {
    const auto described = [](std::uint32_t type, std::uint32_t interface) {
        const auto body = byte_writer{}.put(interface).put(counting(8)).put(std::uint64_t{0}).bytes();
        return pcapng_writer{}.interface().block(type, body).bytes();
    };
    const auto expected = [](std::uint32_t interface) {
        return expected_error{.code = capture_error_code::unknown_interface,
                              .offset = after_interface,
                              .packet_number = 1,
                              .needed = interface,
                              .available = 1};
    };
    CHECK(!read_memory(described(enhanced_packet, 0)).error);
    check_error(read_memory(described(enhanced_packet, 1)).error, expected(1));
    check_error(read_memory(described(enhanced_packet, 0xffffffff)).error, expected(0xffffffff));
    CHECK(!read_memory(described(obsolete_packet, 0xffff0000)).error);
    check_error(read_memory(described(obsolete_packet, 0x00000001)).error, expected(1));

    check_error(read_memory(pcapng_writer{}.simple(text("abc")).bytes()).error,
                {.code = capture_error_code::unknown_interface, .offset = after_section, .packet_number = 1});
}

TEST_CASE("pcapng: more captured bytes than the block has room for are an error") {
    for (const std::uint32_t type : {enhanced_packet, obsolete_packet}) {
        for (const std::uint32_t captured : {5u, 8u, 0x7fffffffu, 0xffffffffu}) {
            const auto body = byte_writer{}
                                  .put(std::uint32_t{0})
                                  .put(std::uint64_t{0})
                                  .put(captured)
                                  .put(captured)
                                  .put(counting(4))
                                  .bytes();
            const auto capture = pcapng_writer{}.interface().enhanced(0, 0, text("a")).block(type, body);
            const reading result = read_memory(capture.bytes());
            CHECK(result.packets.size() == 1);
            check_error(result.error, {.code = capture_error_code::bad_captured_length,
                                       .offset = after_interface + 36,
                                       .packet_number = 2,
                                       .needed = captured,
                                       .available = 4});
        }
    }
}

TEST_CASE("pcapng: a block too short for its kind, or too long for any, is an error") {
    struct impossible {
        std::uint32_t type;
        std::uint32_t length;
    };
    for (const impossible& block :
         {impossible{interface_description, 16}, impossible{interface_description, 19}, impossible{enhanced_packet, 28},
          impossible{enhanced_packet, 31}, impossible{obsolete_packet, 28}, impossible{simple_packet, 12},
          impossible{name_resolution, 8}, impossible{name_resolution, 4}, impossible{name_resolution, 0},
          impossible{name_resolution, 0xfffffffd}, impossible{name_resolution, 0xffffffff},
          impossible{enhanced_packet, 0xfffffffd}, impossible{enhanced_packet, 0xffffffff},
          impossible{obsolete_packet, 0xfffffffd}, impossible{simple_packet, 0xffffffff},
          impossible{enhanced_packet, 0}}) {
        CAPTURE(block.type);
        CAPTURE(block.length);
        const auto capture =
            pcapng_writer{}.interface().enhanced(0, 0, text("a")).block(block.type, counting(40), block.length);
        const reading result = read_memory(capture.bytes());
        CHECK(result.packets.size() == 1);
        check_error(result.error, {.code = capture_error_code::bad_block_length,
                                   .offset = after_interface + 36,
                                   .packet_number = 2,
                                   .needed = block.length,
                                   .available = block.length});
    }
    const byte_vector magic = byte_writer{}.put(std::uint32_t{0x1a2b3c4d}).put(counting(12)).bytes();
    const auto capture = pcapng_writer{}.block(0x0a0d0d0a, magic, 24);
    check_error(read_memory(capture.bytes()).error, {.code = capture_error_code::bad_block_length,
                                                     .offset = after_section,
                                                     .packet_number = 1,
                                                     .needed = 24,
                                                     .available = 24});
}

TEST_CASE("pcapng: a block whose two lengths differ is an error") {
    for (const std::endian order : orders) {
        for (const std::uint32_t type :
             {interface_description, obsolete_packet, simple_packet, name_resolution, enhanced_packet, 0x0a0d0d0au}) {
            CAPTURE(type);
            byte_writer body{order};
            if (type == 0x0a0d0d0a) body.put(std::uint32_t{0x1a2b3c4d}).put(std::uint16_t{1});
            while (body.size() < 40) body.put(std::uint16_t{0});
            pcapng_writer capture{{.order = order}};
            capture.interface().enhanced(0, 0, text("a")).block(type, body.bytes(), 52, 48);
            const reading result = read_memory(capture.bytes());
            CHECK(result.packets.size() == 1);
            check_error(result.error, {.code = capture_error_code::bad_block_length,
                                       .offset = after_interface + 36,
                                       .packet_number = 2,
                                       .needed = 52,
                                       .available = 48});
        }
    }
}

TEST_CASE("pcapng: a block that must be read and is longer than any record is an error; one that is skipped is not") {
    for (const std::uint32_t type : {interface_description, obsolete_packet, simple_packet, enhanced_packet}) {
        const auto capture =
            pcapng_writer{}.interface().block(type, counting(40), capture_limits::max_record_length + 4);
        check_error(read_memory(capture.bytes()).error, {.code = capture_error_code::record_too_long,
                                                         .offset = after_interface,
                                                         .packet_number = 1,
                                                         .needed = capture_limits::max_record_length + 4,
                                                         .available = capture_limits::max_record_length});
        const auto longest = pcapng_writer{}.interface().block(type, counting(40), capture_limits::max_record_length);
        check_error(read_memory(longest.bytes()).error, {.code = capture_error_code::truncated,
                                                         .offset = after_interface,
                                                         .packet_number = 1,
                                                         .needed = capture_limits::max_record_length,
                                                         .available = 52});
    }
    const auto skipped = pcapng_writer{}.interface().block(name_resolution, counting(40), 0xfffffffc);
    check_error(read_memory(skipped.bytes()).error, {.code = capture_error_code::truncated,
                                                     .offset = after_interface,
                                                     .packet_number = 1,
                                                     .needed = 0xfffffffc,
                                                     .available = 52});
}

TEST_CASE("pcapng: a section header without the byte-order magic is an error") {
    const auto wrong = [](std::uint32_t magic) { return byte_writer{}.put(magic).put(counting(12)).bytes(); };
    byte_writer alone;
    alone.put(std::uint32_t{0x0a0d0d0a}).put(std::uint32_t{28}).put(std::uint32_t{0x1a2b3c4e}).put(counting(16));
    check_error(read_memory(alone.bytes()).error,
                {.code = capture_error_code::bad_byte_order_magic, .needed = 0x1a2b3c4d, .available = 0x4e3c2b1a});

    const auto capture = pcapng_writer{}.interface().enhanced(0, 0, text("a")).block(0x0a0d0d0a, wrong(0));
    const reading result = read_memory(capture.bytes());
    CHECK(result.packets.size() == 1);
    check_error(result.error, {.code = capture_error_code::bad_byte_order_magic,
                               .offset = after_interface + 36,
                               .packet_number = 2,
                               .needed = 0x1a2b3c4d,
                               .available = 0});
}

TEST_CASE("pcapng: any minor version is read") {
    for (const std::endian order : orders) {
        for (const std::uint16_t minor : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{9}}) {
            const auto later = pcapng_writer{{.order = order, .minor = minor}}.interface().enhanced(0, 0, text("a"));
            const reading result = read_memory(later.bytes());
            CHECK(!result.error);
            CHECK(result.packets.size() == 1);
        }
    }
}

TEST_CASE("pcapng: a section of another major version is skipped, and is an error at the end") {
    for (const std::endian order : orders) {
        auto capture = pcapng_writer{}.interface().enhanced(0, 0, text("a"));
        capture.section({.order = order, .major = 7, .options = counting(8)}).interface().enhanced(0, 0, text("not"));
        capture.simple(text("read")).obsolete(9, 0, 0, text("x")).block(0x0bad, counting(4));
        capture.block(5, counting(4)).section({.order = order, .major = 8});
        capture.section({.order = order}).interface({.link = 101}).enhanced(0, 0, text("b"));
        const reading result = read_memory(capture.bytes());
        REQUIRE(result.packets.size() == 2);
        CHECK(result.packets[1].bytes == text("b"));
        CHECK(result.packets[1].number == 2);
        CHECK(result.packets[1].interface_id == 1);
        CHECK(result.packets[1].link == link_type::raw);
        CHECK(result.sections.size() == 2);
        CHECK(result.interfaces.size() == 2);
        CHECK(result.skipped == skipped_parts{.sections = 2});
        check_error(result.error, {.code = capture_error_code::unsupported_version,
                                   .offset = after_interface + 36,
                                   .packet_number = 2,
                                   .needed = 1,
                                   .available = 7});
    }
}

TEST_CASE("pcapng: a capture with only sections of other major versions has no packets and an error") {
    for (const std::endian order : orders) {
        for (const std::uint16_t major : {std::uint16_t{0}, std::uint16_t{2}}) {
            const auto other = pcapng_writer{{.order = order, .major = major}}
                                   .interface()
                                   .enhanced(0, 0, text("a"))
                                   .section({.order = order, .major = 3});
            const reading result = read_memory(other.bytes());
            CHECK(result.packets.empty());
            CHECK(result.skipped.sections == 2);
            check_error(result.error,
                        {.code = capture_error_code::unsupported_version, .needed = 1, .available = major});
        }
    }
}

TEST_CASE("pcapng: damage in a section that is skipped ends reading where it is") {
    const auto capture = pcapng_writer{{.major = 2}}.block(1, counting(8)).block(6, counting(8), 8);
    check_error(read_memory(capture.bytes()).error,
                {.code = capture_error_code::bad_block_length, .offset = 48, .needed = 8, .available = 8});
}

TEST_CASE("pcapng: a block length that is not a multiple of four is rounded up, at both ends") {
    for (const std::endian order : orders) {
        for (const std::uint32_t type :
             {enhanced_packet, obsolete_packet, simple_packet, name_resolution, 0x0a0d0d0au}) {
            for (const auto& [first, last] :
                 {std::array{33u, 33u}, std::array{34u, 36u}, std::array{36u, 33u}, std::array{35u, 34u}}) {
                byte_writer body{order};
                if (type == 0x0a0d0d0a) body.put(std::uint32_t{0x1a2b3c4d}).put(std::uint16_t{1});
                if (type == simple_packet) body.put(std::uint32_t{2});
                while (body.size() < 24) body.put(std::uint16_t{0});
                pcapng_writer capture{{.order = order}};
                capture.interface().block(type, body.bytes(), first, last);
                if (type == 0x0a0d0d0a) capture.interface();
                capture.enhanced(0, 0, text("b"));
                const reading result = read_memory(capture.bytes());
                CAPTURE(result);
                CHECK(!result.error);
                CHECK(result.packets.back().bytes == text("b"));
                CHECK(result == read_stream(capture.bytes(), 7));
                const bool same = type == 0x0a0d0d0a || type == name_resolution;
                CHECK(result.packets.size() == (same ? 1 : 2));
            }
        }
    }
    const auto capture = pcapng_writer{}.interface().block(name_resolution, counting(24), 33, 37);
    check_error(read_memory(capture.bytes()).error, {.code = capture_error_code::bad_block_length,
                                                     .offset = after_interface,
                                                     .packet_number = 1,
                                                     .needed = 33,
                                                     .available = 37});
}

TEST_CASE("pcapng: packet numbers count the blocks that Wireshark numbers like packets") {
    const byte_vector journal = text("__REALTIME_TIMESTAMP=1700000000\n");
    pcapng_writer capture;
    capture.interface().block(9, journal).enhanced(0, 0, text("a"));
    for (const std::uint32_t type : {0x0badu, 0x40000badu, 0x204u, 0x216u, 0x221u}) capture.block(type, counting(8));
    capture.enhanced(0, 0, text("b")).block(0x205, counting(8)).enhanced(0, 0, text("c"));
    const reading result = read_memory(capture.bytes());
    CHECK(!result.error);
    REQUIRE(result.packets.size() == 3);
    CHECK(result.packets[0].number == 2);
    CHECK(result.packets[1].number == 8);
    CHECK(result.packets[2].number == 9);
    CHECK(result.skipped == skipped_parts{.numbered_blocks = 6});

    byte_vector cut = capture.bytes();
    cut.pop_back();
    const reading less = read_memory(cut);
    CHECK(less.error->packet_number == 9);
}

TEST_CASE("pcapng: a section has a limited number of interfaces, a file does not") {
    pcapng_writer capture;
    for (std::uint32_t i = 0; i < capture_limits::max_interfaces_per_section; ++i) capture.interface();
    capture.enhanced(capture_limits::max_interfaces_per_section - 1, 0, text("a"));
    CHECK(!read_memory(capture.bytes()).error);

    pcapng_writer more = capture;
    more.section({}).interface().enhanced(0, 0, text("b"));
    const reading result = read_memory(more.bytes());
    CHECK(!result.error);
    CHECK(result.packets.at(1).interface_id == capture_limits::max_interfaces_per_section);

    capture.interface();
    check_error(read_memory(capture.bytes()).error,
                {.code = capture_error_code::too_many_interfaces,
                 .offset = 28 + 20 * capture_limits::max_interfaces_per_section + 36,
                 .packet_number = 2,
                 .needed = capture_limits::max_interfaces_per_section + 1,
                 .available = capture_limits::max_interfaces_per_section});
}

TEST_CASE("pcapng: a file that is cut at any byte gives all packets before the cut, and an error with its place") {
    for (const std::endian order : orders) {
        pcapng_writer capture{{.order = order}};
        capture.interface({.resolution = 9})
            .enhanced(0, 1, counting(5))
            .simple(counting(3))
            .block(name_resolution, counting(8));
        capture.obsolete(0, 0, 1, counting(4)).section({.order = order}).interface().enhanced(0, 1, counting(6));
        // behind:              section, interface, enhanced, simple, names, obsolete, section, interface, enhanced
        const std::vector<std::size_t> ends{28,       28 + 32,  60 + 40,  100 + 20, 120 + 20,
                                            140 + 36, 176 + 28, 204 + 20, 224 + 40};
        const std::vector<std::size_t> packets_before{0, 0, 1, 2, 2, 3, 3, 3, 4};
        REQUIRE(capture.ends() == ends);
        const reading whole = read_memory(capture.bytes());
        REQUIRE(whole.packets.size() == 4);
        for (std::size_t length = 0; length <= ends.back(); ++length) {
            CAPTURE(length);
            const reading result = read_memory(std::span{capture.bytes()}.first(length));
            if (length == 0) {
                check_error(result.error, {.code = capture_error_code::empty});
            } else if (length < 28) {
                check_error(result.error, {.code = capture_error_code::truncated, .needed = 28, .available = length});
                CHECK(result.packets.empty());
            } else {
                std::size_t whole_blocks = 0;
                while (whole_blocks + 1 < ends.size() && ends[whole_blocks + 1] <= length) ++whole_blocks;
                const std::size_t packets = packets_before[whole_blocks];
                REQUIRE(result.packets.size() == packets);
                CHECK(std::ranges::equal(result.packets, std::span{whole.packets}.first(packets)));
                const std::size_t left = length - ends[whole_blocks];
                if (left == 0) {
                    CHECK(!result.error);
                } else {
                    check_error(result.error, {.code = capture_error_code::truncated,
                                               .offset = ends[whole_blocks],
                                               .packet_number = packets + 1,
                                               .needed = left < 12 ? 12 : ends[whole_blocks + 1] - ends[whole_blocks],
                                               .available = left});
                }
            }
        }
    }
}

TEST_CASE("pcapng: a stream that fails is distinguished from one that ends") {
    const auto capture = pcapng_writer{}.interface().enhanced(0, 0, text("a")).block(name_resolution, counting(40));
    const auto read = [&](std::size_t length) {
        return read_stream(std::span{capture.bytes()}.first(length), 4096, -5);
    };
    check_error(read(4).error, {.code = capture_error_code::read_failed, .needed = 28, .available = 4});
    check_error(read(28).error,
                {.code = capture_error_code::read_failed, .offset = 28, .packet_number = 1, .needed = 12});
    check_error(
        read(60).error,
        {.code = capture_error_code::read_failed, .offset = 48, .packet_number = 1, .needed = 36, .available = 12});
    const reading result = read(134); // within the block that is skipped
    CHECK(result.packets.size() == 1);
    check_error(
        result.error,
        {.code = capture_error_code::read_failed, .offset = 84, .packet_number = 2, .needed = 52, .available = 50});
    CHECK(result.error->system_error == 5);
}

TEST_CASE("pcapng: a file that is not pcapng is an error") {
    const pcap_writer pcap;
    pcapng_reader reader{memory_source{pcap.bytes()}};
    CHECK(reader.next() == nullptr);
    check_error(reader.error(), {.code = capture_error_code::not_a_capture, .available = 0xd4c3b2a1});

    const byte_vector beginning = text("\x0a\x0d");
    pcapng_reader failing{stream_source{chunked{beginning, 4, -5}}};
    CHECK(failing.next() == nullptr);
    check_error(failing.error(), {.code = capture_error_code::read_failed, .needed = 28, .available = 2});
}
