// SPDX-License-Identifier: MIT
// Copies of packets that the network or a mirror port made, and what only looks like one.
#include "../../../support/story.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using tcplens::evidence_set;
using enum tcplens::verdict_kinds;

TEST_CASE("a mirror port that doubles every packet makes no losses, over IPv4 and IPv6") {
    story_opening opening;
    SUBCASE("plain") {}
    SUBCASE("with SACK") {
        opening.sack = true;
    }
    SUBCASE("with timestamps") {
        opening.timestamps = true;
    }
    SUBCASE("with constant Identifications") {
        opening.ids = story_ids::constant;
    }
    SUBCASE("without Identifications") {
        opening.ids = story_ids::zero;
    }
    SUBCASE("with random Identifications") {
        opening.ids = story_ids::random;
    }

    story s;
    auto [client, server] = s.hosts(opening);
    std::uint64_t packet = 0;
    const auto twice = [&](const story_segment& sent, std::chrono::nanoseconds then) {
        packet += 2;
        s.after(20us);
        s.captures(sent).expect(duplicate).because(evidence_set::same_packet).earlier(packet - 1, 20us);
        s.after(then);
    };
    twice(client.syn(), 6ms); // 6 ms from here to the server and back, 4 ms to the client
    twice(server.syn_ack(), 4ms);
    twice(client.acks(1), 1ms);
    for (int i = 0; i < 5; ++i) {
        twice(client.sends(1 + 100 * i, 100), 6ms);
        twice(server.acks(101 + 100 * i), 0ms);
        twice(server.sends(1 + 200 * i, 200), 0ms);
        twice(client.acks(201 + 200 * i), 1ms);
    }
    twice(client.fins(), 6ms);
    twice(server.fins().acking(502), 4ms);
    twice(client.acks(1002), 0ms);
    CHECK(s.connection().client_to_server.retransmissions == 0);
    CHECK(s.connection().server_to_client.retransmissions == 0);
    CHECK(s.connection().close_reason == tcplens::close_reason::normal);
}

TEST_CASE("a copy of an acknowledgment with a SACK block is no second one") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .sack = true});
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(10ms);
    server.acks(101);
    const auto& reported = server.acks(101).sack(201, 301).expect(duplicate_ack);
    s.after(1ms);
    s.captures(reported).expect(duplicate).because(evidence_set::same_packet).earlier(7, 1ms);
}

TEST_CASE("acknowledgments that are the same in everything are duplicate ACKs, not copies") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    for (int i = 0; i < 5; ++i) client.sends(1 + 100 * i, 100);
    s.after(10ms);
    server.acks(101);
    for (int i = 0; i < 3; ++i) {
        s.after(100us);
        server.acks(101).expect(duplicate_ack).because(evidence_set::none).earlier(0, 0ns);
    }
}

TEST_CASE("a receiver acknowledges each copy of old data with the same acknowledgment: the answers are no copies") {
    story_opening opening{.rtt = 10ms, .ids = story_ids::zero};
    SUBCASE("without SACK") {}
    SUBCASE("with SACK, by a receiver without D-SACK") {
        opening.sack = true;
    }
    story s;
    auto [client, server] = s.hosts(opening);
    client.syn();
    s.after(100us);
    server.syn_ack();
    s.after(10ms);
    client.acks(1);
    std::array<const story_segment*, 4> sent{};
    for (int i = 0; i < 4; ++i) sent.at(std::size_t(i)) = &client.sends(1 + 100 * i, 100);
    s.after(500us); // otherwise a mirror port could have doubled the acknowledgment with the same delay
    server.acks(401);
    SUBCASE("one after the other") {
        s.after(300us);
        for (int i = 1; i < 3; ++i) {
            s.after(100us);
            s.captures(*sent.at(std::size_t(i))).expect(duplicate);
            s.after(20us);
            server.acks(401);
        }
    }
    SUBCASE("all copies before the answers") {
        s.after(300us);
        for (int i = 1; i < 3; ++i) {
            s.after(i * 100us);
            s.captures(*sent.at(std::size_t(i))).expect(duplicate);
        }
        for (int i = 1; i < 3; ++i) {
            s.after(20us);
            server.acks(401);
        }
    }
    SUBCASE("what was sent again") {
        s.after(8ms);
        client.sends(1, 400).expect(retransmission | spurious_retransmission);
        s.after(20us);
        server.acks(401);
    }
}

TEST_CASE("a mirror port doubles data and acknowledgments with delays of its queue: the acknowledgments are copies") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .ids = story_ids::zero});
    for (int i = 0; i < 3; ++i) {
        const auto& data = client.sends(1 + 100 * i, 100);
        s.after(50us);
        s.captures(data).expect(duplicate);
        s.after(5ms);
        const auto& answer = server.acks(101 + 100 * i);
        s.after(400us);
        s.captures(answer).expect(duplicate);
        s.after(100ms);
    }
}

TEST_CASE(
    "packets are captured at two places, data and acknowledgments with other delays: the acknowledgments are copies") {
    struct capture {
        std::chrono::nanoseconds time;
        enum { data, data_again, answer, answer_again } what;
        std::size_t place;
    };
    constexpr std::size_t count = 12;
    story_opening opening{.rtt = 10ms, .ids = story_ids::zero};
    SUBCASE("without SACK") {}
    SUBCASE("with SACK") {
        opening.sack = true;
    }
    std::vector<capture> captures;
    for (std::size_t i = 0; i < count; ++i) {
        const std::chrono::nanoseconds sent = i * 400us;
        captures.push_back({sent, capture::data, i});
        captures.push_back({sent + 2ms, capture::data_again, i});
        captures.push_back({sent + 2020us, capture::answer, i});
        captures.push_back({sent + 2820us, capture::answer_again, i});
    }
    std::ranges::stable_sort(captures, {}, &capture::time);
    story s;
    auto [client, server] = s.established(opening);
    std::array<const story_segment*, count> data{};
    std::array<const story_segment*, count> answers{};
    std::chrono::nanoseconds now{};
    for (const capture& each : captures) {
        s.after(each.time - std::exchange(now, each.time));
        const auto begin = static_cast<std::int64_t>(1 + 1000 * each.place);
        switch (each.what) {
        case capture::data: data.at(each.place) = &server.sends(begin, 1000); break;
        case capture::data_again: s.captures(*data.at(each.place)).expect(duplicate); break;
        case capture::answer: answers.at(each.place) = &client.acks(begin + 1000); break;
        case capture::answer_again: s.captures(*answers.at(each.place)).expect(duplicate); break;
        }
    }
}

TEST_CASE("data that came three times is reported by two D-SACKs that are the same in everything") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .sack = true, .ids = story_ids::zero});
    for (int i = 0; i < 3; ++i) client.sends(1 + 100 * i, 100);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    s.after(600ms);
    client.sends(1, 100).expect(retransmission);
    s.after(10ms);
    server.acks(301);
    s.after(1ms);
    server.acks(301).sack(1, 101); // RFC 2883 section 4
    s.after(1ms);
    server.acks(301).sack(1, 101);
}

TEST_CASE("a copy of a SYN-ACK") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    const auto& answer = server.syn_ack();
    s.after(1ms);
    s.captures(answer).expect(duplicate).because(evidence_set::same_packet).earlier(2, 1ms);
    client.acks(1);
    CHECK(s.connection().server_to_client.syn_ack == 2); // as captured
}

TEST_CASE("a SYN that was sent again is answered by a timer and for itself: the second SYN-ACK is no copy") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    server.syn_ack().uncaptured();
    s.after(990ms);
    client.syn().expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence).earlier(1, 1s);
    s.after(8ms);
    server.syn_ack(); // its timer
    s.after(2ms);
    server.syn_ack()
        .expect(retransmission)
        .because(evidence_set::bytes_seen)
        .earlier(3, 2ms); // the second SYN's answer
    client.acks(1);
    CHECK(s.connection().server_to_client.retransmissions == 1);
}

TEST_CASE("a copy of what was sent again is one of the second packet, not of the first") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(200ms);
    const auto& again = client.sends(1, 100).expect(retransmission).earlier(4, 200ms);
    s.after(1ms);
    s.captures(again).expect(duplicate).because(evidence_set::same_packet).earlier(5, 1ms);
    CHECK(s.connection().client_to_server.retransmissions == 1);
}

TEST_CASE("what fills a hole for the second time may have been missed since the hole was there: no copy") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(7ms);
    client.sends(101, 100)
        .expect(out_of_order)
        .because(evidence_set::fills_hole | evidence_set::round_trip)
        .earlier(5, 7ms);
    s.after(5ms); // 12 ms after the hole was opened, in answer to what that provoked
    client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen).earlier(6, 5ms);
}

TEST_CASE("a copy of a packet that is no longer remembered is known by its Identification") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& first = client.sends(1, 100);
    for (int i = 1; i <= 20; ++i) client.sends(1 + 100 * i, 100);
    s.after(5ms);
    s.captures(first).expect(duplicate).because(evidence_set::bytes_seen | evidence_set::ip_id).earlier(0, 0ns);
    s.after(5ms);
    server.acks(2101);
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE(
    "a late packet is a copy if no acknowledgment asked for it and no timer expires so soon") { // RFC 8985 section 7
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 10ms, .sack = true});
    s.after(50ms);
    const auto& first = client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    SUBCASE("data beyond it was captured, so that it is no loss probe") {
        client.sends(101, 100);
        s.after(12ms);
        s.captures(first).expect(duplicate).because(evidence_set::same_packet).earlier(4, 22ms);
    }
    SUBCASE("it was alone in flight: a loss probe waits as long as a timeout") {
        s.after(12ms);
        s.captures(first).expect(duplicate).because(evidence_set::same_packet).earlier(4, 22ms);
    }
    SUBCASE("a timeout passed") {
        client.sends(101, 100);
        s.after(190ms);
        client.sends(1, 100).expect(retransmission | spurious_retransmission).earlier(4, 200ms);
    }
    SUBCASE("its receiver asked for something since") {
        client.sends(201, 100).expect(lost_segment);
        s.after(10ms);
        server.acks(101).sack(201, 301).expect(duplicate_ack);
        s.after(2ms);
        client.sends(1, 100).expect(retransmission | spurious_retransmission).earlier(4, 22ms);
    }
    SUBCASE("it may be a loss probe, since it was not alone in flight") {
        client.sends(101, 100);
        client.sends(201, 100);
        s.after(10ms);
        server.acks(301);
        s.after(12ms);
        client.sends(201, 100).expect(retransmission | spurious_retransmission);
    }
}

TEST_CASE("within a tick of the sender's clock no timer expires: a packet that no acknowledgment asked for is a copy") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 200us, .timestamps = true, .sack = true});
    s.after(50ms);
    const auto& first = client.sends(1, 100);
    SUBCASE("nobody asked") {
        s.after(200us);
        server.acks(101);
        s.after(150us);
        s.captures(first)
            .expect(duplicate)
            .because(evidence_set::same_packet)
            .graded(tcplens::verdict::certainty_level::likely, tcplens::verdict::reading_set::retransmission)
            .earlier(4, 350us);
    }
    SUBCASE("its receiver has not got it, and asked") {
        client.sends(101, 100);
        s.after(200us);
        server.acks(1).sack(101, 201).expect(duplicate_ack);
        client.sends(1, 100).expect(retransmission | fast_retransmission).earlier(4, 200us);
    }
}

TEST_CASE(
    "three duplicate ACKs make a sender send again, although its application answered late so far") { // RFC 5681 section 3.2
    story s{{.families = story_families::v6}};
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1ms);
    server.syn_ack();
    s.after(23ms); // the ACK of the SYN-ACK waits for the first data
    for (int i = 0; i < 5; ++i) client.sends(1 + 100 * i, 100);
    s.after(1ms);
    server.acks(101);
    for (int i = 0; i < 3; ++i) {
        s.after(200us);
        server.acks(101).expect(duplicate_ack);
    }
    client.sends(101, 100).expect(retransmission | fast_retransmission).earlier(4, 1600us);
}

TEST_CASE("a SYN-ACK that a timer sent again, and the answer to a SYN that the capture has later, are no copies") {
    story s{{.families = story_families::v6}};
    auto [client, server] = s.hosts({.timestamps = true});
    client.syn();
    s.after(20ms);
    server.syn_ack();
    s.after(1s);
    server.syn_ack().expect(retransmission);
    s.after(500us);
    server.syn_ack().expect(retransmission);
}

TEST_CASE(
    "an acknowledgment that was captured first echoes the clock of what came late: that was not sent again") { // two adapters
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 200us, .timestamps = true});
    s.after(50ms);
    const auto& first = client.sends(1, 100).uncaptured();
    const auto& second = client.sends(101, 100).uncaptured();
    s.after(100us);
    server.acks(201).timestamps(0x7fff'ffce, 0xffff'ffce).expect(ack_lost_segment); // clocks 50 ms after the SYN
    s.after(1ms);
    s.captures(second).because(evidence_set::fills_hole | evidence_set::timestamp_option);
    s.captures(first)
        .expect(out_of_order)
        .because(evidence_set::fills_hole | evidence_set::timestamp_option)
        .graded(tcplens::verdict::certainty_level::undecided, tcplens::verdict::reading_set::retransmission);
}
