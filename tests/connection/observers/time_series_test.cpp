// SPDX-License-Identifier: MIT
#include "../../support/segment_script.hpp"

#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <random>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr unsigned fin = segment_script::fin, syn = segment_script::syn, rst = segment_script::rst;
constexpr unsigned ack = segment_script::ack;
constexpr timestamp start = segment_script::start;
constexpr std::chrono::nanoseconds day = 24h;

/// A series over so many bins, each of which counts packets.
struct counted {
    explicit counted(std::size_t bins, time_series::series_overflow overflow,
                     std::chrono::nanoseconds jump = 10'000 * day)
        : memory(bins), series(memory, 10ms, overflow, jump) {}

    bool count(std::chrono::nanoseconds at) {
        time_series::time_bin* const bin = series.find(start + at);
        if (bin != nullptr) ++bin->client_to_server.packets;
        return bin != nullptr;
    }
    void count(std::initializer_list<std::chrono::nanoseconds> times) {
        for (const auto each : times) CHECK(count(each));
    }
    std::vector<unsigned> packets() const {
        std::vector<unsigned> all;
        for (std::size_t i = 0; i < series.size(); ++i)
            all.push_back(static_cast<unsigned>(series[i].client_to_server.packets));
        return all;
    }

    std::vector<time_series::time_bin> memory;
    time_series series;
};

/// The number of the interval; what lies between may be more than 2^63 ns.
std::size_t place_in(const time_series& series, timestamp time) {
    const auto from = static_cast<std::uint64_t>(series.begin_of(0).time_since_epoch().count());
    const auto to = static_cast<std::uint64_t>(time.time_since_epoch().count());
    return (to - from) / static_cast<std::uint64_t>(series.interval().count());
}

using counts = std::vector<unsigned>;

struct bins_in_memory {
    std::array<time_series::time_bin, 16> memory{};
};

struct hosts : bins_in_memory, scripted_table<basic_connection_table<evidence_rules, time_series_observer>> {
    explicit hosts(const time_series_options& options = {.interval = 10ms})
        : scripted_table{.table = basic_connection_table<evidence_rules, time_series_observer>(
                             table_options{}, evidence_rules{}, time_series_observer{memory, options})} {
        script.initial = {0xffff'ff00, 0xffff'ff00};
    }
    /// A segment of one of several clients.
    void say(std::size_t sender, std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
             std::int64_t acknowledges, std::uint32_t length, std::uint16_t client_port) {
        script.ends[0].port = client_port;
        scripted_table::say(sender, at, flags, sequence, acknowledges, length);
    }
    hosts(const hosts&) = delete;
    hosts& operator=(const hosts&) = delete;

    const time_series_observer& observer() { return table.observer<time_series_observer>(); }
    const time_series::time_bin& bin(std::size_t i) {
        REQUIRE(i < observer().series().size());
        return observer().series()[i];
    }
};

} // namespace

// The series

TEST_CASE("time series: times fall into intervals that begin with the first") {
    for (const auto overflow : {time_series::series_overflow::widen, time_series::series_overflow::forget_oldest}) {
        counted c{8, overflow};
        CHECK(c.series.empty());
        c.count({0ms, 9999us, 10ms, 35ms});
        CHECK(c.packets() == counts{2, 1, 0, 1});
        CHECK(c.series.interval() == 10ms);
        CHECK(c.series.begin_of(0) == start);
        CHECK(c.series.begin_of(3) == start + 30ms);
        c.count({5ms, 30ms}); // late
        CHECK(c.packets() == counts{3, 1, 0, 2});
        c.count({79'999us});
        CHECK(c.packets() == counts{3, 1, 0, 2, 0, 0, 0, 1});
    }
}

TEST_CASE("time series: if the bins do not reach, intervals double in width") {
    counted c{8, time_series::series_overflow::widen};
    c.count({0ms, 10ms, 20ms, 70ms, 71ms});
    c.count({80ms});
    CHECK(c.series.interval() == 20ms);
    CHECK(c.packets() == counts{2, 1, 0, 2, 1});
    c.count({159ms});
    CHECK(c.packets() == counts{2, 1, 0, 2, 1, 0, 0, 1});
    c.count({641ms});
    CHECK(c.series.interval() == 160ms);
    CHECK(c.packets() == counts{7, 0, 0, 0, 1});
    CHECK(c.series.begin_of(0) == start);
}

TEST_CASE("time series: if the bins do not reach, the oldest are dropped") {
    counted c{8, time_series::series_overflow::forget_oldest};
    c.count({0ms, 10ms, 11ms, 70ms, 80ms});
    CHECK(c.series.interval() == 10ms);
    CHECK(c.packets() == counts{2, 0, 0, 0, 0, 0, 1, 1});
    CHECK(c.series.begin_of(0) == start + 10ms);
    CHECK_FALSE(c.count(9ms)); // there is no place for it any more
    c.count({10ms});
    CHECK(c.packets() == counts{3, 0, 0, 0, 0, 0, 1, 1});
    c.count({145ms});
    CHECK(c.packets() == counts{1, 1, 0, 0, 0, 0, 0, 1});
    CHECK(c.series.begin_of(0) == start + 70ms);
    c.count({10s, 10'010ms});
    CHECK(c.packets() == counts{0, 0, 0, 0, 0, 0, 1, 1});
    CHECK(c.series.begin_of(6) == start + 10s);
}

TEST_CASE("time series: a time before the first interval gets intervals before it, as far as there is room") {
    SUBCASE("that double in width") {
        counted c{8, time_series::series_overflow::widen};
        c.count({0ms, 15ms, -1ms});
        CHECK(c.packets() == counts{1, 1, 1});
        CHECK(c.series.begin_of(0) == start - 10ms);
        c.count({-10ms, -60ms});
        CHECK(c.packets() == counts{1, 0, 0, 0, 0, 2, 1, 1});
        c.count({-61ms});
        CHECK(c.series.interval() == 20ms);
        CHECK(c.series.begin_of(0) == start - 80ms);
        CHECK(c.packets() == counts{1, 1, 0, 2, 2});
        c.count({79ms});
        CHECK(c.packets() == counts{1, 1, 0, 2, 2, 0, 0, 1});
    }
    SUBCASE("but nothing falls out for them") {
        counted c{8, time_series::series_overflow::forget_oldest};
        c.count({0ms, 35ms, -40ms});
        CHECK(c.packets() == counts{1, 0, 0, 0, 1, 0, 0, 1});
        CHECK_FALSE(c.count(-41ms));
        CHECK(c.packets() == counts{1, 0, 0, 0, 1, 0, 0, 1});
    }
}

TEST_CASE("time series: one wrong time changes nothing, two in a row are believed") {
    counted c{8, time_series::series_overflow::widen, 1s};
    c.count({0ms});
    CHECK_FALSE(c.count(day));
    CHECK_FALSE(c.count(-day));
    c.count({10ms, 1010ms});
    CHECK(c.series.interval() == 160ms);
    CHECK_FALSE(c.count(day));
    c.count({day + 1s});
    CHECK_FALSE(c.count(0ms)); // now this is far
    c.count({10ms});
}

TEST_CASE("time series: any times have a place in bins that widen") {
    std::mt19937_64 random{5};
    for (int round = 0; round < 300; ++round) {
        std::vector<time_series::time_bin> memory(8 + random() % 20);
        time_series series{memory, std::chrono::nanoseconds{random() >> (1 + random() % 63)},
                           time_series::series_overflow::widen, std::chrono::nanoseconds::max()};
        const auto scale = random() % 62;
        timestamp least = timestamp::max();
        timestamp most = timestamp::min();
        for (unsigned packets = 1; packets <= 40; ++packets) {
            const auto number = static_cast<std::int64_t>(random() >> scale);
            const timestamp time = clamp_for_arithmetic(timestamp{std::chrono::nanoseconds{number}});
            least = std::min(least, time);
            most = std::max(most, time);
            time_series::time_bin* const bin = series.find(time);
            REQUIRE(bin != nullptr);
            ++bin->server_to_client.packets;
            REQUIRE(series.size() <= memory.size());
            CHECK(series.begin_of(0) <= least);
            CHECK(most - series.begin_of(series.size() - 1) < series.interval());
            std::uint64_t sum = 0;
            for (std::size_t i = 0; i < series.size(); ++i) sum += series[i].server_to_client.packets;
            CHECK(sum == packets);
            const auto place = place_in(series, time);
            CHECK(&series[place] == bin);
        }
    }
}

TEST_CASE("time series: any times drop the oldest of bins that keep their width") {
    std::mt19937_64 random{6};
    for (int round = 0; round < 300; ++round) {
        std::vector<time_series::time_bin> memory(8 + random() % 20);
        time_series series{memory, std::chrono::nanoseconds{1 + random() % 1000},
                           time_series::series_overflow::forget_oldest, std::chrono::nanoseconds::max()};
        const auto interval = series.interval();
        const auto scale = random() % 62;
        for (unsigned packets = 1; packets <= 40; ++packets) {
            const auto number = static_cast<std::int64_t>(random() >> scale);
            const timestamp time = clamp_for_arithmetic(timestamp{std::chrono::nanoseconds{number}});
            time_series::time_bin* const bin = series.find(time);
            CHECK(series.interval() == interval);
            REQUIRE(series.size() <= memory.size());
            if (bin == nullptr) {
                CHECK(time < series.begin_of(0));
                continue;
            }
            const auto place = place_in(series, time);
            REQUIRE(place < series.size());
            CHECK(&series[place] == bin);
        }
    }
}

TEST_CASE("time series: too few bins hold nothing") {
    std::vector<time_series::time_bin> memory(7);
    time_series series{memory, 1s, time_series::series_overflow::widen, 1s};
    CHECK(series.find(start) == nullptr);
    CHECK(series.empty());
    CHECK(time_series{{}, 0s, time_series::series_overflow::widen, -1s}.interval() == 1ns);
}

TEST_CASE("time series: two bins that become one have the sum of both") {
    time_series::direction_bin a{.packets = 1, .wire_bytes = 60, .most_in_flight = 5};
    time_series::direction_bin b{
        .packets = 2, .wire_bytes = 70, .payload_bytes = 10, .new_bytes = 9, .retransmissions = 1};
    b.most_in_flight = 3;
    CHECK_FALSE(a.mean_rtt());
    b.count_rtt(10ms);
    b.count_rtt(4ms);
    time_series::direction_bin both = a;
    both.add(b);
    CHECK(both == time_series::direction_bin{.packets = 3,
                                             .wire_bytes = 130,
                                             .payload_bytes = 10,
                                             .new_bytes = 9,
                                             .retransmissions = 1,
                                             .most_in_flight = 5,
                                             .rtt_samples = 2,
                                             .least_rtt = 4ms,
                                             .most_rtt = 10ms,
                                             .total_rtt = 14ms});
    CHECK(both.mean_rtt() == 7ms);
    time_series::direction_bin reverse = b;
    reverse.add(a);
    CHECK(reverse == both);
    reverse.count_rtt(1ms);
    both.add(reverse);
    CHECK(both.least_rtt == 1ms);
    CHECK(both.rtt_samples == 5);
    CHECK(both.most_rtt == 10ms);
}

// What the observer counts

TEST_CASE("time series: packets, bytes, new bytes and retransmissions are counted by interval and direction") {
    hosts h;
    h.open(4ms);
    h.client(10ms, ack, 1, 1, 100);
    h.client(11ms, ack, 101, 1, 100);
    h.server(15ms, ack, 1, 201, 50);
    h.client(310ms, ack, 101, 1, 100); // again
    CHECK(h.observer().series().interval() == 20ms);
    CHECK(h.bin(0).client_to_server.packets == 4);
    CHECK(h.bin(0).client_to_server.payload_bytes == 200);
    CHECK(h.bin(0).client_to_server.wire_bytes == 4 * 60 + 200);
    CHECK(h.bin(0).client_to_server.new_bytes == 200);
    CHECK(h.bin(0).server_to_client.packets == 2);
    CHECK(h.bin(0).server_to_client.new_bytes == 50);
    CHECK(h.bin(0).client_to_server.retransmissions == 0);
    CHECK(h.bin(15).client_to_server.retransmissions == 1);
    CHECK(h.bin(15).client_to_server.payload_bytes == 100);
    CHECK(h.bin(15).client_to_server.new_bytes == 0);
    CHECK(h.bin(15).server_to_client == time_series::direction_bin{.most_in_flight = 50});
    CHECK(h.bin(7) == time_series::time_bin{});
    CHECK(h.observer().outside() == 0);
}

TEST_CASE("time series: new bytes are those that were not captured before") {
    hosts h;
    h.open(4ms);
    const auto fresh = [&] { return h.bin(0).client_to_server.new_bytes; };
    h.client(5ms, ack, 1, 1, 100);
    h.client(6ms, ack, 201, 1, 100); // a hole before it
    CHECK(fresh() == 200);
    h.client(7ms, ack, 151, 1, 100); // fills half of it
    CHECK(fresh() == 250);
    h.client(7ms, ack, 1, 1, 300); // and the rest
    CHECK(fresh() == 300);
    h.client(8ms, ack, 251, 1, 100); // half of it beyond the end
    CHECK(fresh() == 350);
    h.client(8ms, fin | ack, 351, 1);
    h.client(8ms, rst, 400, 1, 20); // what a RST carries is none
    CHECK(fresh() == 350);
}

TEST_CASE("time series: the byte of a keep-alive before all data is none") {
    hosts h;
    h.open(4ms);
    h.client(5ms, ack, 0, 1, 1);
    h.server(5ms, ack, 1, 1);
    h.client(6ms, ack, 1, 1, 100);
    CHECK(h.bin(0).client_to_server.new_bytes == 100);
}

TEST_CASE("time series: where the first data that comes is not the first that was sent, the first is new, too") {
    for (const bool has_handshake : {true, false}) {
        CAPTURE(has_handshake);
        hosts h;
        if (has_handshake) h.open(4ms);
        else h.client(4ms, ack, 1, 1); // an acknowledgment has its number as well
        h.client(5ms, ack, 101, 1, 100);
        h.client(6ms, ack, 201, 1, 100);
        h.client(7ms, ack, 1, 1, 100);
        CHECK(h.bin(0).client_to_server.new_bytes == 300);
        h.client(8ms, ack, 1, 1, 100);
        CHECK(h.bin(0).client_to_server.new_bytes == 300);
    }
    hosts late;
    late.client(4ms, ack, 301, 1); // captured before the data that it follows
    late.client(5ms, ack, 1, 1, 100);
    late.client(6ms, ack, 201, 1, 100);
    late.client(7ms, ack, 101, 1, 100);
    CHECK(late.bin(0).client_to_server.new_bytes == 300);
    hosts midstream; // no segment tells where its data begins
    midstream.client(4ms, ack, 201, 1, 100);
    midstream.client(5ms, ack, 1, 1, 100);
    midstream.client(6ms, ack, 101, 1, 100);
    CHECK(midstream.bin(0).client_to_server.new_bytes == 300);
    midstream.client(7ms, ack, 1, 1, 300);
    CHECK(midstream.bin(0).client_to_server.new_bytes == 300);
}

TEST_CASE("time series: data far away counts once its sender goes on there") {
    hosts h;
    h.open(4ms);
    const auto fresh = [&] { return h.bin(0).client_to_server.new_bytes; };
    h.client(5ms, ack, 1, 1, 100);
    h.client(6ms, ack, 0x4000'0000, 1, 100); // forged
    h.client(7ms, ack, 101, 1, 100);
    CHECK(fresh() == 200);
    h.client(8ms, ack, 0x4000'0000, 1, 100); // not captured for a gigabyte
    CHECK(fresh() == 200);
    h.client(8ms, ack, 0x4000'0064, 1, 100);
    h.client(8ms, ack, 0x4000'00c8, 1, 100);
    CHECK(fresh() == 400);
}

TEST_CASE("time series: bytes in flight are the most of each interval, in both directions") {
    hosts h;
    h.open(4ms);
    h.client(10ms, ack, 1, 1, 100);
    h.client(11ms, ack, 101, 1, 100);
    h.server(12ms, ack, 1, 101);
    h.server(25ms, ack, 1, 101, 30);
    h.server(35ms, ack, 31, 201);
    h.client(45ms, ack, 201, 31);
    CHECK(h.bin(0).client_to_server.most_in_flight == 1); // the SYN
    CHECK(h.bin(1).client_to_server.most_in_flight == 200);
    CHECK(h.bin(1).server_to_client.most_in_flight == 0);
    CHECK(h.bin(2).client_to_server.most_in_flight == 100); // still
    CHECK(h.bin(2).server_to_client.most_in_flight == 30);
    CHECK(h.bin(3).client_to_server.most_in_flight == 0);
    CHECK(h.bin(3).server_to_client.most_in_flight == 30);
    CHECK(h.bin(4).server_to_client.most_in_flight == 0);
}

TEST_CASE("time series: bytes in flight of all connections are the sum, without closed ones") {
    hosts h;
    h.say(0, 0ms, ack, 1, 1, 100, 1000);
    h.say(0, 1ms, ack, 1, 1, 200, 2000);
    CHECK(h.bin(0).client_to_server.most_in_flight == 300);
    h.say(1, 9ms, rst | ack, 1, 101, 0, 1000);
    h.say(0, 10ms, ack, 201, 1, 1, 2000);
    CHECK(h.bin(1).client_to_server.most_in_flight == 201);
}

TEST_CASE("time series: round trips are measured one segment at a time, and not of retransmissions") {
    hosts h;
    h.open(4ms);
    CHECK(h.bin(0).client_to_server.rtt_samples == 1); // the SYN
    CHECK(h.bin(0).client_to_server.least_rtt == 4ms);
    CHECK(h.bin(0).server_to_client.least_rtt == 1ms);
    h.client(10ms, ack, 1, 1, 100);
    h.client(12ms, ack, 101, 1, 100); // not timed
    h.server(14ms, ack, 1, 51);
    CHECK(h.bin(1).client_to_server.rtt_samples == 0);
    h.server(15ms, ack, 1, 201);
    CHECK(h.bin(1).client_to_server.rtt_samples == 1);
    CHECK(h.bin(1).client_to_server.mean_rtt() == 5ms);

    h.client(20ms, ack, 201, 1, 100);
    h.client(300ms, ack, 201, 1, 100); // Karn's rule
    h.server(305ms, ack, 1, 301);
    CHECK(h.observer().series().interval() == 20ms);
    CHECK(h.bin(15).client_to_server.rtt_samples == 0);

    h.client(310ms, ack, 301, 1, 100);
    h.server(309ms, ack, 1, 401); // the clock was set back
    CHECK(h.bin(15).client_to_server.rtt_samples == 0);
    h.client(311ms, ack, 401, 1, 100);
    h.server(312ms, ack, 1, 501);
    CHECK(h.bin(15).client_to_server.rtt_samples == 1);
}

TEST_CASE("time series: with one connection selected, only that one counts") {
    hosts h{{.interval = 10ms, .connection = 1}};
    h.say(0, 0ms, ack, 1, 1, 100, 1000);
    h.say(0, 5ms, ack, 1, 1, 200, 2000);
    h.say(1, 6ms, ack, 1, 101, 0, 1000);
    h.say(1, 7ms, ack, 1, 201, 0, 2000);
    CHECK(h.observer().series().begin_of(0) == start + 5ms);
    CHECK(h.bin(0).client_to_server.packets == 1);
    CHECK(h.bin(0).client_to_server.new_bytes == 200);
    CHECK(h.bin(0).server_to_client.packets == 1);
}

TEST_CASE("time series: client and server change places: so do the bins of one connection") {
    const auto tell = [](hosts& h) {
        h.client(2ms, ack, 1, 1, 100); // by its port the client
        CHECK(h.bin(0).client_to_server.new_bytes == 100);
        CHECK(h.bin(0).client_to_server.most_in_flight == 100);
        h.server(3ms, syn, 0, 0); // late
    };
    SUBCASE("of one connection all that was counted does") {
        hosts h{{.interval = 10ms, .connection = 0}};
        tell(h);
        CHECK(h.bin(0).server_to_client.new_bytes == 100);
        CHECK(h.bin(0).server_to_client.most_in_flight == 100);
        CHECK(h.bin(0).client_to_server.packets == 1);
        CHECK(h.bin(0).client_to_server.most_in_flight < 100);
    }
    SUBCASE("of all what comes") {
        hosts h{{.interval = 10ms}};
        tell(h);
        CHECK(h.bin(0).client_to_server.packets == 2);
        h.server(15ms, ack, 1, 101);
        CHECK(h.bin(1).server_to_client.most_in_flight == 0);
        h.client(25ms, ack, 101, 1, 10);
        CHECK(h.bin(2).server_to_client.most_in_flight == 10);
        CHECK(h.bin(2).client_to_server.most_in_flight == 0);
    }
}

TEST_CASE("time series: a packet whose time has no place is counted as outside") {
    hosts h{{.interval = 10ms, .furthest_jump = 1min}};
    h.open(4ms);
    h.client(1h, ack, 1, 1, 100);
    CHECK(h.observer().outside() == 1);
    h.client(6ms, ack, 101, 1, 100);
    CHECK(h.observer().outside() == 1);
    CHECK(h.bin(0).client_to_server.new_bytes == 100);
    CHECK(h.bin(0).client_to_server.most_in_flight == 200);
}
