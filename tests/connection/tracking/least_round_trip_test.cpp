// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/least_round_trip.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr timestamp start{std::chrono::hours{24 * 365 * 50}};

segment data(std::chrono::nanoseconds at, std::uint32_t sequence, std::uint32_t length) {
    return {.time = start + at, .sequence = {sequence}, .payload_length = length, .flags = {0x10}};
}
segment syn(std::chrono::nanoseconds at, std::uint32_t sequence) {
    return {.time = start + at, .sequence = {sequence}, .flags = {0x02}};
}
segment ack(std::chrono::nanoseconds at, std::uint32_t acknowledgment) {
    return {.time = start + at, .acknowledgment = {acknowledgment}, .flags = {0x10}};
}
segment with_clock(segment made, std::uint32_t value, std::uint32_t echo) {
    made.options.timestamps = tcp_timestamps{.value = value, .echo = echo};
    return made;
}

} // namespace

TEST_CASE("least round trip: is absent before anything was answered") {
    least_round_trip trip;
    CHECK(trip.least() == std::nullopt);
    trip.answers(ack(0ms, 101));
    trip.passes(data(1ms, 1, 100), false);
    CHECK(trip.least() == std::nullopt);
    trip.answers(ack(2ms, 100)); // of a part of the segment
    CHECK(trip.least() == std::nullopt);
}

TEST_CASE("least round trip: is from a segment to the acknowledgment of all of it, the shortest counts") {
    for (const std::uint32_t initial : {0u, 0xffff'ffd0u, 0x7fff'ffd0u}) {
        CAPTURE(initial);
        least_round_trip trip;
        trip.passes(data(0ms, initial, 100), false);
        trip.answers(ack(30ms, initial + 100));
        CHECK(trip.least() == 30ms);
        trip.passes(data(40ms, initial + 100, 100), false);
        trip.answers(ack(50ms, initial + 200));
        CHECK(trip.least() == 10ms);
        trip.passes(data(60ms, initial + 200, 100), false);
        trip.answers(ack(99ms, initial + 300));
        CHECK(trip.least() == 10ms);
    }
}

TEST_CASE("least round trip: an acknowledgment beyond the segment ends its round trip too") {
    least_round_trip trip;
    trip.passes(data(0ms, 1, 100), false);
    trip.passes(data(5ms, 101, 100), false); // one at a time is measured
    trip.answers(ack(20ms, 201));
    CHECK(trip.least() == 20ms);
}

TEST_CASE("least round trip: an acknowledgment 2^31 away ends a round trip, since it is not before the segment's end") {
    // Of two numbers that are 2^31 apart, neither comes before the other.
    for (const std::uint32_t further : {0x7fff'ffffu, 0x8000'0000u, 0x8000'0001u}) {
        CAPTURE(further);
        least_round_trip trip;
        trip.passes(data(0ms, 1, 100), false);
        trip.answers(ack(30ms, 101 + further));
        CHECK(trip.least().has_value() == (further <= 0x8000'0000u));
    }
}

TEST_CASE("least round trip: a segment without sequence numbers is not answered") {
    least_round_trip trip;
    trip.passes(data(0ms, 1, 0), false);
    trip.answers(ack(1ms, 1));
    CHECK(trip.least() == std::nullopt);
    trip.passes(syn(2ms, 0), false); // a SYN takes one
    trip.answers(ack(5ms, 1));
    CHECK(trip.least() == 3ms);
}

TEST_CASE("least round trip: after a retransmission the answer is ambiguous (Karn's algorithm)") {
    least_round_trip trip;
    trip.passes(data(0ms, 1, 100), false);
    trip.passes(data(200ms, 1, 100), true);
    trip.answers(ack(201ms, 101));
    CHECK(trip.least() == std::nullopt);
    trip.passes(data(210ms, 101, 100), false);
    trip.answers(ack(225ms, 201));
    CHECK(trip.least() == 15ms);
}

TEST_CASE("least round trip: the echo of a clock ends a round trip, after a retransmission too") {
    least_round_trip trip;
    trip.passes(with_clock(data(0ms, 1, 100), 500, 0), false);
    trip.passes(with_clock(data(200ms, 1, 100), 700, 0), true);
    trip.answers(with_clock(ack(230ms, 101), 0, 500));
    CHECK(trip.least() == 230ms);
    trip.passes(with_clock(data(299ms, 101, 0), 799, 0), false); // its tick may have begun before
    trip.passes(with_clock(data(300ms, 101, 0), 800, 0), false);
    trip.answers(with_clock(ack(312ms, 101), 0, 800));
    CHECK(trip.least() == 12ms);
}

TEST_CASE("least round trip: each clock value is measured once, and only if it is echoed exactly") {
    least_round_trip trip;
    trip.passes(with_clock(data(0ms, 1, 0), 500, 0), false);
    trip.answers(with_clock(ack(1ms, 1), 0, 499)); // an older clock: still awaited
    trip.answers(with_clock(ack(9ms, 1), 0, 500));
    CHECK(trip.least() == 9ms);
    trip.passes(with_clock(data(10ms, 1, 0), 500, 0), false); // the same clock: its first echo was captured
    trip.answers(with_clock(ack(11ms, 1), 0, 500));
    CHECK(trip.least() == 9ms);
    trip.passes(with_clock(data(20ms, 1, 0), 520, 0), false);
    trip.answers(with_clock(ack(21ms, 1), 0, 530)); // a later clock: the echo of 520 was not captured
    trip.answers(with_clock(ack(22ms, 1), 0, 520));
    CHECK(trip.least() == 9ms);
}

TEST_CASE("least round trip: a tick that began while an older one was awaited is not measured") {
    least_round_trip trip;
    trip.passes(with_clock(data(0ms, 1, 0), 500, 0), false);
    trip.passes(with_clock(data(1ms, 1, 0), 501, 0), false);
    trip.answers(with_clock(ack(9ms, 1), 0, 500));
    trip.passes(with_clock(data(9900us, 1, 0), 501, 0), false); // not the first of its tick
    trip.answers(with_clock(ack(10ms, 1), 0, 501));             // this answers that of 1 ms
    CHECK(trip.least() == 9ms);

    trip.passes(with_clock(data(20ms, 101, 100), 520, 0), true); // nor is what comes after a retransmission
    trip.passes(with_clock(data(28ms, 201, 0), 520, 0), false);
    trip.answers(with_clock(ack(29ms, 201), 0, 520));
    CHECK(trip.least() == 9ms);
}

TEST_CASE("least round trip: the clock of a SYN that is sent again is not measured") {
    least_round_trip trip;
    trip.passes(with_clock(syn(0ms, 0), 500, 0), false);
    trip.passes(with_clock(syn(1000ms, 0), 1500, 0), true);
    trip.answers(with_clock(ack(1010ms, 1), 0, 500)); // whichever SYN it answers
    CHECK(trip.least() == std::nullopt);
}

TEST_CASE("least round trip: less than 0 or more than an hour is a clock that was set") {
    CHECK(least_round_trip::is_plausible(0ns));
    CHECK(least_round_trip::is_plausible(1h));
    CHECK_FALSE(least_round_trip::is_plausible(-1ns));
    CHECK_FALSE(least_round_trip::is_plausible(1h + 1ns));

    least_round_trip trip;
    trip.passes(data(0ms, 1, 100), false);
    trip.answers(ack(-1ms, 101));
    CHECK(trip.least() == std::nullopt);
    trip.passes(data(0ms, 101, 100), false);
    trip.answers(ack(2h, 201));
    CHECK(trip.least() == std::nullopt);
    trip.passes(data(2h, 201, 100), false);
    trip.answers(ack(2h, 301));
    CHECK(trip.least() == 0ns);
}
