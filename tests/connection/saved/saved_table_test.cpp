// SPDX-License-Identifier: MIT
// A table that is saved and goes on elsewhere says what one says that never stopped.
#include <tcplens/capture/file/capture_file.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/saved/saved_table.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include "../../support/packet_builder.hpp"
#include "../../support/random_traffic.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr std::size_t stop_count = 100;

/// Numbers below `bound`, each once.
std::set<std::size_t> random_stops(std::size_t bound) {
    std::mt19937_64 random{7};
    std::set<std::size_t> stops;
    while (stops.size() < std::min(stop_count, bound)) stops.insert(static_cast<std::size_t>(random() % bound));
    return stops;
}

template <class Connection>
struct ended_connection {
    Connection connection;
    end_reason reason;

    [[nodiscard]] friend bool operator==(const ended_connection&, const ended_connection&) = default;
};

/// A table, and who takes what leaves it, if anything does.
template <class Table>
struct monitored {
    using connection_type = typename Table::connection_type;
    Table table;
    bool ends;
    std::vector<ended_connection<connection_type>> ended{};

    auto add(const auto& next) {
        if (!ends) return table.add(next);
        return table.add(next, sink());
    }
    auto sink() {
        return [this](const connection_type& of, end_reason reason) { ended.push_back({of, reason}); };
    }
};

/// Adds everything to a table that is saved at random points and goes on in another, made by `make` with another key each
/// time, and to one that never stops.
template <class Make, class Range>
void check_stops(const Make& make, const Range& traffic, bool ends) {
    using table_type = decltype(make(hash_key{1}));
    monitored<table_type> never{make(hash_key{1}), ends};
    monitored<table_type> stopping{make(hash_key{2}), ends};
    const std::set<std::size_t> stops = random_stops(std::size(traffic));
    std::size_t at = 0;
    for (const auto& next : traffic) {
        CAPTURE(at);
        if (stops.contains(at)) {
            const std::vector<std::byte> saved = save(stopping.table);
            table_type resumed = make(hash_key{at + 3});
            const auto error = restore(resumed, saved);
            REQUIRE_MESSAGE(!error, (error ? to_string(*error) : std::string{}));
            REQUIRE(save(resumed) == saved);
            stopping.table = std::move(resumed);
        }
        ++at;
        const add_result expected = never.add(next);
        const add_result found = stopping.add(next);
        bool same = found.outcome == expected.outcome && found.verdict == expected.verdict &&
                    found.direction == expected.direction && found.begins_connection == expected.begins_connection &&
                    (found.connection == nullptr) == (expected.connection == nullptr);
        if (found.connection != nullptr && same) {
            using connection_type = typename table_type::connection_type;
            same = static_cast<const connection_type&>(*found.connection) ==
                   static_cast<const connection_type&>(*expected.connection);
        }
        if (!same) FAIL("something else is said of the segment");
    }
    CHECK(stops.size() == std::min(stop_count, std::size(traffic)));
    CHECK(std::ranges::equal(stopping.table, never.table));
    CHECK(stopping.table.statistics() == never.table.statistics());
    CHECK(stopping.table.reassembly() == never.table.reassembly());
    CHECK(stopping.table.counters() == never.table.counters());
    if (ends) {
        stopping.table.flush(stopping.sink());
        never.table.flush(never.sink());
    }
    CHECK(stopping.ended == never.ended);
}

std::vector<segment> segments(std::uint64_t seed, std::size_t count, std::size_t pairs = 24) {
    random_traffic traffic{seed, pairs};
    std::vector<segment> made(count);
    for (segment& each : made) each = traffic.next();
    return made;
}

/// All rules, and all observers that can be saved.
template <class Range>
void check_all(const Range& traffic, const table_options& options, bool ends) {
    const auto with_key = [&](const hash_key& key) {
        table_options made = options;
        made.hash_key = key;
        return made;
    };
    check_stops([&](const hash_key& key) { return connection_table{with_key(key)}; }, traffic, ends);
    check_stops([&](const hash_key& key) { return connection_table{with_key(key), evidence_rules{3}}; }, traffic, ends);
    check_stops([&](const hash_key& key) { return detailed_connection_table{with_key(key)}; }, traffic, ends);
    check_stops(
        [&](const hash_key& key) {
            return basic_connection_table{with_key(key), wireshark_rules{}, wireshark_round_trips{50}, skew_observer{}};
        },
        traffic, ends);
    check_stops(
        [&](const hash_key& key) {
            return basic_connection_table{with_key(key), repeated_sequence_rules{200, key}, trace_observer{}};
        },
        traffic, ends);
    check_stops(
        [&](const hash_key& key) {
            return basic_connection_table{with_key(key), zeek_rules{}, zeek_observer{}};
        },
        traffic, ends);
    check_stops(
        [&](const hash_key& key) {
            return basic_connection_table{with_key(key), evidence_rules{}, basic_profile_observer<2, 4>{},
                                          basic_trace_observer<4>{}};
        },
        traffic, ends);
}

} // namespace

TEST_CASE("recordings of real traffic, saved and resumed at 100 random points") {
    std::size_t captures = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator{"tests/data/lab"}) {
        if (file.path().extension() != ".pcap") continue;
        CAPTURE(file.path().string());
        ++captures;
        capture_file capture{file.path().string()};
        std::vector<packet_builder::byte_vector> bytes;
        std::vector<packet> packets;
        for (const packet& each : capture) {
            bytes.emplace_back(each.bytes.begin(), each.bytes.end());
            packets.push_back(each);
        }
        REQUIRE_FALSE(capture.error());
        REQUIRE(packets.size() > stop_count);
        for (std::size_t i = 0; i < packets.size(); ++i) packets[i].bytes = bytes[i];
        check_all(packets, {}, captures % 2 == 0);
    }
    CHECK(captures == 14);
}

TEST_CASE("traffic that does everything, saved and resumed at 100 random points") {
    for (const std::uint64_t seed : {1u, 2u}) {
        CAPTURE(seed);
        check_all(segments(seed, 1500), {}, false);
        check_all(segments(seed, 1500), {}, true);
    }
    check_all(segments(4, 1500), {.split_incarnations = false}, true);
}

TEST_CASE("a table that is full, saved and resumed at 100 random points") {
    check_all(segments(5, 1500, 60), {.max_connections = 20}, true);
    check_all(segments(6, 1500, 60), {.max_connections = 20, .full_policy = full_policy::refuse}, true);
    check_all(segments(7, 1500, 60), {.max_connections = 20}, false);
    // A flood that evicts itself.
    std::vector<segment> flood = segments(8, 1500, 10);
    for (std::size_t i = 0; i < flood.size(); ++i) {
        if (i % 3 == 0) continue;
        flood[i].source.port = static_cast<std::uint16_t>(i);
        flood[i].flags = {0x02};
        flood[i].payload_length = 0;
    }
    check_all(flood, {.max_connections = 100}, true);
}

TEST_CASE("two that open a connection between the same endpoints over and over, blindly and not") {
    check_all(segments(9, 1500, 2), {}, true);
    check_all(segments(10, 1500, 2), {}, false);
    check_all(segments(11, 1500, 1), {.max_connections = 3}, true);
}

TEST_CASE("packets in fragments, some of which never come, saved and resumed at 100 random points") {
    using namespace packet_builder;
    std::mt19937_64 random{3};
    std::vector<byte_vector> bytes;
    for (std::uint16_t i = 0; i < 600; ++i) {
        tcp_packet_options of{.ip_id = i,
                              .dont_fragment = false,
                              .sequence = 1000u + i * 100u,
                              .payload_length = static_cast<std::size_t>(100 + random() % 300)};
        if (i % 3 == 0) {
            of.source = at("2001:db8::1", 40000);
            of.destination = at("2001:db8::2", 443);
        }
        if (i % 5 == 0) {
            bytes.push_back(tcp_packet(of));
            continue;
        }
        const std::size_t size = tcp_segment(of).size();
        const std::size_t length = 8 + 8 * (random() % 10);
        for (std::size_t begin = 0; begin < size; begin += length) {
            if (random() % 40 == 0) continue;
            byte_vector made = framed_tcp_fragment(of, begin, begin + length);
            bytes.push_back(made);
            if (random() % 10 == 0) { // once more, perhaps another one
                made.back() ^= random() % 2 == 0 ? std::byte{1} : std::byte{0};
                bytes.push_back(made);
            }
            if (random() % 6 == 0 && bytes.size() > 1) std::swap(bytes.back(), bytes[bytes.size() - 2]);
        }
        if (random() % 5 == 0) bytes.push_back(ethernet_frame(0x0806, hex("00")));
    }
    std::vector<packet> packets;
    timestamp now{1s};
    for (const byte_vector& each : bytes) {
        packets.push_back({.time = now += 10ms,
                           .bytes = each,
                           .wire_length = static_cast<std::uint32_t>(each.size()),
                           .link = link_type::ethernet,
                           .number = packets.size() + 1,
                           .has_time = random() % 30 > 0});
    }
    connection_table table;
    for (const packet& each : packets) table.add(each);
    CHECK(table.reassembly().reassembled > 200);
    CHECK(table.reassembly().overlapping > 0);
    for (const reassembly_options& bounds : {reassembly_options{}, reassembly_options{.max_packets = 3},
                                             reassembly_options{.max_bytes = 700}, reassembly_options{.max_age = 1s}}) {
        check_stops(
            [&](const hash_key& key) {
                return connection_table{table_options{.hash_key = key,
                                                      .decoding = {.verify_checksums = true, .reassembly = bounds},
                                                      .ignore_bad_checksums = true}};
            },
            packets, false);
    }
}

TEST_CASE("a time that passes while nothing comes is not lost") {
    const auto make = [] { return connection_table{table_options{.max_connections = 50}}; };
    connection_table never = make();
    connection_table stopped = make();
    std::vector<connection> from_never;
    std::vector<connection> from_stopped;
    const auto into = [](std::vector<connection>& all) {
        return [&all](const connection& ended, end_reason) { all.push_back(ended); };
    };
    timestamp last{};
    for (const segment& each : segments(12, 300)) {
        never.add(each, into(from_never));
        stopped.add(each, into(from_stopped));
        last = std::max(last, each.time);
    }
    never.expire(last + 4s, into(from_never));
    stopped.expire(last + 4s, into(from_stopped));
    connection_table resumed = make();
    REQUIRE_FALSE(restore(resumed, save(stopped)));
    for (const auto seconds : {5s, 6s, 200s, 400s}) {
        never.expire(last + seconds, into(from_never));
        resumed.expire(last + seconds, into(from_stopped));
        CHECK(from_stopped == from_never);
        CHECK(resumed.size() == never.size());
    }
    CHECK(never.empty());
}

TEST_CASE("many packets at a time after resuming") {
    const std::vector<segment> all = segments(13, 4000);
    connection_table never;
    never.add_all(all);
    connection_table stopped;
    stopped.add_all(std::span{all}.first(1777));
    connection_table resumed;
    REQUIRE_FALSE(restore(resumed, save(stopped)));
    resumed.add_all(std::span{all}.subspan(1777));
    CHECK(std::ranges::equal(resumed, never));
    CHECK(resumed.statistics() == never.statistics());
}
