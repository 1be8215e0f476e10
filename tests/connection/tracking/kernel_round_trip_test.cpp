// SPDX-License-Identifier: MIT
// The least round trip by the rule of the Linux kernel, beside the exact one.
#include "../../support/conversation.hpp"

#include <tcplens/connection/tracking/kernel_round_trip.hpp>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

using talk_type = conversation<>;

/// Holds whatever the numbers are.
template <class Test>
void for_all_numbers(Test test) {
    for (const std::uint32_t initial : talk_type::initials) {
        CAPTURE(initial);
        talk_type talk{initial};
        test(talk);
    }
}

/// Both SYNs with timestamps, 40 ms apart: the client's clock starts at 1000 with the capture.
void shakes_hands_with_clock(talk_type& talk) {
    talk.client({.at = 0, .flags = talk_type::syn, .clock = tcp_timestamps{1000, 0}});
    talk.after(40ms);
    talk.server({.at = 0, .ack = 1, .flags = talk_type::syn, .clock = tcp_timestamps{7, 1000}});
    talk.client({.ack = 1, .clock = tcp_timestamps{1040, 7}});
}

} // namespace

TEST_CASE("kernel round trip: absent without a sample") {
    talk_type talk;
    talk.client({.at = 0, .flags = talk_type::syn});
    CHECK_FALSE(talk.up().kernel_min_rtt);
}

TEST_CASE("kernel round trip: the sample is from the last segment that is newly acknowledged") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(40ms);
        CHECK(talk.up().kernel_min_rtt == 40ms);
        CHECK(talk.down().kernel_min_rtt == 0ms); // beside the client
        talk.client({.length = 1000});
        talk.after(10ms);
        talk.client({.length = 1000});
        talk.after(25ms);
        talk.server({.ack = 2001});
        CHECK(talk.up().kernel_min_rtt == 25ms);
        CHECK(talk.up().round_trip.least == 25ms);
    });
}

TEST_CASE("kernel round trip: an acknowledgment of a range with retransmitted data gives no sample") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(40ms);
        talk.client({.length = 1000});
        talk.after(300ms);
        talk.client({.at = 1, .length = 1000});
        talk.client({.length = 1000}); // new data after the retransmission
        talk.after(20ms);
        talk.server({.ack = 2001});
        CHECK(talk.up().kernel_min_rtt == 40ms);
        CHECK(talk.up().round_trip.least == 20ms);
    });
}

TEST_CASE("kernel round trip: SACK blocks give samples, and what they reported gives no other") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(40ms);
        talk.client({.length = 1000}); // lost
        talk.after(1ms);
        talk.client({.length = 1000});
        talk.after(30ms);
        talk.server({.ack = 1, .sack = {{1001, 2001}}});
        CHECK(talk.up().kernel_min_rtt == 30ms);
        talk.after(10ms);
        talk.client({.at = 1, .length = 1000});
        talk.client({.length = 1000});
        talk.after(5ms);
        talk.server({.ack = 1, .sack = {{1001, 2001}}}); // reports nothing new
        CHECK(talk.up().kernel_min_rtt == 30ms);
        talk.after(15ms);
        talk.server({.ack = 1001, .sack = {{2001, 3001}}}); // a retransmission, and a block
        CHECK(talk.up().kernel_min_rtt == 20ms);
    });
}

TEST_CASE("kernel round trip: a retransmission that is reported by SACK gives no sample") {
    talk_type talk;
    talk.shakes_hands(40ms);
    talk.client({.length = 1000});
    talk.client({.length = 1000});
    talk.after(100ms);
    talk.client({.at = 1001, .length = 1000});
    talk.after(10ms);
    talk.server({.ack = 1, .sack = {{1001, 2001}}});
    CHECK(talk.up().kernel_min_rtt == 40ms);
}

TEST_CASE("kernel round trip: an old acknowledgment gives no sample") {
    talk_type talk;
    talk.shakes_hands(40ms);
    talk.client({.length = 1000});
    talk.after(50ms);
    talk.server({.ack = 1001});
    talk.client({.length = 1000});
    talk.client({.length = 1000});
    talk.after(10ms);
    talk.server({.ack = 1, .sack = {{2001, 3001}}});
    CHECK(talk.up().kernel_min_rtt == 40ms);
}

TEST_CASE("kernel round trip: timestamps time a retransmission, in whole milliseconds") {
    for_all_numbers([](talk_type& talk) {
        shakes_hands_with_clock(talk);
        talk.client({.length = 1000, .clock = tcp_timestamps{1040, 7}});
        talk.after(300ms);
        talk.client({.at = 1, .length = 1000, .clock = tcp_timestamps{1340, 7}});
        talk.after(25ms + 700us);
        talk.server({.ack = 1001, .clock = tcp_timestamps{8, 1340}});
        CHECK(talk.up().kernel_min_rtt == 25ms);
        // Within the same millisecond it counts as one.
        talk.after(300us);
        talk.client({.length = 1000, .clock = tcp_timestamps{1366, 8}});
        talk.after(200ms);
        talk.client({.at = 1001, .length = 1000, .clock = tcp_timestamps{1566, 8}});
        talk.after(100us);
        talk.server({.ack = 2001, .clock = tcp_timestamps{9, 1566}});
        CHECK(talk.up().kernel_min_rtt == 1ms);
    });
}

TEST_CASE("kernel round trip: an echo of 0 gives no sample") {
    talk_type talk;
    shakes_hands_with_clock(talk);
    talk.client({.length = 1000, .clock = tcp_timestamps{1040, 7}});
    talk.after(10ms);
    talk.client({.at = 1, .length = 1000, .clock = tcp_timestamps{1050, 7}});
    talk.after(10ms);
    talk.server({.ack = 1001, .clock = tcp_timestamps{8, 0}});
    CHECK(talk.up().kernel_min_rtt == 40ms);
}

TEST_CASE("kernel round trip: the acknowledgment of a FIN alone gives no sample") {
    talk_type talk;
    talk.shakes_hands(40ms);
    talk.client({.flags = talk_type::fin});
    talk.after(10ms);
    talk.server({.ack = 2});
    CHECK(talk.up().kernel_min_rtt == 40ms);
    CHECK(talk.up().round_trip.least == 10ms);
}

TEST_CASE("kernel round trip: after five minutes a larger sample takes the place of the least") {
    talk_type talk;
    talk.shakes_hands(10ms);
    auto send = [&, sent = 1](std::uint32_t length, std::chrono::nanoseconds round_trip) mutable {
        talk.client({.length = length});
        talk.after(round_trip);
        talk.server({.ack = sent += static_cast<int>(length)});
    };
    send(1000, 50ms);
    CHECK(talk.up().kernel_min_rtt == 10ms);
    talk.after(4min);
    send(1000, 50ms);
    CHECK(talk.up().kernel_min_rtt == 10ms);
    talk.after(2min);
    send(10, 70ms); // a lone small segment may have been acknowledged late
    CHECK(talk.up().kernel_min_rtt == 10ms);
    send(1000, 60ms);
    CHECK(talk.up().kernel_min_rtt == 50ms);
    talk.after(10min);
    send(1000, 90ms);
    CHECK(talk.up().kernel_min_rtt == 90ms);
    CHECK(talk.up().round_trip.least == 10ms);
}

TEST_CASE("kernel round trip: with many bursts in flight a sample is never too small, and little too large") {
    kernel_round_trip<16> tracked;
    segment_script script;
    sequence_number next = script.number(0, 0);
    const sequence_number first = next;
    constexpr auto round_trip = 100ms;
    for (int i = 0; i < 1000; ++i) {
        script.now = i * 1ms;
        const segment sent = script.client(segment_script::ack, i * 100, 0, 100);
        if (i >= 100) {
            const segment answer = script.server(segment_script::ack, 0, (i - 99) * 100);
            tracked.on_acknowledged(answer, first + (static_cast<std::uint32_t>(i) - 100) * 100, answer.acknowledgment,
                                    next, 100);
        }
        tracked.on_sent(sent, next, first, false);
        next = sent.sequence_end();
    }
    REQUIRE(tracked.least());
    CHECK(*tracked.least() >= round_trip);
    CHECK(*tracked.least() <= round_trip + 2ms);
}

TEST_CASE("kernel round trip: ranges that do not fit are joined with their nearest neighbour") {
    number_ranges<3> ranges;
    for (const std::uint32_t begin : {100u, 200u, 300u, 320u}) ranges.add({begin}, {begin + 10});
    CHECK(ranges.touches({315}, {316}));
    CHECK_FALSE(ranges.touches({250}, {260}));
    CHECK(ranges.skip_down({330}) == sequence_number{300});
    CHECK(ranges.skip_down({300}) == sequence_number{300});
    ranges.add({105}, {205}); // joins two
    CHECK(ranges.skip_down({210}) == sequence_number{100});
    ranges.drop_below({205});
    CHECK_FALSE(ranges.touches({100}, {205}));
    CHECK(ranges.touches({205}, {206}));
    ranges.drop_below({400});
    CHECK(ranges.empty());
}
