// SPDX-License-Identifier: MIT
// The two directions captured by clocks that differ: by two adapters, by an aggregating tap, by a virtual switch.
#include "../../support/segment_script.hpp"

#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

using namespace tcplens;
using namespace std::chrono_literals;

namespace {

constexpr unsigned ack = segment_script::ack;
using table_type = basic_connection_table<evidence_rules, skew_observer>;

/// How a capture between a client and a server, 100 us from the one and 200 us from the other, times the server's packets.
struct setting {
    std::uint32_t initial = 1000;
    bool ipv6 = false;
    bool timestamps = false;
    std::function<std::chrono::nanoseconds(std::chrono::nanoseconds now)> skew = [](auto) { return 0ns; };
    bool loses_first_copies = false; ///< of data of the client, which are sent again 10 ms later
};

/// A conversation in which both sides send data, and acknowledge it at once. Each direction is in its own order.
std::vector<segment> converse(const setting& how, int exchanges = 40) {
    segment_script script;
    script.initial = {how.initial, how.initial ^ 0x5a5a'0000u};
    if (how.ipv6) script.ends = {script.host("2001:db8::1", 40000), script.host("2001:db8::2", 443)};
    const auto passes = [&](std::size_t sender, unsigned flags, std::int64_t sequence, std::int64_t acknowledges,
                            std::uint32_t length) {
        segment& made = script.make(sender, flags, sequence, acknowledges, length);
        if (how.ipv6) made.ip_id.reset();
        const auto clock = static_cast<std::uint32_t>(script.now / 1ms);
        if (how.timestamps) made.options.timestamps = tcp_timestamps{clock, clock};
        if (sender == 1) made.time += how.skew(script.now);
    };
    passes(0, segment_script::syn, 0, 0, 0);
    script.now += 400us; // 200 us to the server and back
    passes(1, segment_script::syn | ack, 0, 1, 0);
    script.now += 200us;
    passes(0, ack, 1, 1, 0);
    std::int64_t up = 1;
    std::int64_t down = 1;
    for (int i = 0; i < exchanges; ++i) {
        script.now += 3ms;
        if (!how.loses_first_copies) passes(0, ack, up, down, 100);
        script.now += 400us;
        passes(1, ack, down, up += 100, 0);
        if (how.loses_first_copies) {
            script.now += 10ms;
            passes(0, ack, up - 100, down, 100);
        }
        script.now += 3ms;
        passes(1, ack, down, up, 200);
        script.now += 200us;
        passes(0, ack, up, down += 200, 0);
    }
    std::ranges::stable_sort(script.segments, {}, &segment::time); // as programs that merge captures do
    return script.segments;
}

template <class Check>
void for_each_setting(Check check) {
    for (const std::uint32_t initial : {1000u, 0x7fff'ff00u, 0xffff'ff00u}) {
        for (const bool ipv6 : {false, true}) {
            for (const bool timestamps : {false, true}) {
                check(setting{.initial = initial, .ipv6 = ipv6, .timestamps = timestamps});
            }
        }
    }
}

direction_skew skew_in(const std::vector<segment>& segments) {
    table_type table;
    table.add_all(segments);
    REQUIRE(table.size() == 1);
    CHECK(table[0].client.port == 40000);
    CHECK(table[0].client_to_server.retransmissions + table[0].server_to_client.retransmissions == 0);
    return table[0].skew;
}

} // namespace

TEST_CASE("skew observer: without skew the bounds are the way to each end and back") {
    for_each_setting([](const setting& how) {
        const direction_skew skew = skew_in(converse(how));
        CHECK(skew.to_server == direction_skew::answer_times{.count = 41, .early = 0, .least = 400us});
        CHECK(skew.to_client == direction_skew::answer_times{.count = 41, .early = 0, .least = 200us});
        CHECK(skew.lowest() == -200us);
        CHECK(skew.highest() == 400us);
        CHECK_FALSE(skew.is_proven());
        CHECK_FALSE(skew.estimate());
    });
}

TEST_CASE("skew observer: a constant skew of 0.5 to 5 ms is proven and bounded, whichever direction is late") {
    for_each_setting([](setting how) {
        for (const auto late : {500us, 1000us, 2500us, 5000us}) {
            how.skew = [=](auto) { return late; };
            const direction_skew skew = skew_in(converse(how));
            CHECK(skew.is_proven());
            CHECK_FALSE(skew.varies());
            CHECK(skew.to_client.early >= 40);
            CHECK(skew.to_server.early == 0);
            CHECK(skew.lowest() == late - 200us);
            CHECK(skew.highest() == late + 400us);
            CHECK(skew.estimate() == late - 200us);

            how.skew = [=](auto) { return -late; };
            const direction_skew other = skew_in(converse(how));
            CHECK(other.is_proven());
            CHECK(other.to_server.early >= 40);
            CHECK(other.lowest() == -late - 200us);
            CHECK(other.highest() == -late + 400us);
            CHECK(other.estimate() == -late + 400us);
        }
    });
}

TEST_CASE("skew observer: a skew that wanders by 0.3 ms") {
    for_each_setting([](setting how) {
        // It shows where it exceeds the path: to the client, and not to the server.
        how.skew = [](std::chrono::nanoseconds now) { return now / 20ms % 2 == 0 ? 300us : -300us; };
        const direction_skew skew = skew_in(converse(how));
        CHECK(skew.is_proven());
        CHECK_FALSE(skew.varies());
        CHECK(skew.lowest() == 100us);
        CHECK(skew.highest() == 100us);
        how.skew = [](std::chrono::nanoseconds now) { return now / 20ms % 2 == 0 ? 600us : -600us; };
        const direction_skew more = skew_in(converse(how));
        CHECK(more.varies());
        CHECK(more.lowest() == 400us);
        CHECK(more.highest() == -200us);
        CHECK_FALSE(more.estimate());
    });
}

TEST_CASE("skew observer: retransmissions of data that the capture lost prove nothing") {
    for_each_setting([](setting how) {
        how.loses_first_copies = true;
        table_type table;
        table.add_all(converse(how, 2));
        CHECK_FALSE(table[0].skew.is_proven());
    });
}

TEST_CASE("skew observer: the least times are robust against two wrong ones") {
    detail::answer_timer timer;
    direction_skew::answer_times times;
    segment_script script;
    std::int64_t next = 1;
    for (const auto answer : {5ms, -900ms, 4ms, 2ms, -800ms, 3ms}) {
        script.now += 1s;
        timer.on_sent(script.client(ack, next, 1, 100), false, times);
        script.now += answer;
        timer.on_received(script.server(ack, 1, next += 100), times);
        script.now -= answer;
    }
    CHECK(times.count == 6);
    CHECK(times.early == 2);
    CHECK_FALSE(times.prove_skew());
    CHECK(times.least == 2ms);
}

TEST_CASE("skew observer: times beyond an hour, RSTs and numbers of other connections are no answers") {
    detail::answer_timer timer;
    direction_skew::answer_times times;
    segment_script script;
    timer.on_sent(script.client(ack, 1, 1, 100), false, times);
    timer.on_received(script.server(ack, 1, 100'000'000), times);
    timer.on_received(script.server(segment_script::rst | ack, 1, 101), times);
    script.now += 2h;
    timer.on_received(script.server(ack, 1, 101), times);
    CHECK(times == direction_skew::answer_times{});
    timer.on_sent(script.client(segment_script::rst, 101, 1), false, times);
    timer.on_sent(script.client(ack, 101, 1, 100), true, times); // again
    timer.on_received(script.server(ack, 1, 201), times);
    CHECK(times == direction_skew::answer_times{});
}

TEST_CASE("skew observer: the skews of the connections of a capture") {
    const auto times = [](std::uint64_t early, std::chrono::nanoseconds least) {
        return direction_skew::answer_times{.count = 10, .early = early, .least = least};
    };
    direction_skew::totals all;
    all.add(direction_skew{});
    CHECK(all == direction_skew::totals{});
    all.add(direction_skew{.to_server = times(0, 3ms), .to_client = times(0, 1ms)});
    CHECK(all == direction_skew::totals{.connections = 1});
    all.add(direction_skew{.to_server = times(0, 3ms), .to_client = times(9, -2ms)});
    all.add(
        direction_skew{.to_server = times(5, -1500us), .to_client = times(0, 4ms)}); // its client is on the other side
    CHECK(all == direction_skew::totals{.connections = 3, .skewed = 2, .at_least = 2ms, .at_most = 3ms});
    direction_skew::totals others;
    others.add(direction_skew{.to_server = times(4, -2500us), .to_client = times(3, -1ms)});
    CHECK(others == direction_skew::totals{.connections = 1, .skewed = 1, .varying = 1, .at_least = 2500us});
    others.add(all);
    CHECK(others ==
          direction_skew::totals{.connections = 4, .skewed = 3, .varying = 1, .at_least = 2500us, .at_most = 3ms});
}
