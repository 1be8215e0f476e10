// SPDX-License-Identifier: MIT
// What writers refuse, what they make of interfaces with odd numbers, and what they say of errors.
#include "../../support/capture_writer.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/limits.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>
#include <tcplens/capture/write/pcapng_writer.hpp>

#include <doctest/doctest.h>

#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
using tcplens::pcapng_writer;
using tcplens::timestamp;
using tcplens::write_error;

TEST_CASE("writers: a packet that no reader accepts is refused, and writing goes on") {
    const byte_vector huge(std::size_t{tcplens::capture_limits::max_record_length} + 1);
    byte_vector of_pcapng;
    pcapng_writer pcapng{of_pcapng};
    byte_vector of_pcap;
    tcplens::pcap_writer pcap{of_pcap};
    packet next = hello_packet(0, timestamp{1s});
    next.bytes = huge;
    CHECK(!pcapng.write(next));
    CHECK(pcapng.error()->code == write_error::reason::packet_too_long);
    CHECK(pcapng.error()->refuses_packet());
    CHECK(!pcap.write(next));
    CHECK(pcap.error()->code == write_error::reason::packet_too_long);
    next.bytes = hello;
    CHECK(pcapng.write(next));
    CHECK(pcap.write(next));
    CHECK(pcapng.packets() == 1);
    CHECK(pcap.packets() == 1);
}

TEST_CASE("pcapng writer: after a failure no packet is written") {
    std::ptrdiff_t answer = 0;
    const byte_vector large(100'000);
    pcapng_writer writer{[&](std::span<const std::byte> bytes) {
        return answer == 0 ? static_cast<std::ptrdiff_t>(bytes.size()) : answer;
    }};
    CHECK(writer.write(hello_packet(0, timestamp{1s})));
    CHECK(writer.flush());
    answer = -5;
    packet next = hello_packet(0, timestamp{1s});
    next.bytes = large;
    CHECK(!writer.write(next)); // larger than the buffer
    CHECK(!writer.write(hello_packet(0, timestamp{1s})));
    CHECK(writer.error()->code == write_error::reason::write_failed);
    CHECK(!writer.error()->refuses_packet());
    CHECK(!writer.flush());
    CHECK(writer.packets() == 1);
    pcapng_writer lying{[](std::span<const std::byte> bytes) { return static_cast<std::ptrdiff_t>(bytes.size() + 1); }};
    CHECK(lying.write(hello_packet(0, timestamp{1s})));
    CHECK(!lying.release_buffer());
    CHECK(lying.error()->code == write_error::reason::short_write);
}

TEST_CASE("writers: the buffer can be given out at any time, and the header is there from the first time on") {
    const auto check = [](auto make, std::size_t header) {
        byte_vector written;
        auto writer = make(written);
        CHECK(written.empty());
        CHECK(writer.release_buffer());
        CHECK(written.size() == header);
        CHECK(writer.write(hello_packet(0, timestamp{1s})));
        CHECK(written.size() == header);
        CHECK(writer.flush());
        CHECK(written.size() == writer.position());
        CHECK(writer.write(hello_packet(0, timestamp{2s})));
        CHECK(writer.release_buffer());
        CHECK(writer.close());
        capture_reader reader{std::span<const std::byte>{written}};
        CHECK(reader.next() != nullptr);
        REQUIRE(reader.next() != nullptr);
        CHECK(reader.next() == nullptr);
        CHECK(!reader.error());
        byte_vector empty;
        auto another = make(empty);
        CHECK(another.flush());
        CHECK(empty.size() == header);
    };
    check([](byte_vector& into) { return tcplens::pcap_writer{into}; }, 24);
    check([](byte_vector& into) { return pcapng_writer{into}; }, 28);
}

TEST_CASE("pcapng writer: interfaces with the highest numbers, and with two link layers, keep both") {
    byte_vector written;
    pcapng_writer writer{written};
    writer.describe(0xffff'fffe, {.link = link_type::ethernet, .name = "far"});
    writer.describe(0xffff'fffe, {.link = link_type::raw, .name = "raw"});
    writer.describe(0xffff'fffe, {.link = link_type::raw, .name = "too late"});
    CHECK(writer.write(hello_packet(0xffff'fffe, timestamp{1s}, link_type::raw)));
    CHECK(writer.write(hello_packet(0xffff'fffe, timestamp{2s})));
    CHECK(writer.write(hello_packet(3, timestamp{3s})));
    CHECK(writer.write(hello_packet(3, timestamp{4s}, link_type::raw)));
    CHECK(writer.write(hello_packet(3, timestamp{5s}, link_type::raw)));
    CHECK(writer.close());
    capture_reader reader{std::span<const std::byte>{written}};
    std::vector<std::uint32_t> numbers;
    while (const packet* next = reader.next()) numbers.push_back(next->interface_id);
    CHECK(numbers == std::vector<std::uint32_t>{0, 1, 2, 3, 3});
    REQUIRE(reader.interfaces().size() == 4);
    CHECK(reader.interfaces()[0].name == "raw");
    CHECK(reader.interfaces()[1].name == "far");
    CHECK(reader.interfaces()[3].link == link_type::raw);
}

TEST_CASE("pcapng writer: numbers in options keep their values from one byte order to the other") {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        const std::endian other = order == std::endian::little ? std::endian::big : std::endian::little;
        capture_writer::pcapng_writer source{{.order = order}};
        byte_vector options;
        for (const byte_vector& each :
             {source.option(4, std::uint64_t{3}), source.option(5, std::uint64_t{77}),
              source.option(6, std::uint32_t{0x0102'0304}), source.option(6, text("odd")),
              source.option(2988, source.option(0x1122, {})), source.option(19372, text("ab")),
              source.option(2989, std::uint32_t{32473}), source.option(19373, std::uint32_t{32473}),
              source.option(3, text("hash")), source.option(0, {})}) {
            options.insert(options.end(), each.begin(), each.end());
        }
        source.interface().enhanced(0, 1, hello, 1000, options);
        byte_vector written;
        {
            pcapng_writer writer{written, {.section = {.byte_order = other}}};
            capture_reader reader{std::span<const std::byte>{source.bytes()}};
            const packet* next = reader.next();
            REQUIRE(next != nullptr);
            CHECK(writer.write(*next, reader));
            CHECK(writer.close());
        }
        byte_vector back;
        pcapng_writer writer{back, {.section = {.byte_order = order}}};
        capture_reader reader{std::span<const std::byte>{written}};
        const packet* next = reader.next();
        REQUIRE(next != nullptr);
        CHECK(reader.options().dropped() == 3);
        CHECK(reader.options().packet_id() == 77);
        CHECK(writer.write(*next, reader));
        CHECK(writer.close());
        // There and back, the options are those of the source, byte for byte.
        const std::string all{reinterpret_cast<const char*>(back.data()), back.size()};
        CHECK(all.find(std::string{reinterpret_cast<const char*>(options.data()), options.size()}) !=
              std::string::npos);
    }
}

TEST_CASE("write errors: each is a sentence of its own") {
    std::vector<std::string> sentences;
    for (std::uint8_t code = 0; code <= 10; ++code) { // one more than there are
        const write_error error{.code = static_cast<write_error::reason>(code),
                                .system_error = code % 2 == 0 ? 2 : 0,
                                .offset = 65'536,
                                .packet_number = 12};
        const std::string sentence = to_string(error);
        CHECK(sentence.ends_with('.'));
        for (const std::string& other : sentences) CHECK(sentence != other);
        sentences.push_back(sentence);
        CHECK((to_string(error.code) == "unknown") == (code == 10));
        CHECK(error.refuses_packet() == (code >= 5));
    }
    CHECK(sentences[3] == "writing failed at byte 65,536: no more bytes were taken. The output is not whole.");
    CHECK(sentences[9] == "packet 12 is of another interface, and no more can be described.");
    CHECK(sentences[10] == "unknown error.");
}
