// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using capture_writer::byte_vector;
using capture_writer::hello;
using capture_writer::hello_packet;
using capture_writer::text;
using tcplens::capture_reader;
using tcplens::link_type;
using tcplens::packet;
using tcplens::packet_options;
using tcplens::pcapng_writer;
using tcplens::timestamp;

namespace {

auto read(const byte_vector& written) {
    return capture_reader{std::span<const std::byte>{written}};
}

} // namespace

TEST_CASE("pcapng writer: the bytes are those of the format") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        byte_vector written;
        pcapng_writer writer{written, {.section = {.byte_order = order}}};
        CHECK(writer.write(hello_packet(0, timestamp{3s + 4567ns})));
        CHECK(writer.close());
        capture_writer::pcapng_writer expected{{.order = order}};
        expected.interface({.resolution = std::uint8_t{9}}).enhanced(0, 3'000'004'567, hello, 1000);
        CHECK(written == expected.bytes());
        CHECK(writer.position() == written.size());
    }
}

TEST_CASE("pcapng writer: interfaces keep their names, link types and clocks") {
    byte_vector written;
    pcapng_writer writer{written, {.section = {.application = "test", .comments = {"a", "b"}}}};
    const tcplens::capture_interface eth{.link = link_type::ethernet,
                                         .snapshot_length = 96,
                                         .name = "eth0",
                                         .description = "uplink",
                                         .filter = "tcp",
                                         .hardware = "card",
                                         .operating_system = "Linux",
                                         .speed = 1000,
                                         .receive_speed = 2000,
                                         .fcs_bits = std::uint8_t{32},
                                         .comments = {"first"}};
    writer.describe(5, eth, 6);
    writer.describe(2, {.link = link_type::linux_sll, .name = "any", .speed = 7, .receive_speed = 7}, 3, -10);
    CHECK(writer.write(hello_packet(2, timestamp{3s + 4'567'890ns}, link_type::linux_sll)));
    CHECK(writer.write(hello_packet(5, timestamp{3s + 4567ns})));
    CHECK(writer.write(hello_packet(5, timestamp{3s + 4567ns}, link_type::raw))); // of joined captures
    CHECK(writer.close());

    auto reader = read(written);
    const packet* next = reader.next();
    REQUIRE(next != nullptr);
    CHECK(next->time == timestamp{3s + 4ms});
    next = reader.next();
    REQUIRE(next != nullptr);
    CHECK(next->time == timestamp{3s + 4us});
    CHECK(next->interface_id == 1);
    next = reader.next();
    REQUIRE(next != nullptr);
    CHECK(next->time == timestamp{3s + 4567ns});
    CHECK(reader.next() == nullptr);
    CHECK(reader.sections().at(0).application == "test");
    CHECK(reader.sections().at(0).comments == std::vector<std::string>{"a", "b"});
    CHECK(reader.interfaces().at(0).name == "any");
    CHECK(reader.interfaces().at(0).receive_speed == 7);
    CHECK(reader.interfaces().at(1) == eth);
    CHECK(reader.interfaces().at(2).link == link_type::raw);
}

TEST_CASE("pcapng writer: comments and flags are added to those of the reader, in either byte order") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        capture_writer::pcapng_writer source{{.order = order}};
        byte_vector options = source.option(1, text("one"));
        const byte_vector flags = source.option(2, std::uint32_t{0x201});
        const byte_vector id = source.option(5, std::uint64_t{77});
        for (const byte_vector& each : {flags, id, source.option(0, {})})
            options.insert(options.end(), each.begin(), each.end());
        source.interface().enhanced(0, 1, hello, 1000, options).obsolete(0, 9, 1, hello);

        byte_vector written;
        pcapng_writer writer{written};
        auto before = read(source.bytes());
        const packet* next = before.next();
        REQUIRE(next != nullptr);
        CHECK(writer.write(*next, before, "two"));
        CHECK(writer.write(*next, {.options = before.options(), .flags = packet_options::packet_flags{2}}));
        next = before.next();
        REQUIRE(next != nullptr);
        CHECK(writer.write(*next, before));
        CHECK(writer.close());

        auto after = read(written);
        REQUIRE(after.next() != nullptr);
        std::vector<std::string> comments;
        for (const auto& each : after.options()) {
            if (each.code == tcplens::option_list::option::comment) comments.emplace_back(each.text());
        }
        CHECK(comments == std::vector<std::string>{"one", "two"});
        CHECK(after.options().flags()->bits == 0x201);
        CHECK(after.options().packet_id() == 77);
        REQUIRE(after.next() != nullptr);
        CHECK(after.options().flags()->bits == 2);
        REQUIRE(after.next() != nullptr);
        CHECK(after.options().dropped() == 9);
        CHECK(after.options().comment() == std::nullopt);
    }
}

TEST_CASE("pcapng writer: an option that a packet has twice is written twice, and no third time") {
    constexpr std::uint16_t drop_count = 4;
    capture_writer::pcapng_writer source;
    byte_vector options;
    for (const byte_vector& each : {source.option(drop_count, std::uint64_t{3}),
                                    source.option(drop_count, std::uint64_t{9}), source.option(0, {})})
        options.insert(options.end(), each.begin(), each.end());
    source.interface().enhanced(0, 1, hello, 1000, options);

    byte_vector written;
    pcapng_writer writer{written};
    auto before = read(source.bytes());
    const packet* const next = before.next();
    REQUIRE(next != nullptr);
    CHECK(writer.write(*next, before));
    CHECK(writer.close());
    auto after = read(written);
    REQUIRE(after.next() != nullptr);
    std::vector<std::uint64_t> counts;
    for (const auto& each : after.options()) {
        if (each.code == drop_count) counts.push_back(each.number<std::uint64_t>().value());
    }
    CHECK(counts == std::vector<std::uint64_t>{3, 9});
    CHECK(after.options().dropped() == 3);
}

TEST_CASE("pcapng writer: interfaces with one number and two link types, as of joined captures, keep their names") {
    byte_vector written;
    pcapng_writer writer{written};
    writer.describe(5, {.link = link_type::ethernet, .name = "wire"});
    writer.describe(5, {.link = link_type::raw, .name = "tunnel"});
    CHECK(writer.write(hello_packet(5, timestamp{1s})));
    CHECK(writer.write(hello_packet(5, timestamp{2s}, link_type::raw)));
    CHECK(writer.write(hello_packet(5, timestamp{3s})));
    CHECK(writer.close());

    auto reader = read(written);
    while (reader.next() != nullptr) {
    }
    const auto interfaces = reader.interfaces();
    REQUIRE(interfaces.size() == 2);
    CHECK(interfaces[0].name == "wire");
    CHECK(interfaces[1].name == "tunnel");
}

TEST_CASE("pcapng writer: a comment that is too long for one option becomes several, none cut within a character") {
    std::string longest(65534, 'a');
    longest += "\xc3\xa9 and more";
    byte_vector written;
    pcapng_writer writer{written};
    CHECK(writer.write(hello_packet(0, timestamp{1s}), {.comment = longest}));
    CHECK(writer.close());
    auto after = read(written);
    REQUIRE(after.next() != nullptr);
    std::string all;
    std::size_t count = 0;
    for (const auto& each : after.options()) {
        all += each.text();
        ++count;
    }
    CHECK(count == 2);
    CHECK(after.options().comment()->size() == 65534);
    CHECK(all == longest);
}

TEST_CASE("pcapng writer: every timestamp can be written") {
    byte_vector written;
    pcapng_writer writer{written};
    const std::vector<timestamp> times{timestamp{0ns}, timestamp::min(), timestamp{-1ns}, timestamp::max(),
                                       timestamp{1ns}};
    for (const timestamp each : times) CHECK(writer.write(hello_packet(0, each)));
    CHECK(writer.close());
    auto after = read(written);
    for (const timestamp each : times) {
        const packet* const next = after.next();
        REQUIRE(next != nullptr);
        CHECK(next->time == each);
    }
    CHECK(after.interfaces().size() == 2);
}

TEST_CASE("pcapng writer: a packet without a time stays one, cut or not, of whatever interface") {
    byte_vector written;
    pcapng_writer writer{written};
    std::vector<packet> packets;
    for (const std::size_t length : std::initializer_list<std::size_t>{5, 4, 3, 0}) {
        packet simple = hello_packet(0, {});
        simple.bytes = std::span{hello}.first(length);
        simple.has_time = false;
        for (const std::uint32_t wire_length : {static_cast<std::uint32_t>(length), 1000u}) {
            for (const std::uint32_t interface : {0u, 1u, 0u}) {
                simple.wire_length = wire_length;
                simple.interface_id = interface;
                simple.link = interface == 0 ? link_type::ethernet : link_type::raw;
                packets.push_back(simple);
                packets.push_back(hello_packet(interface, timestamp{1s}, simple.link));
            }
        }
    }
    for (const packet& each : packets) CHECK(writer.write(each));
    CHECK(writer.close());
    auto after = read(written);
    for (const packet& each : packets) {
        const packet* const next = after.next();
        REQUIRE(next != nullptr);
        CHECK(next->has_time == each.has_time);
        CHECK(next->wire_length == each.wire_length);
        CHECK(next->link == each.link);
        CHECK(std::ranges::equal(next->bytes, each.bytes));
    }
    CHECK(after.next() == nullptr);
    CHECK(!after.error());
}

TEST_CASE("pcapng writer: a link type beyond 16 bits is refused") {
    byte_vector written;
    pcapng_writer writer{written};
    CHECK(!writer.write(hello_packet(0, timestamp{1s}, link_type::none)));
    REQUIRE(writer.error());
    CHECK(writer.error()->code == tcplens::write_error::reason::link_type_too_large);
    CHECK(writer.write(hello_packet(0, timestamp{1s})));
    CHECK(writer.close());
}

TEST_CASE("pcapng writer: more interfaces than a section may have are refused") {
    byte_vector written;
    pcapng_writer writer{written};
    for (std::uint32_t i = 0; i < 65536; ++i) REQUIRE(writer.write(hello_packet(i, timestamp{1s})));
    CHECK(!writer.write(hello_packet(65536, timestamp{1s})));
    CHECK(writer.error()->code == tcplens::write_error::reason::too_many_interfaces);
    CHECK(writer.write(hello_packet(3, timestamp{-1s}))); // its other clock: in another section
    CHECK(writer.close());
    auto after = read(written);
    CHECK(std::ranges::distance(after) == 65537);
    CHECK(!after.error());
}

TEST_CASE("pcapng writer: a whole packet without a time needs no section of its own, whatever its interface may keep") {
    for (const std::uint32_t snapshot_length : {0u, 4u, 5u, 100u}) {
        CAPTURE(snapshot_length);
        byte_vector written;
        pcapng_writer writer{written};
        writer.describe(0, {.link = link_type::ethernet, .snapshot_length = snapshot_length});
        CHECK(writer.write(hello_packet(0, timestamp{1s})));
        packet simple = hello_packet(0, {});
        simple.wire_length = 5;
        simple.has_time = false;
        CHECK(writer.write(simple));
        CHECK(writer.close());
        auto reader = read(written);
        REQUIRE(reader.next() != nullptr);
        const packet* const found = reader.next();
        REQUIRE(found != nullptr);
        CHECK(std::ranges::equal(found->bytes, hello));
        CHECK(!found->has_time);
        // Only where less is kept than the packet has does its length need another interface, which must be a section's first.
        CHECK(reader.sections().size() == (snapshot_length == 4 ? 2 : 1));
    }
}
