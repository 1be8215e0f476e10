// SPDX-License-Identifier: MIT
// Each field of a profile, in conversations made for it.
#include "../../support/conversation.hpp"

#include "../../support/story.hpp"

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

std::uint64_t all_bytes(const direction_profile& of) {
    return of.unique_bytes + of.retransmitted_bytes + of.probe_bytes + of.duplicate_bytes + of.ignored_bytes;
}

} // namespace

TEST_CASE("profile: bytes are unique the first time, and retransmitted each time after") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100});
        talk.client({.length = 100});
        talk.after(1s);
        talk.client({.at = 1, .length = 100});
        talk.after(1s);
        talk.client({.at = 51, .length = 250}); // 150 of it again
        CHECK(talk.up().unique_bytes == 300);
        CHECK(talk.up().retransmitted_bytes == 250);
        CHECK(talk.up().retransmitted_packets == 2);
        CHECK(talk.up().certain_retransmissions <= 2);
        CHECK(talk.up().possible_retransmissions == 2);
        CHECK(talk.up().stream_bytes == 300);
        CHECK(talk.up().missed_bytes() == 0);
        CHECK(talk.up().capture_loss_rate() == 0);
        CHECK(talk.up().goodput(2s) == 150);
        CHECK(talk.up().throughput(2s) == 275);
        CHECK(talk.up().goodput(0s) == 0);
        CHECK(talk.down().unique_bytes == 0);
    });
}

TEST_CASE("profile: bytes that are acknowledged but were never captured are the loss of the capture") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        CHECK(talk.down().capture_loss_rate() == 0);
        talk.client({.length = 100});
        talk.client({.at = 201, .length = 200}); // 100 bytes are missing before it
        talk.after(10ms);
        talk.server({.ack = 401});
        CHECK(talk.up().missed_bytes() == 100);
        CHECK(talk.up().capture_loss_rate() == 0.25);
        CHECK(talk.up().certain_retransmissions == 0);
        CHECK(talk.up().possible_retransmissions == 0);
        CHECK(talk.down().capture_loss_rate() == 0);
    });
}

TEST_CASE("profile: the SYN-ACK of a simultaneous open has the number of a SYN, and sends nothing again") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 0, .flags = talk_type::syn});
        talk.after(1ms);
        talk.server({.at = 0, .flags = talk_type::syn});
        talk.after(10ms);
        talk.client({.at = 0, .ack = 1, .flags = talk_type::syn});
        talk.server({.at = 0, .ack = 1, .flags = talk_type::syn});
        for (const direction_profile& side : {talk.up(), talk.down()}) {
            CHECK(side.retransmitted_packets == 0);
            CHECK(side.retransmission_time.count == 0);
            CHECK(side.most_retransmissions == 0);
        }
        talk.after(1s);
        talk.client({.at = 0, .ack = 1, .flags = talk_type::syn});
        CHECK(talk.up().retransmitted_packets == 1);
        CHECK(talk.down().retransmitted_packets == 0);
    });
}

TEST_CASE("profile: a SYN or FIN that is sent again counts as a packet, and as no byte") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 0, .flags = talk_type::syn});
        talk.after(1s);
        talk.client({.at = 0, .flags = talk_type::syn});
        talk.after(10ms);
        talk.server({.at = 0, .ack = 1, .flags = talk_type::syn});
        talk.client({.length = 10, .ack = 1, .flags = talk_type::fin});
        talk.after(1s);
        talk.client({.at = 1, .length = 10, .flags = talk_type::fin});
        CHECK(talk.up().retransmitted_packets == 2);
        CHECK(talk.up().retransmitted_bytes == 10);
        CHECK(talk.up().unique_bytes == 10);
        CHECK(talk.up().ambiguous_acks == 1); // of the SYN
        CHECK(talk.up().most_retransmissions == 1);
        CHECK(talk.up().retransmission_time.count == 2);
        CHECK(talk.up().retransmission_time.least == 1s);
    });
}

TEST_CASE("profile: a keep-alive's byte is a probe, and so is a byte beyond a closed window until it is accepted") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100});
        talk.after(10ms);
        talk.server({.ack = 101});
        talk.after(60s);
        talk.client({.at = 100, .length = 1}); // garbage
        talk.after(10ms);
        talk.server({});
        talk.after(60s);
        talk.client({.at = 100});
        CHECK(talk.up().probe_packets == 2);
        CHECK(talk.up().probe_bytes == 1);
        CHECK(talk.up().unique_bytes == 100);
        CHECK(talk.up().retransmitted_bytes == 0);
        CHECK(talk.down().duplicate_acks == 0);
        CHECK(talk.up().duplicate_acks == 0);

        talk.after(10ms);
        talk.server({.window = 0});
        talk.after(1s);
        talk.client({.at = 101, .length = 1});
        talk.after(10ms);
        talk.server({});
        talk.after(1s);
        talk.client({.at = 101, .length = 1});
        CHECK(talk.up().probe_bytes == 3);
        CHECK(talk.up().unique_bytes == 100);
        CHECK(talk.up().stream_bytes == 100);
        talk.after(10ms);
        talk.server({.ack = 102, .window = 8192});
        CHECK(talk.up().probe_bytes == 2);
        CHECK(talk.up().unique_bytes == 101);
        talk.client({.at = 102, .length = 50});
        CHECK(talk.up().unique_bytes == 151);
        CHECK(talk.up().retransmitted_bytes == 0);
        CHECK(talk.up().missed_bytes() == 0);
        CHECK(talk.up().stream_bytes == 151);
        CHECK(all_bytes(talk.up()) == talk.only().client_to_server.payload_bytes);
    });
}

TEST_CASE("profile: a probe that was not accepted, and is sent as data later, is unique then") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.server({.window = 0});
        talk.after(1s);
        talk.client({.at = 1, .length = 1});
        talk.after(10ms);
        talk.server({.window = 8192});
        talk.client({.at = 1, .length = 50});
        talk.after(10ms);
        talk.server({.ack = 51});
        CHECK(talk.up().probe_bytes == 1);
        CHECK(talk.up().unique_bytes == 50);
        CHECK(talk.up().retransmitted_bytes == 0);
        CHECK(talk.up().stream_bytes == 50);
    });
}

TEST_CASE("profile: a copy of a packet counts as duplicate only") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100, .ip_id = std::uint16_t{7}});
        talk.after(10us);
        CHECK(talk.client({.at = 1, .length = 100, .ip_id = std::uint16_t{7}}).verdict.has(verdict_kinds::duplicate));
        CHECK(talk.up().duplicate_packets == 1);
        CHECK(talk.up().duplicate_bytes == 100);
        CHECK(talk.up().unique_bytes == 100);
        CHECK(talk.up().retransmitted_bytes == 0);
        CHECK(talk.up().in_flight.samples == 2);
    });
}

TEST_CASE("profile: a late segment fills a hole, and is out of order unless it was sent again") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100, .ip_id = std::uint16_t{10}});
        talk.client({.at = 201, .length = 100, .ip_id = std::uint16_t{12}});
        CHECK(talk.up().missed_bytes() == 100);
        talk.after(100us);
        talk.client({.at = 101, .length = 100, .ip_id = std::uint16_t{11}});
        CHECK(talk.up().hole_filling_packets == 1);
        CHECK(talk.up().out_of_order_packets == 1);
        CHECK(talk.up().missed_bytes() == 0);
        talk.client({.at = 401, .length = 100, .ip_id = std::uint16_t{13}});
        talk.after(1s);
        talk.client({.at = 301, .length = 100, .ip_id = std::uint16_t{14}});
        CHECK(talk.up().hole_filling_packets == 2);
        CHECK(talk.up().out_of_order_packets == 1);
        CHECK(talk.up().retransmitted_packets == 0);
        CHECK(talk.up().unique_bytes == 500);
    });
}

TEST_CASE("profile: the stream is as long as SYN and FIN say, and bytes that were not captured are missed") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        CHECK(talk.up().stream_begins);
        CHECK(!talk.up().stream_length());
        talk.client({.length = 100});
        talk.client({.at = 301, .length = 100, .flags = talk_type::fin});
        CHECK(talk.up().stream_ends);
        CHECK(talk.up().stream_length() == 400);
        CHECK(talk.up().missed_bytes() == 200);
        talk.after(10ms);
        talk.server({.ack = 402});
        CHECK(talk.up().stream_length() == 400);
        talk.client({.flags = talk_type::rst}); // makes it no longer
        CHECK(talk.up().stream_length() == 400);
        CHECK(talk.up().missed_bytes() == 200);
    });
}

TEST_CASE("profile: an acknowledgment of a FIN that is captured before the FIN adds no byte to the stream") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100});
        talk.server({.ack = 102});
        CHECK(talk.up().stream_bytes == 101); // it may have been one
        talk.client({.at = 101, .flags = talk_type::fin});
        CHECK(talk.up().stream_length() == 100);
        CHECK(talk.up().missed_bytes() == 0);
    });
}

TEST_CASE(
    "profile: acknowledged bytes that were not captured are missed, also if their sender was not captured at all") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.server({.ack = 501});
        CHECK(talk.up().missed_bytes() == 500);
        talk.client({.at = 101, .length = 100}); // late
        CHECK(talk.up().missed_bytes() == 400);
    });
    for_all_numbers([](talk_type& talk) { // midstream, one direction alone
        for (int i = 0; i < 10; ++i) talk.server({.length = 1000, .ack = 5000 + 100 * i});
        CHECK(talk.down().unique_bytes == 10'000);
        CHECK(talk.up().missed_bytes() == 900);
        CHECK(!talk.up().stream_begins);
        CHECK(talk.down().in_flight.greatest == 10'000);
        CHECK(talk.down().round_trip.count == 0);
    });
}

TEST_CASE("profile: midstream, late data before the first segment extends the stream") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 1101, .length = 100, .ack = 1});
        CHECK(talk.up().stream_bytes == 100);
        talk.client({.at = 1001, .length = 50});
        CHECK(talk.up().stream_bytes == 200);
        CHECK(talk.up().unique_bytes == 150);
        CHECK(talk.up().missed_bytes() == 50);
        CHECK(talk.up().hole_filling_packets == 1);
        CHECK(talk.up().initial_window_packets == 0); // without a SYN nobody knows
    });
}

TEST_CASE("profile: segment sizes are those of packets with data") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        CHECK(talk.up().smallest_segment == 0);
        talk.client({.length = 700});
        talk.client({.length = 300, .flags = talk_type::psh});
        talk.client({.length = 900, .flags = talk_type::psh | talk_type::urg});
        talk.client({});
        CHECK(talk.up().smallest_segment == 300);
        CHECK(talk.up().largest_segment == 900);
        CHECK(talk.up().pushed_packets == 2);
        CHECK(talk.up().urgent_packets == 1);
    });
}

TEST_CASE("profile: bytes that a snaplen cut are truncated") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 700, .captured = 30});
        talk.client({.length = 10, .captured = 10});
        talk.client({.length = 70, .captured = 0});
        CHECK(talk.up().truncated_packets == 2);
        CHECK(talk.up().truncated_bytes == 740);
    });
}

TEST_CASE("profile: the initial window is what is sent before any of it is acknowledged") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 1000});
        talk.client({.length = 500});
        talk.server({.length = 10});
        talk.after(1s);
        talk.client({.at = 1, .length = 1000}); // again
        CHECK(talk.up().initial_window_bytes == 1500);
        CHECK(talk.up().initial_window_packets == 2);
        talk.after(10ms);
        talk.server({.ack = 1001});
        talk.client({.length = 500});
        CHECK(talk.up().initial_window_bytes == 1500);
        CHECK(talk.down().initial_window_bytes == 10);
    });
}

TEST_CASE("profile: pure ACKs, SACK and D-SACK packets are counted") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        CHECK(talk.up().pure_acks == 1);
        CHECK(talk.down().pure_acks == 0); // a SYN-ACK is none
        talk.client({.length = 1000});
        talk.server({.ack = 301, .sack = {{401, 501}}});
        CHECK(talk.down().dsack_packets == 0);
        talk.server({.sack = {{601, 701}, {401, 501}}});
        CHECK(talk.down().dsack_packets == 0);
        talk.server({.sack = {{201, 301}}}); // all of it acknowledged
        CHECK(talk.down().dsack_packets == 1);
        talk.server({.sack = {{251, 351}}}); // some of it
        CHECK(talk.down().dsack_packets == 2);
        talk.server({.sack = {{401, 451}, {401, 501}, {601, 701}}}); // within the second
        CHECK(talk.down().dsack_packets == 3);
        talk.server({.sack = {{351, 451}, {401, 501}}}); // reaches out of it
        CHECK(talk.down().dsack_packets == 3);
        CHECK(talk.down().sack_packets == 6);
        CHECK(talk.down().most_sack_blocks == 3);
        CHECK(talk.down().pure_acks == 6);
    });
}

TEST_CASE("profile: windows are scaled if both ends offered that, and count from the first scaled one on") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 0, .window = std::uint16_t{64000}, .flags = talk_type::syn, .scale = std::uint8_t{7}});
        CHECK(talk.up().window.greatest == 64000);
        talk.server(
            {.at = 0, .ack = 1, .window = std::uint16_t{60000}, .flags = talk_type::syn, .scale = std::uint8_t{2}});
        talk.client({.ack = 1, .window = std::uint16_t{100}});
        CHECK(talk.up().window.greatest == 12800);
        talk.client({.window = std::uint16_t{300}});
        talk.client({.window = std::uint16_t{0}});
        talk.client({.window = std::uint16_t{9}, .flags = talk_type::rst});
        CHECK(talk.up().window.least == 12800);
        CHECK(talk.up().window.greatest == 38400);
        CHECK(talk.up().window.packets == 3);
        CHECK(talk.up().window.total == 51200);
        CHECK(talk.up().window.zeros == 1);
        CHECK(talk.up().window.mean() == doctest::Approx(51200. / 3));
        CHECK(talk.down().window.greatest == 60000);
        talk.server({.window = std::uint16_t{1000}});
        CHECK(talk.down().window.greatest == 4000);
        CHECK(talk.down().window.packets == 1);
    });
    for_all_numbers([](talk_type& talk) { // one alone
        talk.client({.at = 0, .window = std::uint16_t{64000}, .flags = talk_type::syn, .scale = std::uint8_t{7}});
        talk.server({.at = 0, .ack = 1, .window = std::uint16_t{60000}, .flags = talk_type::syn});
        talk.client({.ack = 1, .window = std::uint16_t{100}});
        CHECK(talk.up().window.greatest == 64000);
        CHECK(talk.up().window.least == 100);
        CHECK(talk.up().window.packets == 2);
    });
    for_all_numbers([](talk_type& talk) { // without SYNs nobody knows
        talk.client({.at = 77, .ack = 1, .window = std::uint16_t{100}});
        CHECK(talk.up().window.greatest == 100);
    });
}

TEST_CASE("profile: bytes in flight are sent and not acknowledged") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(0ms);
        CHECK(talk.up().in_flight.samples == 1);
        CHECK(talk.up().in_flight.least == 0);
        talk.client({.length = 1000});
        talk.after(1s);
        talk.client({.length = 3000});
        talk.after(1s);
        talk.server({.ack = 3001});
        talk.after(2s);
        talk.client({.length = 500, .flags = talk_type::fin});
        talk.after(1s);
        talk.client({.at = 3001, .length = 1000}); // again: no sample
        CHECK(talk.up().in_flight.samples == 4);
        CHECK(talk.up().in_flight.total == 1000 + 4000 + 1500);
        CHECK(talk.up().in_flight.least == 1000);
        CHECK(talk.up().in_flight.greatest == 4000);
        CHECK(talk.up().in_flight.mean() == 6500. / 4);
        // a second each of 1000, 4000, 1000, 1000 and 1500
        CHECK(talk.up().in_flight.watched == 5s);
        CHECK(talk.up().in_flight.byte_seconds == doctest::Approx(8500));
        CHECK(talk.up().in_flight.mean_over_time() == doctest::Approx(1700));
        CHECK(talk.down().in_flight.greatest == 0);
    });
}

TEST_CASE("profile: silence is the longest time between two packets, data time from the first data to the last") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(10ms);
        CHECK(!talk.up().first_data_time);
        CHECK(talk.up().longest_silence == 10ms);
        talk.after(1s);
        talk.client({.length = 10});
        talk.after(3s);
        talk.client({.length = 10});
        talk.after(1s);
        talk.client({});
        CHECK(talk.up().longest_silence == 3s);
        CHECK(talk.up().data_time == 3s);
        REQUIRE(talk.up().first_data_time);
        CHECK(*talk.up().first_data_time - talk.only().first_time == 1010ms);
        talk.after(-100s); // the clock is set back
        talk.client({.length = 10});
        CHECK(talk.up().longest_silence == 3s);
        CHECK(talk.up().data_time == 3s);
        talk.after(20s); // still before the first data
        talk.server({.ack = 31});
        CHECK(talk.up().data_time == 3s);
        CHECK(talk.up().round_trip.count == 2); // SYN and the last
    });
}

TEST_CASE("profile: a round trip is from data to its acknowledgment, and never of a retransmission") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(10ms);
        CHECK(talk.up().round_trip.count == 1);
        CHECK(talk.up().round_trip.least == 10ms);
        CHECK(talk.down().round_trip.count == 1);
        CHECK(talk.down().round_trip.greatest == 0ms);
        talk.client({.length = 100});
        talk.client({.length = 100});
        talk.after(30ms);
        talk.server({.ack = 201});
        CHECK(talk.up().round_trip.count == 2);
        CHECK(talk.up().round_trip.greatest == 30ms);
        CHECK(talk.up().cumulative_acks == 1);
        talk.client({.length = 100});
        talk.client({.length = 100});
        talk.after(300ms);
        talk.client({.at = 201, .length = 100});
        talk.after(300ms);
        talk.client({.at = 201, .length = 100});
        talk.after(5ms);
        talk.server({.ack = 301});
        talk.server({.ack = 401});
        CHECK(talk.up().round_trip.count == 2);
        CHECK(talk.up().ambiguous_acks == 1);
        CHECK(talk.up().post_loss_acks == 1);
        CHECK(talk.up().most_retransmissions == 2);
        CHECK(talk.up().retransmission_time.count == 2);
        CHECK(talk.up().retransmission_time.mean() == 300ms);
        CHECK(talk.up().unfollowed_sends == 0);
    });
}

TEST_CASE("profile: a round trip below 0, or of hours, is ignored: the clock was set") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands(10ms);
        talk.client({.length = 100, .clock = tcp_timestamps{5, 0}});
        talk.after(-1s);
        talk.server({.ack = 101, .clock = tcp_timestamps{9, 5}});
        talk.client({.length = 100, .clock = tcp_timestamps{6, 0}});
        talk.after(2h);
        talk.server({.ack = 201, .clock = tcp_timestamps{9, 6}});
        CHECK(talk.up().round_trip.count == 1);
        CHECK(talk.up().clock_round_trip.count == 0);
        talk.client({.length = 100});
        talk.after(-1s);
        talk.client({.at = 201, .length = 100});
        CHECK(talk.up().retransmission_time.count == 0);
        CHECK(talk.up().most_retransmissions == 1);
    });
}

TEST_CASE("profile: the timestamps option gives round trips, of retransmissions too") {
    for_all_numbers([](talk_type& talk) {
        const auto clock = [](std::uint32_t value, std::uint32_t echo) { return tcp_timestamps{value, echo}; };
        talk.client({.at = 0, .flags = talk_type::syn, .clock = clock(0xffff'fff0u, 0)});
        talk.after(10ms);
        talk.server({.at = 0, .ack = 1, .flags = talk_type::syn, .clock = clock(70, 0xffff'fff0u)});
        CHECK(talk.up().clock_round_trip.count == 1);
        talk.client({.ack = 1, .clock = clock(0xffff'fffau, 70)});
        talk.client({.length = 100, .clock = clock(0xffff'fffbu, 70)});
        talk.after(20ms);
        talk.client({.at = 1, .length = 100, .clock = clock(15, 70)}); // 20 later
        talk.after(7ms);
        talk.server({.clock = clock(77, 0xffff'fffbu)}); // nothing new is acknowledged
        CHECK(talk.up().clock_round_trip.count == 1);
        talk.server({.ack = 101, .clock = clock(77, 15)}); // its echo is of the second copy, which was not awaited
        CHECK(talk.up().clock_round_trip.count == 1);
        talk.client({.length = 100, .clock = clock(16, 77)});
        talk.after(8ms);
        talk.client({.length = 100, .clock = clock(24, 77)});
        talk.after(8ms);
        talk.server({.ack = 201, .clock = clock(90, 16)});
        CHECK(talk.up().clock_round_trip.count == 2);
        CHECK(talk.up().clock_round_trip.greatest == 16ms);
        CHECK(talk.up().clock_round_trip.least == 10ms);
    });
}

TEST_CASE("profile: the SYN-ACK of a second SYN gives no round trip by its echo") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 0, .flags = talk_type::syn, .clock = tcp_timestamps{100, 0}});
        talk.after(1s);
        talk.client({.at = 0, .flags = talk_type::syn, .clock = tcp_timestamps{1100, 0}});
        talk.after(10ms);
        talk.server({.at = 0, .ack = 1, .flags = talk_type::syn, .clock = tcp_timestamps{7, 100}});
        CHECK(talk.up().clock_round_trip.count == 0);
        talk.client({.length = 10, .ack = 1, .clock = tcp_timestamps{1110, 7}});
        talk.after(10ms);
        talk.server({.ack = 11, .clock = tcp_timestamps{17, 1110}});
        CHECK(talk.up().clock_round_trip.count == 1);
        CHECK(talk.up().clock_round_trip.greatest == 10ms);
    });
}

TEST_CASE("profile: duplicate ACKs are those of RFC 5681 2, and the third asks for a fast retransmission") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.server({});
        CHECK(talk.up().duplicate_acks == 0); // nothing is outstanding
        talk.client({.length = 1000});
        talk.client({.length = 1000});
        talk.server({});
        CHECK(talk.up().duplicate_acks == 1);
        talk.server({.length = 10}); // has data
        talk.server({.window = std::uint16_t{9000}});
        CHECK(talk.up().duplicate_acks == 1);
        talk.server({});
        CHECK(talk.up().triple_duplicate_acks == 0);
        talk.server({});
        CHECK(talk.up().triple_duplicate_acks == 1);
        talk.server({});
        CHECK(talk.up().duplicate_acks == 4);
        CHECK(talk.up().triple_duplicate_acks == 1);
        talk.server({.ack = 1001});
        for (int i = 0; i < 3; ++i) talk.server({});
        CHECK(talk.up().duplicate_acks == 7);
        CHECK(talk.up().triple_duplicate_acks == 2);
        talk.server({.ack = 2001});
        talk.server({});
        CHECK(talk.up().duplicate_acks == 7);
        CHECK(talk.down().duplicate_acks == 0);
    });
}

TEST_CASE("profile: with SACK a duplicate ACK reports something new, whatever its window (RFC 6675 2)") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 1000});
        talk.client({.length = 1000});
        talk.client({.length = 1000});
        talk.server({.window = std::uint16_t{9000}, .sack = {{1001, 2001}}});
        CHECK(talk.up().duplicate_acks == 1);
        talk.server({.window = std::uint16_t{9001}, .sack = {{1001, 3001}}});
        CHECK(talk.up().duplicate_acks == 2);
        talk.server({.sack = {{1001, 2001}, {1001, 3001}}}); // what came twice
        CHECK(talk.up().duplicate_acks == 2);
    });
}

TEST_CASE("profile: the numbers of a RST change nothing") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100});
        const direction_profile up = talk.up();
        talk.after(1ms);
        talk.server({.at = 777'777'777, .length = 20, .ack = 101, .flags = talk_type::rst});
        CHECK(talk.up() == up);
        CHECK(talk.down().ignored_bytes == 20);
        CHECK(talk.down().unique_bytes == 0);
        CHECK(talk.down().pure_acks == 0);
        talk.client({.at = 101, .length = 100});
        CHECK(talk.up().unique_bytes == 200);
        CHECK(talk.up().in_flight.greatest == 200);
    });
}

TEST_CASE("profile: one segment far away is ignored, and two that go on there are believed") {
    for (const std::int64_t away : {std::int64_t{1} << 25, std::int64_t{1} << 31, -(std::int64_t{1} << 30)}) {
        CAPTURE(away);
        for_all_numbers([&](talk_type& talk) {
            talk.shakes_hands();
            talk.client({.length = 100});
            talk.client({.at = away, .length = 30});
            CHECK(talk.up().ignored_bytes == 30);
            talk.client({.at = 101, .length = 100});
            CHECK(talk.up().unique_bytes == 200);
            CHECK(talk.up().stream_bytes == 200);
            CHECK(talk.up().in_flight.greatest == 200);
            CHECK(talk.up().sequence_jumps == 0);

            talk.client({.at = away + 1000, .length = 30});
            talk.client({.at = away + 1030, .length = 70});
            CHECK(talk.up().ignored_bytes == 30);
            CHECK(talk.up().unique_bytes == 300);
            CHECK(talk.up().sequence_jumps == 1);
            CHECK(talk.up().stream_bytes == 300); // no link carries the bytes between in no time
            talk.after(10ms);
            talk.server({.ack = away + 1100});
            talk.client({.at = away + 1100, .length = 10});
            CHECK(talk.up().unique_bytes == 310);
            CHECK(talk.up().retransmitted_bytes == 0);
            CHECK(talk.up().missed_bytes() == 0);
            CHECK(all_bytes(talk.up()) == talk.only().client_to_server.payload_bytes);
        });
    }
}

TEST_CASE("profile: a hole of more than 16 MiB in both directions is missed, and part of the stream") {
    constexpr std::int64_t hole = std::int64_t{20} << 20;
    for (const bool acknowledged_first : {false, true}) {
        CAPTURE(acknowledged_first);
        for_all_numbers([&](talk_type& talk) {
            talk.shakes_hands();
            talk.client({.length = 1000});
            talk.server({.length = 500, .ack = 1001});
            talk.after(20ms); // the capture lost what came in between
            if (acknowledged_first) talk.server({.at = 501 + hole, .length = 500, .ack = 1001 + hole});
            talk.client({.at = 1001 + hole, .length = 1000, .ack = 501 + hole});
            talk.client({.at = 2001 + hole, .length = 1000, .ack = 1001 + hole});
            if (!acknowledged_first) talk.server({.at = 501 + hole, .length = 500, .ack = 2001 + hole});
            talk.server({.at = 1001 + hole, .length = 500, .ack = 3001 + hole});
            talk.client({.ack = 1501 + hole, .flags = talk_type::fin});
            for (const auto* profile : {&talk.up(), &talk.down()}) {
                CHECK(profile->missed_bytes() == hole);
                CHECK(profile->ignored_bytes == 0);
                CHECK(profile->retransmitted_bytes == 0);
            }
            CHECK(talk.up().stream_length() == 3000 + hole);
            CHECK(talk.down().stream_bytes == 1500 + hole);
        });
    }
}

TEST_CASE("profile: a step that no link can carry in the time is not part of the stream") {
    for_all_numbers([](talk_type& talk) {
        constexpr std::int64_t away = std::int64_t{1} << 30;
        talk.shakes_hands();
        talk.client({.length = 1000});
        talk.after(1ms);
        talk.client({.at = away, .length = 1000});
        talk.client({.at = away + 1000, .length = 1000});
        CHECK(talk.up().sequence_jumps == 1);
        CHECK(talk.up().stream_bytes == 3000);
        CHECK(talk.up().missed_bytes() == 0);
        CHECK(talk.up().ignored_bytes == 0);
    });
}

TEST_CASE("profile: one segment beyond the window is ignored, and two that go on there are believed") {
    for_all_numbers([&](talk_type& talk) {
        talk.shakes_hands(); // both windows are 8192
        talk.client({.length = 100});
        talk.client({.at = 100'000, .length = 30}); // forged
        CHECK(talk.up().ignored_bytes == 30);
        for (const std::int64_t at : {101, 201, 301}) {
            talk.client({.at = at, .length = 100});
            CHECK(talk.up().in_flight.greatest == static_cast<std::uint32_t>(at + 99));
        }
        talk.after(10ms);
        talk.server({.ack = 401});
        CHECK(talk.up().round_trip.count == 2); // of the SYN, too
        CHECK(talk.up().unique_bytes == 400);
        CHECK(talk.up().stream_bytes == 400);
        CHECK(talk.up().missed_bytes() == 0);

        talk.client({.at = 20'001, .length = 100}); // the capture lost what came before these, and the ACKs
        talk.client({.at = 20'101, .length = 100});
        talk.client({.at = 20'201, .length = 100});
        CHECK(talk.up().ignored_bytes == 30);
        CHECK(talk.up().unique_bytes == 700);
        CHECK(talk.up().stream_bytes == 20'300);
        CHECK(talk.up().sequence_jumps == 0);
        CHECK(all_bytes(talk.up()) == talk.only().client_to_server.payload_bytes);
    });
}

TEST_CASE("profile: an acknowledgment of bytes that were never sent changes nothing") {
    for_all_numbers([](talk_type& talk) {
        talk.shakes_hands();
        talk.client({.length = 100});
        talk.server({.ack = std::int64_t{1} << 30});
        CHECK(talk.up().stream_bytes == 100);
        CHECK(talk.up().in_flight.greatest == 100);
        talk.after(10ms);
        talk.server({.ack = 101});
        CHECK(talk.up().round_trip.count == 2);
        CHECK(talk.up().missed_bytes() == 0);
    });
}

TEST_CASE("profile: it stays with its end when client and server change places") {
    for_all_numbers([](talk_type& talk) {
        talk.client({.at = 1, .length = 100, .ack = 1}); // a guess by the port: this is the client
        CHECK(talk.up().unique_bytes == 100);
        talk.server({.at = 0, .flags = talk_type::syn}); // late
        CHECK(talk.only().role_basis == role_basis::syn);
        CHECK(talk.down().unique_bytes == 100);
        CHECK(talk.up().stream_begins);
        CHECK(talk.up().unique_bytes == 0);
        talk.server({.length = 10, .ack = 101});
        CHECK(talk.up().unique_bytes == 10);
        CHECK(talk.down().round_trip.count == 1);
    });
}

TEST_CASE("profile: a stream of more than 4 GiB is counted") {
    talk_type talk{5};
    talk.shakes_hands();
    constexpr std::uint32_t length = 1 << 20;
    for (int i = 1; i <= 5000; ++i) {
        talk.client({.length = length});
        talk.after(1ms);
        talk.server({.ack = 1 + std::int64_t{length} * i});
    }
    talk.client({.flags = talk_type::fin});
    CHECK(talk.up().unique_bytes == 5000ull * length);
    CHECK(talk.up().retransmitted_bytes == 0);
    CHECK(talk.up().stream_length() == 5000ull * length);
    CHECK(talk.up().missed_bytes() == 0);
    CHECK(talk.up().round_trip.count == 5001);
    CHECK(talk.up().in_flight.greatest == length);
}

TEST_CASE("profile: what does not fit into the memory is counted") {
    conversation<basic_profile_observer<2, 4>> talk;
    talk.shakes_hands();
    for (int i = 0; i < 20; ++i) talk.client({.at = 1 + 200 * i, .length = 100});
    CHECK(talk.up().forgotten_ranges == 18); // SYN and the first are one
    CHECK(talk.up().unfollowed_sends > 0);
    CHECK(talk.up().unique_bytes == 2000);
}

TEST_CASE("profile: a story that is told in every way has the same profile") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .timestamps = true});
    s.after(5ms);
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    server.sends(1, 1000);
    server.sends(1001, 1000);
    s.after(1ms);
    client.acks(2001);
    client.fins();
    s.after(10ms);
    server.acks(102);
    server.fins();
    client.acks(2002);
    const detailed_connection told = s.detailed();
    CHECK(told.profile.client_to_server.unique_bytes == 100);
    CHECK(told.profile.client_to_server.stream_length() == 100);
    CHECK(told.profile.client_to_server.round_trip.count == 3);
    CHECK(told.profile.client_to_server.round_trip.mean() == 10ms);
    CHECK(told.profile.client_to_server.clock_round_trip.count == 3);
    CHECK(told.profile.server_to_client.unique_bytes == 2000);
    CHECK(told.profile.server_to_client.initial_window_bytes == 2000);
    CHECK(told.profile.server_to_client.cumulative_acks == 1);
}
