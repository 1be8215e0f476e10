// SPDX-License-Identifier: MIT
// Captures that cat put behind each other.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <ranges>
#include <span>
#include <string>
#include <vector>

using namespace tcplens;
using namespace std::chrono_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::join;
using capture_writer::pcap_variant;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

/// Of every kind, each with a clock, a link type and a byte order of its own.
std::vector<byte_vector> kinds() {
    std::vector<byte_vector> all;
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        all.push_back(pcap_writer{{.order = order}}.record(1, 2, text("one")).record(3, 4, text("two")).bytes());
        all.push_back(
            pcap_writer{{.order = order, .nanoseconds = true, .link = 101}}.record(5, 6, text("three")).bytes());
        all.push_back(pcap_writer{{.order = order, .link = 113, .zone = 3600}}.record(7, 8, counting(60)).bytes());
        all.push_back(pcap_writer{{.order = order, .link = 0, .variant = pcap_variant::kuznetzov}}
                          .record(9, 1, text("four"))
                          .bytes());
        all.push_back(
            pcap_writer{{.order = order, .variant = pcap_variant::ixia_hardware}}.record(9, 1, text("five")).bytes());
        all.push_back(pcapng_writer{{.order = order}}
                          .interface({.link = 101, .resolution = 9})
                          .block(0x0bad, counting(8))
                          .interface({.link = 1})
                          .enhanced(1, 9, text("six"))
                          .enhanced(0, 10, text("seven"))
                          .bytes());
        all.push_back(pcap_writer{{.order = order}}.bytes()); // without a packet
    }
    return all;
}

/// What each alone gives, counted on.
reading put_together(const std::vector<byte_vector>& parts) {
    reading all;
    std::uint64_t numbers = 0;
    for (const byte_vector& each : parts) {
        reading one = read_memory(each);
        REQUIRE(!one.error);
        for (reading::packet& packet : one.packets) {
            packet.number += numbers;
            packet.interface_id += static_cast<std::uint32_t>(all.interfaces.size());
            all.packets.push_back(packet);
        }
        numbers += one.packets.size() + one.skipped.numbered_blocks;
        for (capture_interface& interface : one.interfaces) {
            interface.section += all.sections.size();
            all.interfaces.push_back(interface);
        }
        std::ranges::copy(one.sections, std::back_inserter(all.sections));
        all.skipped.add(one.skipped);
    }
    return all;
}

} // namespace

TEST_CASE("captures behind captures: each pair is read with its own byte order, link type, clock and interfaces") {
    const std::vector<byte_vector> all = kinds();
    for (const byte_vector& first : all) {
        for (const byte_vector& second : all) {
            const byte_vector bytes = join({first, second});
            const reading expected = put_together({first, second});
            CHECK(read_memory(bytes) == expected);
            CHECK(read_stream(bytes, 7) == expected);
        }
    }
}

TEST_CASE("captures behind captures: many of all kinds are one range") {
    byte_vector bytes;
    std::vector<byte_vector> parts;
    for (int i = 0; i < 3; ++i) {
        for (const byte_vector& each : kinds()) {
            parts.push_back(each);
            bytes.insert(bytes.end(), each.begin(), each.end());
        }
    }
    const reading expected = put_together(parts);
    CHECK(read_memory(bytes) == expected);
    for (const std::size_t chunk : {1u, 16u, 4096u}) CHECK(read_stream(bytes, chunk) == expected);
    CHECK(expected.packets.size() == 3 * 2 * 8);
    CHECK(expected.sections.size() == parts.size());
}

TEST_CASE("captures behind captures: a second header that is cut, and damage behind it, are told at their place") {
    const byte_vector first = pcap_writer{}.record(1, 0, text("abc")).bytes();
    const byte_vector second =
        pcap_writer{}.record(2, 0, text("de")).record_header(3, 0, 0xffffffff, 0).raw({}).bytes();
    const byte_vector bytes = join({first, second});
    const reading damaged = read_memory(bytes);
    CHECK(damaged.packets.size() == 2);
    check_error(damaged.error, {.code = capture_error_code::record_too_long,
                                .offset = first.size() + 24 + 18,
                                .packet_number = 3,
                                .needed = 0xffffffff,
                                .available = capture_limits::max_record_length});
    for (std::size_t length = first.size() + 16; length < first.size() + 24; ++length) {
        const reading cut = read_memory(std::span{bytes}.first(length));
        CHECK(cut.packets.size() == 1);
        check_error(cut.error, {.code = capture_error_code::truncated,
                                .offset = first.size(),
                                .packet_number = 2,
                                .needed = 24,
                                .available = length - first.size()});
        CHECK(to_string(*cut.error).find("in the file header before packet 2") != std::string::npos);
    }
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
        const auto cut = std::span{bytes}.first(length);
        CHECK(read_memory(cut) == read_stream(cut, 5));
    }
}

TEST_CASE("captures behind captures: a section of another version is told at the end, behind a capture that is good") {
    const byte_vector bytes = join({pcapng_writer{{.major = 2}}.enhanced(0, 1, counting(3)).bytes(),
                                    pcap_writer{}.record(1, 0, text("abc")).bytes()});
    const reading result = read_memory(bytes);
    CHECK(result.packets.size() == 1);
    check_error(result.error, {.code = capture_error_code::unsupported_version, .needed = 1, .available = 2});
    CHECK(result == read_stream(bytes, 3));
}

TEST_CASE("captures behind captures: the bytes of a header within a packet begin no capture") {
    const byte_vector inner = pcap_writer{}.record(1, 0, text("abc")).bytes();
    const reading result = read_memory(pcap_writer{}.record(1, 0, inner).record(2, 0, pcapng_writer{}.bytes()).bytes());
    CHECK(!result.error);
    CHECK(result.packets.size() == 2);
    CHECK(result.sections.size() == 1);
}

TEST_CASE("captures behind captures: times that equal a magic are read as times") {
    for (const std::uint32_t magic : {0xa1b2c3d4u, 0xd4c3b2a1u, 0x4d3cb2a1u, 0x0a0d0d0au, 0x34cdb2a1u}) {
        const auto capture =
            pcap_writer{}.record(1, 0, text("a")).record(magic, 7, text("abc"), 9).record(magic, 8, {}, 60);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        REQUIRE(result.packets.size() == 3);
        CHECK(result.packets[1].time == timestamp{std::chrono::seconds{magic} + 7us});
    }
}

TEST_CASE("zeros: a capture that goes on with zeros ends with its packets and the error only_zeros") {
    for (const std::size_t zeros : {32u, 33u, 100u, 4096u, 20'000u}) {
        for (const std::endian order : {std::endian::little, std::endian::big}) {
            for (const byte_vector& whole :
                 {pcap_writer{{.order = order}}.record(1, 0, text("abc")).bytes(),
                  pcapng_writer{{.order = order}}.interface().enhanced(0, 1, text("abc")).bytes()}) {
                const byte_vector bytes = join({whole, byte_vector(zeros)});
                const reading result = read_memory(bytes);
                CHECK(result == read_stream(bytes, 999));
                CHECK(result.packets.size() == 1);
                check_error(result.error, {.code = capture_error_code::only_zeros,
                                           .offset = whole.size(),
                                           .packet_number = 2,
                                           .available = zeros});
            }
        }
    }
    CHECK(to_string(capture_error{
              .code = capture_error_code::only_zeros, .offset = 322, .packet_number = 5, .available = 4096}) ==
          "has only zeros from byte 322 on (4,096 bytes): it was not written to its end. The 4 packets before them "
          "were read.");
}

TEST_CASE("zeros: zeros before other bytes are damage, one record of them is a packet without bytes") {
    const pcap_writer first = pcap_writer{}.record(1, 0, text("abc"));
    const byte_vector gap = pcap_writer{first}.raw(byte_vector(64)).record(1, 0, text("d")).bytes();
    check_error(read_memory(gap).error,
                {.code = capture_error_code::zero_gap, .offset = 43, .packet_number = 2, .available = 64});
    CHECK(read_memory(gap) == read_stream(gap, 10));
    CHECK(to_string(*read_memory(gap).error) ==
          "damaged at byte 43 in packet 2: 64 zero bytes stand where a packet is due. The packet before it was read.");
    const reading one = read_memory(pcap_writer{first}.record(0, 0, {}).record(1, 0, text("d")).bytes());
    CHECK(!one.error);
    CHECK(one.packets.size() == 3);
}
