// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

using namespace std::chrono_literals;
using capture_writer::byte_vector;
using capture_writer::counting;
using capture_writer::hello;
using capture_writer::text;
using tcplens::link_type;
using tcplens::packet;
using tcplens::pcap_writer;
using tcplens::timestamp;
using tcplens::write_error;

namespace {

packet at(timestamp time) {
    return {.time = time, .bytes = hello, .wire_length = 1000, .link = link_type::raw, .number = 7};
}

} // namespace

TEST_CASE("pcap writer: the bytes are those of the format") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        for (const bool nanoseconds : {true, false}) {
            byte_vector written;
            pcap_writer writer{written, {.nanoseconds = nanoseconds, .byte_order = order}};
            CHECK(writer.write(at(timestamp{3s + 4567ns})));
            CHECK(writer.write(at(timestamp{1s})));
            CHECK(writer.packets() == 2);
            CHECK(writer.close());
            capture_writer::pcap_writer expected{{.order = order, .nanoseconds = nanoseconds, .link = 101}};
            expected.record(3, nanoseconds ? 4567 : 4, hello, 1000).record(1, 0, hello, 1000);
            CHECK(written == expected.bytes());
            CHECK(writer.position() == written.size());
        }
    }
}

TEST_CASE("pcap writer: a capture without packets is one all the same") {
    byte_vector written;
    pcap_writer writer{written, {.link = link_type::linux_sll, .snapshot_length = 96, .fcs_bits = 32}};
    CHECK(writer.close());
    tcplens::capture_reader reader{std::span<const std::byte>{written}};
    CHECK(reader.next() == nullptr);
    CHECK(!reader.error());
    const auto interface = reader.interfaces().at(0);
    CHECK(interface.link == link_type::linux_sll);
    CHECK(interface.snapshot_length == 96);
    CHECK(interface.fcs_bits == 32);
}

TEST_CASE("pcap writer: a packet that the format cannot hold is refused, and writing goes on") {
    byte_vector written;
    pcap_writer writer{written};
    CHECK(writer.write(at(timestamp{1s})));
    const auto refused = [&](const packet& next) {
        if (writer.write(next)) return write_error::reason{};
        CHECK(writer.error()->refuses_packet());
        CHECK(writer.error()->packet_number == 7);
        CHECK(to_string(*writer.error()).ends_with('.'));
        return writer.error()->code;
    };
    CHECK(refused(at(timestamp{-1ns})) == write_error::reason::time_out_of_range);
    CHECK(refused(at(timestamp{std::chrono::seconds{std::int64_t{1} << 32}})) ==
          write_error::reason::time_out_of_range);
    packet other = at(timestamp{1s});
    other.link = link_type::ethernet;
    CHECK(refused(other) == write_error::reason::other_link_type);
    other.link = link_type::none;
    CHECK(refused(other) == write_error::reason::link_type_too_large);
    CHECK(writer.write(at(timestamp{std::chrono::seconds{0xffff'ffff}})));
    CHECK(writer.close());
    tcplens::capture_reader reader{std::span<const std::byte>{written}};
    CHECK(std::ranges::distance(reader) == 2);
    CHECK(!reader.error());
}

TEST_CASE("pcap writer: longer packets are cut to the snapshot length, and lengths on the wire stay") {
    byte_vector written;
    pcap_writer writer{written, {.snapshot_length = 3}};
    CHECK(writer.write(at(timestamp{1s})));
    packet own{.bytes = hello}; // one that a program made: its length on the wire is that of its bytes
    own.link = link_type::raw;
    CHECK(writer.write(own));
    CHECK(writer.close());
    tcplens::capture_reader reader{std::span<const std::byte>{written}};
    const packet* next = reader.next();
    REQUIRE(next != nullptr);
    CHECK(next->bytes.size() == 3);
    CHECK(next->wire_length == 1000);
    next = reader.next();
    REQUIRE(next != nullptr);
    CHECK(next->wire_length == 5);
}

TEST_CASE("pcap writer: a callable may take fewer bytes at a time") {
    byte_vector written;
    const byte_vector large = counting(100'000);
    pcap_writer writer{[&](std::span<const std::byte> bytes) {
        const std::size_t taken = std::min<std::size_t>(bytes.size(), 1000);
        written.insert(written.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
        return static_cast<std::ptrdiff_t>(taken);
    }};
    for (int i = 0; i < 10; ++i) {
        packet next = at(timestamp{1s});
        next.bytes = std::span{large}.first(static_cast<std::size_t>(i) * 10'000);
        CHECK(writer.write(next));
    }
    CHECK(writer.close());
    tcplens::capture_reader reader{std::span<const std::byte>{written}};
    std::size_t length = 0;
    for (const packet& each : reader) {
        CHECK(std::ranges::equal(each.bytes, std::span{large}.first(length)));
        length += 10'000;
    }
    CHECK(length == 100'000);
}

TEST_CASE("pcap writer: an output that takes no more ends writing with an error") {
    std::ptrdiff_t answer = -ENOSPC;
    const byte_vector large = counting(100'000);
    packet next = at(timestamp{1s});
    next.bytes = large;
    pcap_writer failing{[&](std::span<const std::byte>) { return answer; }};
    CHECK(!failing.write(next));
    REQUIRE(failing.error());
    CHECK(failing.error()->code == write_error::reason::write_failed);
    CHECK(failing.error()->system_error == ENOSPC);
    CHECK(failing.error()->offset == 0);
    CHECK(!failing.write(at(timestamp{1s})));
    CHECK(!failing.close());
    CHECK(failing.packets() == 0);
    answer = 0;
    pcap_writer stopping{[&](std::span<const std::byte>) { return answer; }};
    CHECK(stopping.write(at(timestamp{1s})));
    CHECK(!stopping.close());
    CHECK(stopping.error()->code == write_error::reason::short_write);
}

TEST_CASE("pcap writer: a full disk is an error, and the file is not made") {
    if (!std::filesystem::exists("/dev/full")) return;
    pcap_writer writer{"/dev/full"};
    CHECK(writer.write(at(timestamp{1s})));
    CHECK(!writer.close());
    REQUIRE(writer.error());
    CHECK(writer.error()->code == write_error::reason::write_failed);
    CHECK(writer.error()->system_error == ENOSPC);
    CHECK(std::filesystem::is_character_file("/dev/full"));
}
