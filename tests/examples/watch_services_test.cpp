// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/watch_observer.hpp"

#include <tcplens/tcplens.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

using namespace program::watching;
using namespace std::chrono_literals;

namespace {

tcplens::endpoint server(std::uint32_t number) {
    tcplens::endpoint end{.address = *tcplens::address::parse("192.0.2.1"), .port = static_cast<std::uint16_t>(number)};
    if (number > 0xffff) end.address = *tcplens::address::parse("192.0.2.2");
    return end;
}

} // namespace

TEST_CASE("services: those with the most bytes come first, and what was taken is forgotten") {
    service_counts counts;
    service_counts::place near;
    service_counts::place far;
    counts.of(server(80), near).wire_bytes += 100;
    counts.of(server(443), far).wire_bytes += 300;
    counts.of(server(80), near).segments += 1;
    auto found = counts.take(5);
    REQUIRE(found.size() == 2);
    CHECK(found[0].server == server(443));
    CHECK(found[1].wire_bytes == 100);
    CHECK(found[1].segments == 1);
    CHECK(counts.take(5).empty());

    counts.of(server(80), near).wire_bytes += 7; // where it was before is forgotten, too
    found = counts.take(1);
    REQUIRE(found.size() == 1);
    CHECK(found[0].wire_bytes == 7);
}

TEST_CASE("services: a connection whose roles change counts for its new server from then on") {
    service_counts counts;
    service_counts::place at;
    counts.of(server(1), at).wire_bytes += 1;
    counts.of(server(2), at).wire_bytes += 2;
    CHECK(counts.take(5).size() == 2);
}

TEST_CASE("services: more than there is room for are counted together, in bounded memory") {
    service_counts counts;
    for (std::uint32_t number = 1; number <= 120'000; ++number) {
        service_counts::place at;
        counts.of(server(number), at).wire_bytes += 1;
    }
    const auto found = counts.take(1'000'000);
    CHECK(found.size() <= 4096);
    CHECK(found.size() > 3000);
}

namespace {

constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t ack = 0x10;

tcplens::segment sent(bool from_client, std::uint32_t sequence, std::uint32_t acknowledgment, std::uint32_t length,
                      std::chrono::milliseconds after, std::uint8_t bits = ack) {
    tcplens::segment made;
    made.source = {.address = *tcplens::address::parse(from_client ? "10.0.0.1" : "10.0.0.2"),
                   .port = static_cast<std::uint16_t>(from_client ? 40'000 : 80)};
    made.destination = {.address = *tcplens::address::parse(from_client ? "10.0.0.2" : "10.0.0.1"),
                        .port = static_cast<std::uint16_t>(from_client ? 80 : 40'000)};
    made.sequence = tcplens::sequence_number{sequence};
    made.acknowledgment = tcplens::sequence_number{acknowledgment};
    made.payload_length = made.captured_payload = length;
    made.wire_length = 54 + length;
    made.window = 60'000;
    made.flags = tcplens::tcp_flags{bits};
    made.time = tcplens::timestamp{1'000s} + after;
    return made;
}

} // namespace

TEST_CASE("segment_observer: segments, round trips and retransmissions are counted") {
    segment_counts counts;
    tcplens::basic_connection_table<tcplens::evidence_rules, segment_observer> table{
        {}, tcplens::evidence_rules{}, segment_observer{&counts}};
    table.add(sent(true, 100, 0, 0, 0ms, syn));
    table.add(sent(false, 500, 101, 0, 20ms, syn | ack)); // the server: 20 ms
    table.add(sent(true, 101, 501, 0, 21ms));             // the client: 1 ms
    table.add(sent(true, 101, 501, 100, 30ms));
    table.add(sent(true, 101, 501, 100, 300ms)); // sent again: which of both is acknowledged cannot be told
    table.add(sent(false, 501, 201, 0, 320ms));
    table.add(sent(true, 201, 501, 100, 400ms));
    table.add(sent(false, 501, 301, 50, 600ms)); // the server: 200 ms
    table.add(sent(true, 301, 551, 0, 604ms));   // the client: 4 ms

    const segment_totals& totals = counts.totals;
    CHECK(totals.segments() == 9);
    CHECK(totals.sent[0].segments == 6);
    CHECK(totals.sent[0].payload_bytes == 300);
    CHECK(totals.sent[1].payload_bytes == 50);
    CHECK(totals.wire_bytes() == 9 * 54 + 350);
    CHECK(totals.retransmissions() == 1);
    CHECK(totals.handshakes_completed == 1);
    CHECK(totals.round_trips[0].count == 2);
    CHECK(totals.round_trips[0].sum == 220ms);
    CHECK(totals.round_trips[1].count == 2);
    CHECK(totals.round_trips[1].sum == 5ms);
    CHECK(counts.services.take(5).at(0).retransmissions == 1);
    CHECK(counts.worst.take(5).size() == 1);
}

TEST_CASE("segment_observer: a connection that ends without a handshake counts as failed, once") {
    segment_counts counts;
    tcplens::basic_connection_table<tcplens::evidence_rules, segment_observer> table{
        {}, tcplens::evidence_rules{}, segment_observer{&counts}};
    table.add(sent(true, 100, 0, 0, 0ms, syn));
    table.add(sent(false, 0, 101, 0, 1ms, rst | ack));
    CHECK(counts.totals.handshakes_failed == 0);
    table.flush([](const auto&, auto) {});
    CHECK(counts.totals.handshakes_failed == 1);
    CHECK(counts.totals.handshakes_completed == 0);
    CHECK(counts.totals.round_trips[0].count == 1); // the RST acknowledges the SYN
}

TEST_CASE("round_trip_histogram: a duration on a bound belongs to the bucket below it") {
    round_trip_histogram of;
    of.add(100us);
    of.add(100us + 1ns);
    of.add(10s);
    of.add(11s);
    CHECK(of.counts.front() == 1);
    CHECK(of.counts[1] == 1);
    CHECK(of.counts[of.counts.size() - 2] == 1);
    CHECK(of.counts.back() == 1);
    CHECK(of.count == 4);
}
