// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

#include <tcplens/capture.hpp>
#include <tcplens/connection/observers/time_observer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

namespace {

time_attribution time_of(story& s) {
    return s.detailed().time;
}

/// A handshake as it looks beside the server: all the time passes on the way to the client.
story_hosts established_beside_server(story& s, std::chrono::nanoseconds rtt = 10ms) {
    story_hosts made = s.hosts();
    made.client.syn();
    made.server.syn_ack();
    s.after(rtt);
    made.client.acks(1);
    return made;
}

/// With a server that takes no more than so many bytes.
story_hosts established_with_window(story& s, std::uint16_t window, std::chrono::nanoseconds rtt = 10ms) {
    story_hosts made = s.hosts();
    made.client.syn();
    s.after(rtt);
    made.server.syn_ack().window(window);
    made.client.acks(1);
    return made;
}

} // namespace

// --- handshake

TEST_CASE("time observer: the handshake lasts until the ACK of the SYN-ACK, with all retransmissions") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1s);
    client.syn().expect(retransmission);
    s.after(10ms);
    server.syn_ack();
    CHECK(time_of(s).handshake == 1010ms);
    s.after(1ms);
    client.acks(1);
    CHECK(time_of(s).handshake == 1011ms);
    s.after(5ms);
    client.sends(1, 100);
    const time_attribution time = time_of(s);
    CHECK(time.duration == 1016ms);
    CHECK(time.handshake == 1011ms);
    CHECK(time.sum() == time.duration);
}

TEST_CASE("time observer: of two SYN-ACKs the one that the client acknowledges counts") { // RFC 9293 section 3.10.7.3
    for (const bool second : {false, true}) {
        for (const std::int64_t other : {-777'000, 777'000}) {
            story s;
            auto [client, server] = s.hosts();
            client.syn();
            s.after(10ms);
            server.syn_ack();
            server.syn_ack().at(other);
            const std::int64_t initial = second ? other : 0;
            client.acks(initial + 1);
            s.after(1s); // nothing is in flight
            client.sends(1, 100).acking(initial + 1);
            s.after(10ms);
            server.sends(initial + 1, 200).acking(101);
            s.after(50ms);
            client.acks(initial + 201);
            const time_attribution time = time_of(s);
            CHECK(time.handshake == 10ms);
            CHECK(time.sender_application == 1s);
            CHECK(time.path == 60ms);
            CHECK(time.sending(direction::server_to_client).busy == 50ms);
        }
    }
}

TEST_CASE("time observer: an ACK of anything but the SYN ends no handshake") { // RFC 5961 4: a challenge ACK
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    server.acks(-100'000);
    s.after(1s);
    client.syn().expect(
        retransmission); // nothing was acknowledged, so this is no probe for the last of several segments
    s.after(10ms);
    server.syn_ack();
    client.acks(1);
    s.after(5ms);
    client.sends(1, 100);
    CHECK(time_of(s).handshake == 1020ms);
}

TEST_CASE("time observer: a handshake that fails takes all of the time") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1s);
    client.syn().expect(retransmission);
    s.after(10ms);
    server.refuses();
    s.after(500ms);
    client.syn().expect(retransmission);
    CHECK(time_of(s).handshake == 1510ms);
    CHECK(time_of(s).duration == 1510ms);
}

TEST_CASE(
    "time observer: without the SYN the handshake ends with the answer to the SYN-ACK, and midstream there is none") {
    story s;
    SUBCASE("SYN-ACK") {
        auto [client, server] = s.hosts();
        client.syn().uncaptured();
        server.syn_ack();
        s.after(7ms);
        client.acks(1);
        s.after(1s);
        client.sends(1, 10);
        CHECK(time_of(s).handshake == 7ms);
        // 7 ms of the silence were on the way
        CHECK(time_of(s).sender_application == 993ms);
    }
    SUBCASE("midstream") {
        auto [client, server] = s.midstream();
        client.sends(1, 10);
        s.after(7ms);
        server.acks(11);
        CHECK(time_of(s).handshake == 0ms);
        CHECK(time_of(s).path == 7ms);
    }
}

// --- path and applications

TEST_CASE("time observer: data in flight is on the path") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(4ms);
    client.sends(101, 100);
    s.after(6ms);
    server.acks(101);
    s.after(4ms);
    server.acks(201);
    const time_attribution time = time_of(s);
    CHECK(time.path == 14ms);
    CHECK(time.client_to_server.busy == 14ms);
    CHECK(time.server_to_client.busy == 0ms);
}

TEST_CASE("time observer: a sender with nothing in flight has nothing to send") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    s.after(500ms);
    client.sends(101, 100);
    s.after(10ms);
    server.acks(201);
    s.after(300ms);
    client.fins();
    const time_attribution time = time_of(s);
    CHECK(time.sender_application == 800ms);
    CHECK(time.path == 20ms);
    CHECK(time.client_to_server.busy == 20ms);
    CHECK(time.sum() == time.duration);
}

TEST_CASE("time observer: beside the receiver, the first part of a sender's wait is the path") {
    story s;
    auto [client, server] = established_beside_server(s);
    client.sends(1, 100);
    server.acks(101);
    s.after(10ms); // the next as soon as it can
    client.sends(101, 100);
    server.acks(201);
    CHECK(time_of(s).path == 10ms);
    s.after(60ms);
    client.sends(201, 100);
    server.acks(301);
    const time_attribution time = time_of(s);
    CHECK(time.path == 20ms);
    CHECK(time.sender_application == 50ms);
    CHECK(time.client_to_server.busy == 0ms); // here, where it is not known
}

TEST_CASE("time observer: from a request to its answer it is the server's application, except for the path") {
    story s;
    SUBCASE("beside the client") {
        auto [client, server] = s.established({.rtt = 10ms});
        client.sends(1, 100);
        SUBCASE("answered with the acknowledgment") {
            s.after(60ms);
        }
        SUBCASE("acknowledged before") {
            s.after(10ms);
            server.acks(101);
            s.after(50ms);
        }
        SUBCASE("acknowledged late") {
            s.after(50ms);
            server.acks(101);
            s.after(10ms);
        }
        server.sends(1, 1000).acking(101);
        const time_attribution time = time_of(s);
        CHECK(time.path == 10ms);
        CHECK(time.receiver_application == 50ms);
        CHECK(time.sender_application == 0ms);
        client.acks(1001);
        s.after(80ms);
        client.sends(101, 100); // the client thinks
        CHECK(time_of(s).sender_application == 80ms);
        CHECK(time_of(s).receiver_application == 50ms);
    }
    SUBCASE("beside the server") {
        auto [client, server] = established_beside_server(s);
        client.sends(1, 100);
        s.after(50ms);
        server.sends(1, 1000).acking(101);
        CHECK(time_of(s).receiver_application == 50ms);
        CHECK(time_of(s).path == 0ms);
        s.after(90ms);
        client.sends(101, 100).acking(1001);
        CHECK(time_of(s).path == 10ms);
        CHECK(time_of(s).sender_application == 80ms);
    }
}

TEST_CASE("time observer: a request is complete with its last byte") {
    story s;
    auto [client, server] = established_beside_server(s);
    client.sends(1, 100);
    s.after(5ms);
    client.sends(101, 100);
    s.after(50ms);
    server.sends(1, 1000).acking(201);
    CHECK(time_of(s).path == 5ms);
    CHECK(time_of(s).receiver_application == 50ms);
}

TEST_CASE("time observer: a server that speaks first does not answer") {
    story s;
    auto [client, server] = established_beside_server(s);
    s.after(40ms);
    server.sends(1, 100);
    CHECK(time_of(s).sender_application == 40ms);
    CHECK(time_of(s).receiver_application == 0ms);
}

// --- the receiver's window

TEST_CASE("time observer: the window had no room if the next segment follows at once when it opens") {
    story s;
    auto [client, server] = established_with_window(s, 1000);
    client.sends(1, 500);
    client.sends(501, 500);
    s.after(10ms);
    SUBCASE("opened by an acknowledgment") {
        server.acks(501);
        client.sends(1001, 500);
        CHECK(time_of(s).receiver_window == 10ms);
        CHECK(time_of(s).client_to_server.receiver_limited == 10ms);
        CHECK(time_of(s).path == 0ms);
    }
    SUBCASE("all acknowledged, and closed") {
        server.acks(1001).window(0).expect(zero_window);
        s.after(300ms);
        server.acks(1001).window(1000).expect(window_update);
        client.sends(1001, 500);
        const time_attribution time = time_of(s);
        CHECK(time.receiver_window == 310ms);
        CHECK(time.client_to_server.receiver_limited == 310ms);
        CHECK(time.client_to_server.busy == 310ms); // it had something to send all the time
        CHECK(time.sender_application == 0ms);
    }
    SUBCASE("it did not open for it") {
        server.acks(501);
        s.after(20ms);
        client.sends(1001, 500);
        CHECK(time_of(s).receiver_window == 0ms);
        CHECK(time_of(s).path == 30ms);
    }
    SUBCASE("it had fitted before") {
        server.acks(1001).window(100);
        s.after(20ms);
        server.acks(1001).window(1000).expect(window_update);
        client.sends(1001, 100); // it was not there before
        CHECK(time_of(s).receiver_window == 0ms);
        CHECK(time_of(s).path == 10ms);
        CHECK(time_of(s).sender_application == 20ms);
    }
    SUBCASE("nothing more is sent") {
        server.acks(1001).window(0).expect(zero_window);
        s.after(300ms);
        client.fins();
        CHECK(time_of(s).receiver_window == 0ms);
        CHECK(time_of(s).sender_application == 300ms);
        CHECK(time_of(s).client_to_server.busy == 10ms);
    }
    SUBCASE("an acknowledgment that comes late draws no edge back") {
        server.acks(1001).window(1000);
        server.acks(1).window(1000);
        s.after(20ms);
        client.sends(1001, 500);
        CHECK(time_of(s).sender_application == 20ms);
    }
}

TEST_CASE("time observer: a window probe shows that data waits") {
    story s;
    auto [client, server] = established_with_window(s, 1000);
    client.sends(1, 1000);
    s.after(10ms);
    server.acks(1001).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().expect(zero_window_probe);
    CHECK(time_of(s).receiver_window == 210ms);
    CHECK(time_of(s).client_to_server.receiver_limited == 210ms);
    CHECK(time_of(s).client_to_server.busy == 210ms);
    server.acks(1001).window(0).expect(zero_window | zero_window_probe_ack);
    s.after(400ms);
    client.probes().expect(zero_window_probe);
    CHECK(time_of(s).receiver_window == 610ms);
}

TEST_CASE(
    "time observer: behind its FIN a client does not wait for a window that it has filled: the server takes its time") {
    story s;
    auto [client, server] = established_with_window(s, 200);
    client.sends(1, 200).with_fin();
    s.after(1s);
    server.sends(1, 100).acking(202);
    const time_attribution time = time_of(s);
    CHECK(time.receiver_application == 990ms);
    CHECK(time.path == 10ms);
    CHECK(time.receiver_window == 0ms);
}

TEST_CASE("time observer: time that a window probe explained is not given to another part later") {
    story s;
    auto [client, server] = established_with_window(s, 1000);
    client.sends(1, 1000);
    s.after(10ms);
    server.acks(1001).window(0).expect(zero_window);
    s.after(200ms);
    client.probes().expect(zero_window_probe);
    SUBCASE("though the server then speaks") {
        s.after(30ms);
        server.sends(1, 100).acking(1001).expect(zero_window);
        const time_attribution time = time_of(s);
        CHECK(time.receiver_window == 210ms);
        CHECK(time.path == 10ms);
        CHECK(time.receiver_application == 20ms);
        CHECK(time.sum() == 250ms);
    }
    SUBCASE("though it then closes") {
        s.after(30ms);
        client.resets();
        CHECK(time_of(s).receiver_window == 210ms);
        CHECK(time_of(s).sender_application == 30ms);
    }
}

TEST_CASE("time observer: an end with data in flight does not answer") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    server.sends(1, 100);
    s.after(1ms);
    client.sends(1, 100);
    s.after(5ms);
    server.sends(101, 100);
    s.after(4ms);
    client.acks(201);
    server.acks(101);
    CHECK(time_of(s).path == 9ms);
    CHECK(time_of(s).sender_application == 1ms); // the client's, to which the server had spoken
    CHECK(time_of(s).receiver_application == 0ms);
}

TEST_CASE("time observer: a window of unknown scale shows nothing, unless it is closed") {
    story s;
    auto [client, server] = s.midstream();
    server.acks(1).window(600);
    client.sends(1, 500);
    s.after(10ms);
    server.acks(501);
    client.sends(501, 500);
    CHECK(time_of(s).receiver_window == 0ms);
    s.after(10ms);
    server.acks(1001).window(0).expect(zero_window);
    s.after(100ms);
    server.acks(1001).window(600).expect(window_update);
    client.sends(1001, 500);
    CHECK(time_of(s).receiver_window == 100ms);
}

TEST_CASE("time observer: a sender that paces itself is not shut out during a pause") {
    story s;
    auto [client, server] = established_with_window(s, 2000, 40ms);
    // 500 bytes each 4 ms: there was room, and nobody said anything
    s.after(50ms);
    for (const std::int64_t at : {1, 501, 1001, 1501}) {
        s.after(4ms);
        client.sends(at, 500);
    }
    s.after(28ms);
    server.acks(501);
    client.sends(2001, 500);
    const time_attribution time = time_of(s);
    CHECK(time.receiver_window == 24ms);
    CHECK(time.client_to_server.receiver_limited == 24ms);
    CHECK(time.path == 16ms);
    CHECK(time.client_to_server.busy == 40ms);
}

// --- loss

TEST_CASE("time observer: loss recovery begins with the first duplicate ACK, and ends when all is acknowledged that "
          "was sent by then") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100).uncaptured();
    client.sends(1, 100);
    client.sends(101, 100);
    client.sends(201, 100);
    client.sends(301, 100);
    s.after(10ms);
    server.acks(1).expect(duplicate_ack);
    s.after(1ms);
    server.acks(1).expect(duplicate_ack);
    s.after(1ms);
    server.acks(1).expect(duplicate_ack);
    CHECK(time_of(s).loss_recovery == 0ms); // it may be no more than late
    CHECK(time_of(s).path == 12ms);
    client.sends(1, 100).expect(retransmission | fast_retransmission);
    CHECK(time_of(s).loss_recovery == 2ms);
    CHECK(time_of(s).path == 10ms);
    s.after(3ms);
    client.sends(401, 100);
    s.after(7ms);
    server.acks(401);
    CHECK(time_of(s).loss_recovery == 12ms);
    s.after(3ms);
    server.acks(501);
    const time_attribution time = time_of(s);
    CHECK(time.loss_recovery == 12ms);
    CHECK(time.retransmission_timeout == 0ms);
    CHECK(time.path == 13ms);
    CHECK(time.client_to_server.busy == 25ms);
}

TEST_CASE("time observer: duplicate ACKs of data that is only late are no loss") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.sends(101, 100);
    s.after(10ms);
    server.acks(1).expect(duplicate_ack);
    s.after(2ms);
    server.acks(201);
    CHECK(time_of(s).loss_recovery == 0ms);
    CHECK(time_of(s).path == 12ms);
    client.sends(201, 100); // which are forgotten then
    s.after(300ms);
    client.sends(201, 100).expect(retransmission);
    CHECK(time_of(s).loss_recovery == 300ms);
}

TEST_CASE("time observer: a timeout is part of the recovery, and so is the next") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(5ms);
    client.sends(101, 100);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    CHECK(time_of(s).path == 5ms);
    CHECK(time_of(s).loss_recovery == 300ms);
    CHECK(time_of(s).retransmission_timeout == 300ms);
    s.after(600ms);
    client.sends(1, 100).expect(retransmission);
    s.after(10ms);
    server.acks(201);
    const time_attribution time = time_of(s);
    CHECK(time.loss_recovery == 910ms);
    CHECK(time.retransmission_timeout == 900ms);
    CHECK(time.path == 5ms);
}

TEST_CASE("time observer: a timeout after duplicate ACKs takes the time of both") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.sends(101, 100);
    s.after(10ms);
    server.acks(1).expect(duplicate_ack);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    // nothing went on for 310 ms
    CHECK(time_of(s).loss_recovery == 310ms);
    CHECK(time_of(s).retransmission_timeout == 310ms);
    CHECK(time_of(s).path == 0ms);
}

TEST_CASE("time observer: a needless retransmission is no loss") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission | spurious_retransmission);
    s.after(10ms);
    server.acks(101);
    const time_attribution time = time_of(s);
    CHECK(time.loss_recovery == 0ms);
    CHECK(time.path == 10ms);
    CHECK(time.sender_application == 310ms);
}

TEST_CASE("time observer: a request is delivered when its retransmission is") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).expect(retransmission);
    s.after(10ms);
    server.acks(101);
    s.after(50ms);
    server.sends(1, 100);
    const time_attribution time = time_of(s);
    CHECK(time.loss_recovery == 310ms);
    CHECK(time.receiver_application == 40ms); // less the way, which the rule cannot tell from the recovery
    CHECK(time.path == 10ms);
}

// --- teardown

TEST_CASE("time observer: after the first FIN it is teardown, while no data is in flight and none follows") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.fins();
    s.after(10ms);
    SUBCASE("both close") {
        server.acks(102);
        s.after(70ms);
        server.fins().acking(102);
        s.after(1ms);
        client.acks(2);
        CHECK(time_of(s).path == 10ms);
        CHECK(time_of(s).teardown == 71ms);
        CHECK(time_of(s).client_to_server.busy == 10ms);
    }
    SUBCASE("the other end still answers") {
        server.acks(102);
        s.after(70ms);
        server.sends(1, 100);
        CHECK(time_of(s).teardown == 0ms);
        CHECK(time_of(s).path == 10ms);
        CHECK(time_of(s).receiver_application == 70ms);
        s.after(1ms);
        client.acks(101);
        CHECK(time_of(s).path == 11ms);
        s.after(30ms);
        server.fins().acking(102);
        CHECK(time_of(s).teardown == 30ms);
    }
}

TEST_CASE("time observer: a FIN that is sent again is teardown") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    s.after(300ms);
    client.fins().expect(retransmission);
    CHECK(time_of(s).teardown == 300ms);
    CHECK(time_of(s).loss_recovery == 0ms);
    CHECK(time_of(s).client_to_server.busy == 0ms);
}

TEST_CASE("time observer: all time after a RST is teardown") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.resets().acking(101);
    s.after(20ms);
    server.resets();
    const time_attribution time = time_of(s);
    CHECK(time.path == 10ms);
    CHECK(time.teardown == 20ms);
    CHECK(time.client_to_server.busy == 10ms);
}

// --- two directions, roles, clocks

TEST_CASE("time observer: a direction that recovers takes precedence over one that goes on") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    server.sends(1, 100);
    s.after(300ms);
    server.sends(1, 100).expect(retransmission);
    s.after(10ms);
    client.acks(101);
    CHECK(time_of(s).loss_recovery == 10ms); // the wait was the client's, which came first
    CHECK(time_of(s).path == 300ms);
    CHECK(time_of(s).client_to_server.busy == 310ms);
    CHECK(time_of(s).server_to_client.busy == 310ms);
    CHECK(time_of(s).sum() == 320ms);
}

TEST_CASE("time observer: the directions change places when client and server do") {
    using table = basic_connection_table<evidence_rules, time_observer>;
    table t;
    const endpoint a{*address::parse("192.0.2.1"), 1};
    const endpoint b{*address::parse("192.0.2.2"), 2};
    const timestamp start{1'700'000'000s};
    t.add(segment{.time = start,
                  .source = b,
                  .destination = a,
                  .sequence = {500},
                  .acknowledgment = {101},
                  .payload_length = 10,
                  .flags = {0x10}});
    t.add(segment{.time = start + 3ms,
                  .source = b,
                  .destination = a,
                  .sequence = {510},
                  .acknowledgment = {101},
                  .payload_length = 10,
                  .flags = {0x10}});
    CHECK(t[0].time.client_to_server.busy == 3ms);
    t.add(segment{.time = start + 4ms, .source = a, .destination = b, .sequence = {100}, .flags = {0x02}});
    CHECK(t[0].client == a);
    CHECK(t[0].time.server_to_client.busy == 4ms);
    CHECK(t[0].time.client_to_server.busy == 0ms);
}

TEST_CASE("time observer: while the clock is behind, no time passes") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    s.after(-1s);
    client.sends(101, 100);
    s.after(500ms);
    server.acks(201);
    CHECK(time_of(s).duration == 20ms);
    CHECK(time_of(s).sum() == 20ms);
    CHECK(s.connection().last_time - s.connection().first_time == -480ms);
    s.after(510ms);
    client.sends(201, 100);
    CHECK(time_of(s).duration == 30ms);
    CHECK(time_of(s).sum() == 30ms);
}

TEST_CASE("time observer: the longest possible times do not overflow") {
    basic_connection_table<evidence_rules, time_observer> t;
    const endpoint a{*address::parse("192.0.2.1"), 1};
    const endpoint b{*address::parse("192.0.2.2"), 2};
    std::uint32_t at = 1;
    for (const timestamp time : {timestamp::min(), timestamp::max(), timestamp::min(), timestamp::max()}) {
        t.add(segment{.time = time,
                      .source = a,
                      .destination = b,
                      .sequence = {at},
                      .acknowledgment = {1},
                      .payload_length = 10,
                      .flags = {0x10}});
        at += 10;
    }
    CHECK(t[0].time.duration == clamp_for_arithmetic(timestamp::max()) - clamp_for_arithmetic(timestamp::min()));
    CHECK(t[0].time.sum() == t[0].time.duration);
    CHECK(t[0].time.client_to_server.busy == t[0].time.duration);
}

TEST_CASE("time observer: the parts sum up to the duration in every capture at hand") {
    unsigned files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{"tests/data"}) {
        if (entry.path().extension() != ".pcap" && entry.path().extension() != ".pcapng") continue;
        CAPTURE(entry.path().string());
        capture_file capture{entry.path().string()};
        basic_connection_table<evidence_rules, time_observer> table;
        for (const packet& each : capture) table.add(each);
        for (const auto& each : table) {
            const time_attribution& time = each.time;
            CHECK(time.sum() == time.duration);
            CHECK(time.duration >= each.last_time - each.first_time);
            CHECK(time.retransmission_timeout <= time.loss_recovery);
        }
        ++files;
    }
    CHECK(files >= 9);
}
