// SPDX-License-Identifier: MIT
// What a capture says of its sections, its interfaces and its packets: draft-ietf-opsawg-pcapng 3.5 and 4.
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/capture/format/pcapng_reader.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using capture_writer::byte_vector;
using capture_writer::byte_writer;
using capture_writer::counting;
using capture_writer::join;
using capture_writer::pcap_writer;
using capture_writer::pcapng_writer;
using capture_writer::text;

namespace {

constexpr std::array orders{std::endian::little, std::endian::big};

/// A writer's option, of a section in that order.
template <typename Value>
byte_vector option(std::endian order, std::uint16_t code, const Value& value) {
    return pcapng_writer{{.order = order}}.option(code, value);
}

/// Of statistics, where a time is two halves of 32 bits, the upper one first.
byte_vector time_option(std::endian order, std::uint16_t code, std::uint64_t units) {
    byte_writer value{order};
    value.put(static_cast<std::uint32_t>(units >> 32)).put(static_cast<std::uint32_t>(units));
    return option(order, code, value.bytes());
}

timestamp at(std::chrono::nanoseconds since_epoch) {
    return timestamp{since_epoch};
}

/// Every option that a section, an interface and statistics may have.
pcapng_writer everything(std::endian order) {
    const auto string = [&](std::uint16_t code, std::string_view value) { return option(order, code, text(value)); };
    const byte_vector end = option(order, 0, byte_vector{});
    pcapng_writer capture{
        {.order = order,
         .minor = 2,
         .options = join({string(1, "a section"), string(2, "a machine"), string(3, "Linux 6.1"), string(4, "dumpcap"),
                          string(1, "of two comments"), end, string(3, "no")})}};
    capture
        .interface({.link = 113,
                    .snapshot_length = 96,
                    .resolution = 9,
                    .options = join({string(2, "eth0"), string(3, "the uplink"), option(order, 4, counting(8)),
                                     option(order, 8, std::uint64_t{10'000'000'000}), string(11, "\0tcp port 443"sv),
                                     string(12, "FreeBSD"), option(order, 13, std::uint8_t{32}), string(15, "a card"),
                                     string(1, "an interface")})})
        .interface(
            {.options = join({option(order, 16, std::uint64_t{1'000}), option(order, 17, std::uint64_t{9'000}),
                              string(11, "\1program"), option(order, 13, std::uint8_t{4}), string(2, "tun\0x"sv)})})
        .enhanced(0, 1, text("a"));
    capture.statistics(0, 1'000'000'007,
                       join({time_option(order, 2, 0x1'0000'0001), time_option(order, 3, 0x1'0000'0002),
                             option(order, 4, std::uint64_t{100}), option(order, 5, std::uint64_t{1}),
                             option(order, 6, std::uint64_t{90}), option(order, 7, std::uint64_t{3}),
                             option(order, 8, std::uint64_t{87}), string(1, "statistics"), end}));
    return capture;
}

} // namespace

TEST_CASE("pcapng descriptions: sections and interfaces are described with all their options") {
    for (const std::endian order : orders) {
        const reading result = read_memory(everything(order).bytes());
        CHECK(!result.error);
        CHECK(result.skipped == skipped_parts{});
        CHECK(result.sections == std::vector<capture_section>{{.format = capture_format::pcapng,
                                                               .byte_order = order,
                                                               .major_version = 1,
                                                               .minor_version = 2,
                                                               .hardware = "a machine",
                                                               .operating_system = "Linux 6.1",
                                                               .application = "dumpcap",
                                                               .comments = {"a section", "of two comments"}}});
        REQUIRE(result.interfaces.size() == 2);
        CHECK(result.interfaces[0] == capture_interface{.section = 0,
                                                        .link = link_type::linux_sll,
                                                        .snapshot_length = 96,
                                                        .name = "eth0",
                                                        .description = "the uplink",
                                                        .filter = "tcp port 443",
                                                        .hardware = "a card",
                                                        .operating_system = "FreeBSD",
                                                        .speed = 10'000'000'000,
                                                        .receive_speed = 10'000'000'000,
                                                        .fcs_bits = 32,
                                                        .comments = {"an interface"},
                                                        .statistics = {.received = 100,
                                                                       .dropped_by_interface = 1,
                                                                       .accepted_by_filter = 90,
                                                                       .dropped_by_system = 3,
                                                                       .delivered = 87,
                                                                       .capture_started = at(4'294'967'297ns),
                                                                       .capture_ended = at(4'294'967'298ns),
                                                                       .taken = at(1'000'000'007ns)}});
        // a filter that is a program is not text; four bits of FCS were meant as bytes; a string ends at its zero
        CHECK(result.interfaces[1] ==
              capture_interface{.name = "tun", .speed = 1'000, .receive_speed = 9'000, .fcs_bits = 32});
    }
}

TEST_CASE("pcapng descriptions: descriptions can be asked for at any time and cover what was read so far") {
    for (const std::endian order : orders) {
        const byte_vector bytes = everything(order).bytes();
        capture_reader reader{std::span<const std::byte>{bytes}};
        CHECK(reader.sections().size() == 1);
        CHECK(reader.interfaces().empty());
        REQUIRE(reader.next() != nullptr);
        CHECK(reader.interfaces().size() == 2);
        CHECK(!reader.interfaces()[0].statistics.received);
        CHECK(reader.next() == nullptr);
        CHECK(reader.interfaces()[0].statistics.received == 100);
    }
}

TEST_CASE("pcapng descriptions: a capture with many descriptions, cut at any byte, gives the same from memory and from "
          "a stream") {
    for (const std::endian order : orders) {
        const pcapng_writer capture = everything(order);
        const byte_vector& bytes = capture.bytes();
        for (std::size_t length = 1; length <= bytes.size(); ++length) {
            CAPTURE(length);
            const auto cut = std::span{bytes}.first(length);
            const reading result = read_memory(cut);
            const bool whole = std::ranges::find(capture.ends(), length) != capture.ends().end();
            CHECK(result.error.has_value() != whole);
            CHECK(result == read_stream(cut, 5));
        }
    }
}

TEST_CASE("pcapng descriptions: options that are damaged anywhere are counted, and cost no packet") {
    for (const std::endian order : orders) {
        const byte_vector reaching =
            byte_writer{order}.put(std::uint16_t{1}).put(std::uint16_t{9}).put(counting(8)).bytes();
        const byte_vector good = option(order, 2, text("good"));
        pcapng_writer capture{{.order = order, .options = join({good, reaching})}};
        capture.interface().enhanced(0, 5, text("abc"), 3, join({good, reaching}));
        capture.statistics(0, 7, join({option(order, 4, std::uint64_t{1}), reaching}));
        capture.statistics(0, 8, option(order, 5, std::uint32_t{1})); // a number of the wrong length
        capture.statistics(1, 9, option(order, 5, std::uint64_t{1})); // of no interface
        capture.block(5, counting(8));                                // too short
        capture.enhanced(0, 6, text("d"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.size() == 2);
        CHECK(result.sections.at(0).hardware == "good");
        CHECK(result.sections[0].comments.empty());
        CHECK(result.interfaces.at(0).statistics.received == 1); // and was not taken back by what came later
        CHECK(!result.interfaces[0].statistics.dropped_by_interface);
        CHECK(result.interfaces[0].statistics.taken == at(8us));
        CHECK(result.packets[0].options.size() == 3 + 4);
        CHECK(result.skipped == skipped_parts{.bad_options = 5});
    }
}

TEST_CASE("pcapng descriptions: interfaces of all sections stand in one list, as packets count them") {
    const auto capture = pcapng_writer{}
                             .interface({.link = 101})
                             .interface({.link = 108})
                             .section({.order = std::endian::big})
                             .interface({.link = 228, .snapshot_length = 7})
                             .enhanced(0, 1, text("a"))
                             .statistics(0, 9, option(std::endian::big, 4, std::uint64_t{5}));
    const reading result = read_memory(capture.bytes());
    CHECK(result.sections.size() == 2);
    CHECK(result.sections[1].byte_order == std::endian::big);
    REQUIRE(result.interfaces.size() == 3);
    const capture_interface& third = result.interfaces[result.packets.at(0).interface_id];
    CHECK(third.section == 1);
    CHECK(third.link == link_type::ipv4);
    CHECK(third.snapshot_length == 7);
    CHECK(third.statistics.received == 5);
    CHECK(result.interfaces[0].section == 0);
    CHECK(!result.interfaces[0].statistics.taken);
}

TEST_CASE("pcapng descriptions: the options of a packet are read when they are asked for") {
    for (const std::endian order : orders) {
        const auto string = [&](std::uint16_t code, std::string_view value) {
            return option(order, code, text(value));
        };
        const byte_vector options =
            join({string(1, "first"), option(order, 2, std::uint32_t{0x8001'0e6e}), string(1, "second"),
                  option(order, 4, std::uint64_t{17}), option(order, 5, std::uint64_t{0x1'0000'0002}),
                  option(order, 6, std::uint32_t{3}), option(order, 0, byte_vector{}), string(1, "behind the end")});
        // each with another length of padding
        for (const std::string_view bytes : {"", "a", "ab", "abc", "abcd"}) {
            CAPTURE(bytes);
            const auto capture = pcapng_writer{{.order = order}}
                                     .interface()
                                     .enhanced(0, 5, text(bytes), {}, options)
                                     .enhanced(0, 6, text("b"));
            capture_reader reader{std::span<const std::byte>{capture.bytes()}};
            CHECK(reader.options().empty());
            REQUIRE(reader.next() != nullptr);
            const packet_options asked = reader.options();
            CHECK(asked.comment() == "first"sv);
            CHECK(asked.dropped() == 17);
            CHECK(asked.packet_id() == 0x1'0000'0002);
            CHECK(asked.queue() == 3);
            REQUIRE(asked.flags());
            CHECK(asked.flags()->bits == 0x8001'0e6e);
            CHECK(asked.flags()->direction() == packet_options::packet_flags::direction::outbound);
            CHECK(asked.flags()->reception() == packet_options::packet_flags::reception::broadcast);
            CHECK(asked.flags()->fcs_length() == 3);
            CHECK(asked.flags()->checksum_not_ready());
            CHECK(asked.flags()->checksum_valid());
            CHECK(asked.flags()->segmentation_offloaded());
            CHECK(asked.flags()->link_errors() == 0x8001);
            std::vector<std::string> comments;
            for (const option_list::option& each : asked) {
                if (each.code == option_list::option::comment) comments.emplace_back(each.text());
            }
            CHECK(comments == std::vector<std::string>{"first", "second"});

            REQUIRE(reader.next() != nullptr);
            CHECK(reader.options().empty());
            CHECK(!reader.options().comment());
            CHECK(!reader.options().flags());
            CHECK(!reader.options().dropped());
            CHECK(reader.next() == nullptr);
            CHECK(reader.options().empty());
        }
    }
}

TEST_CASE("pcapng descriptions: flags that are not set are unknown") {
    constexpr packet_options::packet_flags none{};
    CHECK(none.direction() == packet_options::packet_flags::direction::unknown);
    CHECK(none.reception() == packet_options::packet_flags::reception::unknown);
    CHECK(!none.fcs_length());
    CHECK(!none.checksum_not_ready());
    CHECK(!none.checksum_valid());
    CHECK(!none.segmentation_offloaded());
    CHECK(none.link_errors() == 0);
    CHECK(packet_options::packet_flags{1u << 9}.checksum_not_ready());
    CHECK(!packet_options::packet_flags{1u << 9}.checksum_valid());
    CHECK(packet_options::packet_flags{1u << 10}.checksum_valid());
    CHECK(packet_options::packet_flags{1u << 11}.segmentation_offloaded());
    CHECK(packet_options::packet_flags{4u << 2}.reception() == packet_options::packet_flags::reception::promiscuous);
    CHECK(packet_options::packet_flags{5u << 2}.reception() == packet_options::packet_flags::reception::unknown);
    CHECK(packet_options::packet_flags{15u << 5}.fcs_length() == 15);
}

TEST_CASE("pcapng descriptions: options of a wrong length are ignored") {
    const byte_vector options =
        join({option(std::endian::little, 2, std::uint16_t{1}), option(std::endian::little, 4, std::uint32_t{1}),
              option(std::endian::little, 4, std::uint64_t{2})});
    const auto capture = pcapng_writer{}.interface().enhanced(0, 5, text("a"), {}, options);
    pcapng_reader reader{memory_source{capture.bytes()}};
    REQUIRE(reader.next() != nullptr);
    CHECK(!reader.options().flags());
    CHECK(reader.options().dropped() == 2);
}

TEST_CASE("pcapng descriptions: the obsolete packet block has its drops in a field, a simple packet has nothing") {
    for (const std::endian order : orders) {
        const byte_vector comment = option(order, 1, text("old"));
        auto capture = pcapng_writer{{.order = order}}.interface().interface();
        capture.obsolete(1, 258, 5, text("a"), {}, comment).obsolete(1, 0xffff, 5, text("b")).simple(text("ab"));
        pcapng_reader reader{memory_source{capture.bytes()}};
        REQUIRE(reader.next() != nullptr);
        CHECK(reader.options().dropped() == 258);
        CHECK(reader.options().comment() == "old"sv);
        REQUIRE(reader.next() != nullptr);
        CHECK(!reader.options().dropped()); // unknown
        REQUIRE(reader.next() != nullptr);
        CHECK(!reader.options().dropped());
        CHECK(reader.options().empty());
    }
}

TEST_CASE("pcapng descriptions: a packet at which reading fails has no options") {
    auto capture = pcapng_writer{}.interface().enhanced(0, 5, text("a"), {}, option(std::endian::little, 1, text("x")));
    capture.enhanced(7, 5, text("b"));
    const reading result = read_stream(capture.bytes(), 1); // which checks it
    CHECK(result.packets.size() == 1);
    CHECK(result.error);
}

TEST_CASE("pcapng descriptions: an option list ends at opt_endofopt, at the end of the block, or before an option that "
          "is too long") {
    const auto list = [](const byte_vector& bytes) { return option_list{bytes, std::endian::little}; };
    const auto damage = [&](const byte_vector& bytes) {
        const auto found = list(bytes).damage();
        return found ? std::pair{found->needed, found->available} : std::pair{std::size_t{0}, std::size_t{0}};
    };
    const byte_vector whole =
        join({option(std::endian::little, 1, text("abcde")), option(std::endian::little, 0, byte_vector{})});
    CHECK(damage({}) == std::pair{std::size_t{0}, std::size_t{0}});
    CHECK(damage(whole) == std::pair{std::size_t{0}, std::size_t{0}});
    for (std::size_t length = 1; length < whole.size(); ++length) {
        CAPTURE(length);
        const byte_vector cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)};
        if (length < 4) {
            CHECK(damage(cut) == std::pair{std::size_t{4}, length});
            CHECK(list(cut).empty());
        } else if (length < 9) {
            CHECK(damage(cut) == std::pair{std::size_t{5}, length - 4});
            CHECK(list(cut).empty());
        } else {
            CHECK((*list(cut).begin()).text() == "abcde");
            const bool ended = length <= 12; // within the padding, or with it
            CHECK(damage(cut) ==
                  (ended ? std::pair{std::size_t{0}, std::size_t{0}} : std::pair{std::size_t{4}, length - 12}));
        }
    }
    const byte_vector ended = option(std::endian::little, 0, byte_vector{});
    CHECK(list(join({ended, counting(5)})).empty());
    CHECK(damage(join({ended, counting(5)})) == std::pair{std::size_t{0}, std::size_t{0}});

    auto first = list(whole).begin();
    const auto same = first++;
    CHECK(same == list(whole).begin());
    CHECK(first == list(whole).end());
    CHECK(same != first);
    CHECK(option_list{}.empty());
}

TEST_CASE("pcapng descriptions: the kept descriptions are bounded, the packets are not") {
    SUBCASE("bytes of one") {
        pcapng_writer capture{{.options = byte_vector(capture_limits::max_description_bytes)}};
        capture.interface()
            .enhanced(0, 1, text("a"))
            .statistics(0, 1, byte_vector(capture_limits::max_description_bytes));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.size() == 1);
        CHECK(result.sections.size() == 1);
        CHECK(!result.interfaces.at(0).statistics.taken);
        CHECK(result.skipped == skipped_parts{.bad_options = 1, .descriptions = 1});
    }
    SUBCASE("bytes of all") {
        byte_vector options;
        while (options.size() + 65536 < capture_limits::max_description_bytes) {
            options = join({options, pcapng_writer{}.option(1, counting(65532))});
        }
        options.resize(capture_limits::max_description_bytes - 28 - 4);
        const auto name = [](std::string_view value) { return pcapng_writer{}.option(2, text(value)); };
        const auto capture = pcapng_writer{{.options = options}}
                                 .interface({.options = join({name("fits"), name("also fit"), name("and this")})})
                                 .interface({.options = name("too much")})
                                 .interface({.link = 101})
                                 .enhanced(2, 1, text("a"));
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.sections.at(0).comments.size() == 15);
        REQUIRE(result.interfaces.size() == 3);
        CHECK(result.interfaces[0].name == "and this");
        CHECK(result.interfaces[1].name.empty());
        CHECK(result.interfaces[2].link == link_type::raw);
        CHECK(result.skipped == skipped_parts{.descriptions = 1});
    }
    SUBCASE("interfaces") {
        pcapng_writer capture;
        for (std::uint32_t i = 0; i < capture_limits::max_descriptions; ++i) capture.interface();
        capture.section({}).interface().enhanced(0, 1, text("a")).statistics(0, 5);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.at(0).interface_id == capture_limits::max_descriptions);
        CHECK(result.interfaces.size() == capture_limits::max_descriptions);
        CHECK(result.sections.size() == 2);
        CHECK(result.skipped == skipped_parts{.descriptions = 1});
    }
    SUBCASE("sections") {
        pcapng_writer capture;
        for (std::uint32_t i = 1; i < capture_limits::max_descriptions; ++i) capture.section({});
        capture.section({.order = std::endian::big}).interface().enhanced(0, 1, text("a")).statistics(0, 5);
        const reading result = read_memory(capture.bytes());
        CHECK(!result.error);
        CHECK(result.packets.size() == 1);
        CHECK(result.sections.size() == capture_limits::max_descriptions);
        CHECK(result.sections.back().byte_order == std::endian::little);
        CHECK(result.interfaces.empty()); // whose section it would be is not kept
        CHECK(result.skipped == skipped_parts{.descriptions = 2});
    }
}
