// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"
#include "../../support/reading.hpp"

#include <tcplens/capture/file/capture_series.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace capture_writer;
using tcplens::capture_error_code;

namespace {

// Opens files that are in memory.
struct open_memory {
    const std::map<std::string, byte_vector>* files;
    auto operator()(const std::string& name) const {
        return tcplens::capture_reader{std::span<const std::byte>{files->at(name)}};
    }
};
using memory_series = tcplens::basic_capture_series<open_memory>;

// The files are named by their places: "0", "1", …
struct in_memory {
    std::map<std::string, byte_vector> files{};
    std::vector<std::string> names{};

    explicit in_memory(const std::vector<byte_vector>& contents) {
        for (const byte_vector& each : contents) {
            names.emplace_back(std::to_string(names.size()));
            files[names.back()] = each;
        }
    }
    [[nodiscard]] memory_series series() const { return memory_series{names, open_memory{&files}}; }
};

struct seen_packet {
    tcplens::timestamp time;
    byte_vector bytes;
    std::uint32_t wire_length;
    std::uint32_t interface_id;
    std::uint64_t number;
    friend bool operator==(const seen_packet&, const seen_packet&) = default;
};

template <class Captures>
std::vector<seen_packet> packets_of(Captures&& captures) {
    std::vector<seen_packet> all;
    for (const tcplens::packet& each : captures) {
        all.push_back(
            {each.time, {each.bytes.begin(), each.bytes.end()}, each.wire_length, each.interface_id, each.number});
        CHECK(captures.packets() == all.size());
    }
    return all;
}

byte_vector pcap_of(std::size_t begin, std::size_t end) {
    pcap_writer file;
    for (std::size_t i = begin; i < end; ++i) file.record(static_cast<std::uint32_t>(i), 0, counting(10 + i), 100);
    return file.bytes();
}

} // namespace

TEST_CASE("capture_series: packets of files that follow each other are numbered as those of the whole") {
    const std::vector<seen_packet> whole = [] {
        std::vector<seen_packet> all = packets_of(in_memory{{pcap_of(0, 12)}}.series());
        REQUIRE(all.size() == 12);
        return all;
    }();
    for (std::size_t first = 0; first <= 12; ++first) {
        for (std::size_t second = first; second <= 12; ++second) {
            const in_memory cut{{pcap_of(0, first), pcap_of(first, second), pcap_of(second, 12)}};
            memory_series series = cut.series();
            std::vector<seen_packet> read = packets_of(series);
            for (seen_packet& each : read) { // each file has an interface of its own
                CHECK(each.interface_id == (each.number <= first ? 0 : each.number <= second ? 1 : 2));
                each.interface_id = 0;
            }
            CHECK(read == whole);
            CHECK(series.errors().empty());
            CHECK(series.interfaces().size() == 3);
            CHECK(series.next() == nullptr); // an end stays an end
            CHECK(series.packets() == 12);
        }
    }
}

TEST_CASE("capture_series: a series without files is empty") {
    tcplens::capture_series none{{}};
    CHECK(none.next() == nullptr);
    CHECK(none.packets() == 0);
    CHECK(none.interfaces().empty());
    CHECK(none.current() == nullptr);
}

TEST_CASE("capture_series: blocks that Wireshark numbers like packets count at the end of a file, too") {
    pcapng_writer first;
    first.interface().enhanced(0, 1, counting(4)).block(0x0bad, counting(4)).block(0x0bad, counting(4));
    pcapng_writer second;
    second.interface().block(0x0bad, counting(4)).enhanced(0, 2, counting(4));
    pcapng_writer third;
    third.interface().enhanced(0, 3, counting(4));
    const in_memory files{{first.bytes(), second.bytes(), third.bytes()}};
    memory_series series = files.series();
    const std::vector<seen_packet> read = packets_of(series);
    REQUIRE(read.size() == 3);
    CHECK(read[0].number == 1);
    CHECK(read[1].number == 5);
    CHECK(read[2].number == 6);
    CHECK(series.skipped().numbered_blocks == 3);
}

TEST_CASE("capture_series: an error of a file is reported, and reading goes on with the next file") {
    byte_vector cut = pcap_of(0, 3);
    cut.resize(cut.size() - 1);
    pcapng_writer skipping;
    skipping.interface().enhanced(0, 1, counting(4)).section({.major = 2}).block(6, counting(24));
    const in_memory files{{cut, {}, text("no capture"), pcap_of(2, 4), skipping.bytes()}};
    memory_series series = files.series();
    const std::vector<seen_packet> read = packets_of(series);
    REQUIRE(read.size() == 5);
    CHECK(read[2].number == 3);
    CHECK(read[4].number == 5);
    REQUIRE(series.errors().size() == 4);
    CHECK(series.errors()[0].file == 0);
    CHECK(series.errors()[0].error.code == capture_error_code::truncated);
    CHECK(series.errors()[0].error.packet_number == 3);
    CHECK(series.errors()[1].file == 1);
    CHECK(series.errors()[1].error.code == capture_error_code::empty);
    CHECK(series.errors()[2].file == 2);
    CHECK(series.errors()[2].error.code == capture_error_code::not_a_capture);
    CHECK(series.errors()[3].file == 4);
    CHECK(series.errors()[3].error.code == capture_error_code::unsupported_version);
    CHECK(series.skipped().sections == 1);

    tcplens::capture_series missing{{"no such file", "tests/data/handshake.pcap", "nor this"}};
    const std::vector<seen_packet> good = packets_of(missing);
    REQUIRE_FALSE(good.empty());
    CHECK(good[0].number == 1);
    REQUIRE(missing.errors().size() == 2);
    CHECK(missing.errors()[1].file == 2);
    CHECK(missing.errors()[1].error.code == capture_error_code::file_not_found);
    CHECK(missing.files().size() == 3);
}

TEST_CASE("capture_series: interfaces and sections are counted over all files") {
    const auto file = [](std::string_view name) {
        pcapng_writer made;
        made.interface().interface({.link = 101, .options = made.option(2, text(name))}).enhanced(1, 1, counting(4));
        const byte_vector lost = made.option(5, std::uint64_t{7});
        return made.statistics(1, 2, join({made.option(1, std::uint16_t{0}), lost})).bytes();
    };
    const in_memory files{{file("one"), pcap_of(0, 1), file("two")}};
    memory_series series = files.series();
    std::vector<std::uint32_t> ids;
    std::vector<tcplens::link_type> links;
    for (const tcplens::packet& each : series) {
        ids.push_back(each.interface_id);
        links.push_back(each.link);
        REQUIRE(series.interfaces().size() > each.interface_id);
        CHECK(series.interfaces()[each.interface_id].link == each.link);
        REQUIRE(series.current() != nullptr);
        CHECK(series.current()->packets() == 1);
        CHECK(series.begun() == ids.size());
    }
    CHECK(ids == std::vector<std::uint32_t>{1, 2, 4});
    const std::vector<tcplens::capture_interface> all = series.interfaces();
    REQUIRE(all.size() == 5);
    CHECK(all[1].name == "one");
    CHECK(all[1].statistics.dropped_by_interface == 7);
    CHECK(all[1].section == 0);
    CHECK(all[2].section == 1);
    CHECK(all[4].name == "two");
    CHECK(all[4].section == 2);
    CHECK(series.skipped().descriptions == 0);
}

TEST_CASE("capture_series: the kept interfaces are bounded over all files") {
    const std::string long_name(60000, 'n');
    pcapng_writer file;
    file.interface({.options = file.option(2, text(long_name))}).enhanced(0, 1, counting(4));
    const in_memory files{std::vector<byte_vector>(20, file.bytes())};
    memory_series series = files.series();
    CHECK(packets_of(series).size() == 20);
    const std::size_t room = tcplens::capture_limits::max_description_bytes / long_name.size();
    CHECK(series.interfaces().size() == room);
    CHECK(series.skipped().descriptions == 20 - room);

    pcapng_writer many;
    for (int i = 0; i < 40000; ++i) many.interface();
    const in_memory two{{many.bytes(), many.bytes()}};
    memory_series bounded = two.series();
    CHECK(bounded.next() == nullptr);
    CHECK(bounded.interfaces().size() == tcplens::capture_limits::max_descriptions);
    CHECK(bounded.skipped().descriptions == 80000 - tcplens::capture_limits::max_descriptions);
}
