// SPDX-License-Identifier: MIT
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr std::uint16_t fin = 0x01, syn = 0x02, rst = 0x04, ack = 0x10;

struct says {
    std::uint16_t flags = 0x10; // ACK
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint32_t length = 0;
    bool options_cut = false;
    std::uint32_t beyond_frame = 0;
};

/// The round trip that one segment ends.
struct sample {
    std::uint64_t acknowledged;
    std::chrono::nanoseconds rtt;
    [[nodiscard]] friend bool operator==(const sample&, const sample&) = default;
};

struct hosts {
    explicit hosts(std::size_t capacity = 1000)
        : table(table_options{}, wireshark_rules{}, wireshark_round_trips{capacity}) {}

    basic_connection_table<wireshark_rules, wireshark_round_trips> table;
    std::uint64_t number = 0;
    timestamp now{std::chrono::hours{24 * 365 * 50}};

    std::optional<sample> say(const says& what, unsigned side, std::uint16_t port = 40000) {
        const endpoint ends[]{{address{}, port}, {address{}, 80}};
        const add_result added = table.add(segment{.time = now,
                                                   .packet_number = ++number,
                                                   .source = ends[side],
                                                   .destination = ends[1 - side],
                                                   .sequence = {what.seq},
                                                   .acknowledgment = {what.ack},
                                                   .payload_length = what.length,
                                                   .payload_beyond_frame = what.beyond_frame,
                                                   .window = 1000,
                                                   .flags = {what.flags},
                                                   .options = {.cut = what.options_cut}});
        const auto& last = table[added.connection->number].wireshark.last_acknowledgment;
        if (last.packet_number != number) return std::nullopt;
        return sample{last.acknowledged, last.rtt};
    }
    std::optional<sample> client(const says& what) { return say(what, 0); }
    std::optional<sample> server(const says& what) { return say(what, 1); }
    void after(std::chrono::nanoseconds time) { now += time; }
    const wireshark_round_trips::round_trips& told() { return table[0].wireshark; }
};

} // namespace

TEST_CASE("Wireshark round trips: the initial round trip is from the SYN to the first ACK that is no SYN-ACK") {
    hosts h;
    h.client({.flags = syn, .seq = 100});
    CHECK_FALSE(h.told().initial_rtt);
    h.after(10ms);
    SUBCASE("the handshake") {
        h.server({.flags = syn | ack, .seq = 500, .ack = 101});
        CHECK_FALSE(h.told().initial_rtt);
        h.after(5ms);
        h.client({.seq = 101, .ack = 501});
        CHECK(h.told().initial_rtt == 15ms);
        h.after(1s);
        h.client({.seq = 101, .ack = 501}); // and never again
        CHECK(h.told().initial_rtt == 15ms);
    }
    SUBCASE("a RST that refuses") {
        h.server({.flags = rst | ack, .seq = 0, .ack = 101});
        CHECK(h.told().initial_rtt == 10ms);
    }
    SUBCASE("the latest SYN") {
        h.client({.flags = syn, .seq = 100});
        h.after(7ms);
        h.server({.seq = 0, .ack = 101});
        CHECK(h.told().initial_rtt == 7ms);
    }
    SUBCASE("0 is none, less than that is one") {
        h.after(-10ms);
        h.client({.seq = 101, .ack = 501});
        CHECK_FALSE(h.told().initial_rtt);
        h.after(-1ms);
        h.client({.seq = 101, .ack = 501});
        CHECK(h.told().initial_rtt == -1ms);
    }
}

TEST_CASE("Wireshark round trips: a SYN at the time 0 counts as none, as in Wireshark") {
    hosts h;
    h.now = timestamp{};
    h.client({.flags = syn, .seq = 100});
    h.after(1ms);
    h.client({.seq = 101, .ack = 501});
    CHECK_FALSE(h.told().initial_rtt);
}

TEST_CASE("Wireshark round trips: an acknowledgment that meets the end of a segment is a sample") {
    hosts h;
    CHECK_FALSE(h.client({.flags = syn, .seq = 100}));
    h.after(10ms);
    CHECK(h.server({.flags = syn | ack, .seq = 500, .ack = 101}) == sample{1, 10ms});
    h.after(5ms);
    CHECK(h.client({.seq = 101, .ack = 501, .length = 10}) == sample{2, 5ms});
    h.client({.seq = 111, .ack = 501, .length = 10});
    h.client({.seq = 121, .ack = 501, .length = 10});
    h.after(5ms);
    CHECK_FALSE(h.server({.seq = 501, .ack = 116})); // within the second: the first is covered, and has no sample
    CHECK(h.server({.seq = 501, .ack = 121}) == sample{4, 5ms});
    CHECK_FALSE(h.server({.seq = 501, .ack = 121})); // once
    CHECK_FALSE(h.server({.seq = 501, .ack = 111}));
    h.after(1ms);
    CHECK(h.server({.flags = fin | ack, .seq = 501, .ack = 131}) == sample{5, 6ms});
    h.after(2ms);
    CHECK(h.client({.flags = fin | ack, .seq = 131, .ack = 502}) == sample{10, 2ms});
    h.after(2ms);
    CHECK(h.server({.seq = 502, .ack = 132}) == sample{11, 2ms});
}

TEST_CASE(
    "Wireshark round trips: a sample is of the first transmission, and may be negative if the clock runs back") { // there is no Karn's rule
    hosts h;
    h.client({.seq = 100, .ack = 1, .length = 10});
    h.after(300ms);
    h.client({.seq = 100, .ack = 1, .length = 10});
    h.after(20ms);
    CHECK(h.server({.seq = 1, .ack = 110}) == sample{1, 320ms});
    h.client({.seq = 110, .ack = 1, .length = 10});
    h.after(-1s);
    CHECK(h.server({.seq = 1, .ack = 120}) == sample{4, -1s});
}

TEST_CASE("Wireshark round trips: the acknowledgment field counts without ACK, and one number counts for SYN and FIN "
          "together") {
    hosts h;
    h.client({.seq = 0xffff'fff6, .ack = 1, .length = 10});
    CHECK(h.server({.flags = rst, .seq = 1, .ack = 0}) == sample{1, 0ms});
    h.client({.flags = syn | fin, .seq = 0, .ack = 1});
    CHECK(h.server({.seq = 1, .ack = 1}) == sample{3, 0ms});
}

TEST_CASE("Wireshark round trips: cut options hide a sample, and bytes beyond the frame do not count") {
    hosts h;
    h.client({.seq = 100, .ack = 1, .length = 10});
    CHECK_FALSE(h.server({.seq = 1, .ack = 110, .options_cut = true}));
    CHECK_FALSE(h.server({.seq = 1, .ack = 110})); // it is retired though
    h.client({.seq = 110, .ack = 1, .length = 10, .beyond_frame = 4});
    CHECK(h.server({.seq = 1, .ack = 116}) == sample{4, 0ms});
}

TEST_CASE("Wireshark round trips: an acknowledgment finds a late segment below it") {
    hosts h;
    h.client({.seq = 110, .ack = 1, .length = 10});
    CHECK_FALSE(h.server({.seq = 1, .ack = 100}));
    h.client({.seq = 90, .ack = 1, .length = 10});
    CHECK(h.server({.seq = 1, .ack = 100}) == sample{3, 0ms});
    CHECK_FALSE(h.server({.seq = 1, .ack = 100}));
    CHECK(h.server({.seq = 1, .ack = 120}) == sample{1, 0ms});
}

TEST_CASE("Wireshark round trips: 10,000 segments of a direction are remembered, as in Wireshark") {
    for (const std::uint32_t sent : {9'999u, 10'000u, 10'001u}) {
        hosts h{20'000};
        for (std::uint32_t i = 0; i < sent; ++i) h.client({.seq = 100 + i, .ack = 1, .length = 1});
        h.after(1ms);
        CHECK(h.server({.seq = 1, .ack = 100 + 9'999}) == sample{9'999, 1ms});
        if (sent == 9'999) continue;
        // The 10,000th is, the next is not.
        const auto last = h.server({.seq = 1, .ack = 100 + sent});
        CHECK(last.has_value() == (sent == 10'000));
        CHECK_FALSE(h.told().memory_exceeded);
        // There is room again.
        h.client({.seq = 100 + sent, .ack = 1, .length = 1});
        CHECK(h.server({.seq = 1, .ack = 101 + sent}).has_value());
    }
}

TEST_CASE("Wireshark round trips: a segment that too many others followed is forgotten, and memory_exceeded is set") {
    hosts h{4};
    h.client({.seq = 100, .ack = 1, .length = 10});
    h.client({.seq = 110, .ack = 1, .length = 10});
    for (std::uint32_t i = 0; i < 2; ++i) h.say({.seq = 100 + i, .ack = 1, .length = 1}, 0, 50'000);
    SUBCASE("not yet") {
        CHECK(h.server({.seq = 1, .ack = 110}) == sample{1, 0ms});
        CHECK_FALSE(h.told().memory_exceeded);
    }
    SUBCASE("the first") {
        h.say({.seq = 200, .ack = 1, .length = 1}, 0, 50'000);
        CHECK_FALSE(h.server({.seq = 1, .ack = 110}));
        CHECK(h.told().memory_exceeded);
        CHECK(h.server({.seq = 1, .ack = 120}) == sample{2, 0ms});
    }
    SUBCASE("both") {
        for (std::uint32_t i = 0; i < 4; ++i) h.say({.seq = 200 + i, .ack = 1, .length = 1}, 0, 50'000);
        CHECK_FALSE(h.server({.seq = 1, .ack = 120}));
        CHECK(h.told().memory_exceeded);
        CHECK_FALSE(h.table[1].wireshark.memory_exceeded);
        h.client({.seq = 120, .ack = 1, .length = 10});
        CHECK(h.server({.seq = 1, .ack = 130}).has_value());
    }
}
