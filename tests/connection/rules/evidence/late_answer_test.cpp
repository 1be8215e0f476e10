// SPDX-License-Identifier: MIT
// A response whose first copy was lost before the capture: the timer of its sender tells, since a receiver acknowledges sooner than that.
#include "../../../support/story.hpp"

#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using namespace tcplens;
using enum verdict_kinds;
using level = verdict::certainty_level;
using reading = verdict::reading_set;

namespace {

// The capture is beside the client, 10 ms from the server. Each request of 100 bytes has a response of 50.
constexpr auto rtt = 10ms;
constexpr auto by_id = evidence_set::ip_id | evidence_set::silence;
constexpr auto by_time = evidence_set::silence | evidence_set::round_trip;

/// The first request and its response.
void talk(story& s, story_host& client, story_host& server, std::chrono::nanoseconds takes = rtt) {
    client.sends(1, 100);
    s.after(takes);
    server.sends(1, 50).acking(101);
    client.acks(51);
}

} // namespace

TEST_CASE("a response that comes when the timer of its sender ran out was sent before") {
    // RFC 1122 4.2.3.2: an acknowledgment is delayed by less than half a second; RFC 6298 5: the timer
    story_opening opening{.rtt = rtt};
    SUBCASE("without timestamps") {}
    SUBCASE("with timestamps") {
        opening.timestamps = true;
    }
    SUBCASE("constant Identifications") {
        opening.ids = story_ids::constant;
    }
    SUBCASE("random Identifications") {
        opening.ids = story_ids::random;
    }
    SUBCASE("Identification 0, and timestamps") {
        opening.ids = story_ids::zero;
        opening.timestamps = true;
    }
    story s;
    auto [client, server] = s.established(opening);
    talk(s, client, server);
    client.sends(101, 100);
    s.after(rtt);
    server.sends(51, 50).acking(201).uncaptured();
    s.after(215ms);
    const bool counts = opening.ids == story_ids::counted;
    server.sends(51, 50)
        .expect(retransmission)
        .because(counts ? by_id : by_time, by_time)
        .graded(level::likely, reading::new_data);
    CHECK(s.connection().server_to_client.retransmissions == 1);
}

TEST_CASE("a response is late, too, if the request was sent while an answer to an earlier one was awaited") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = rtt, .ids = story_ids::constant});
    talk(s, client, server);
    client.sends(101, 100);
    client.sends(201, 100);
    s.after(rtt);
    server.acks(201);
    server.sends(51, 50).acking(301).uncaptured();
    s.after(215ms);
    server.sends(51, 50).acking(301).expect(retransmission).because(by_time);
}

TEST_CASE("a request that was sent again does not hide that the response was, too") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = rtt, .timestamps = true});
    talk(s, client, server);
    s.after(1ms);
    client.sends(101, 100);
    s.after(rtt);
    server.sends(51, 50).acking(201).uncaptured();
    s.after(200ms);
    client.sends(101, 100).expect(retransmission);
    s.after(15ms);
    auto& response = server.sends(51, 50);
    SUBCASE("it echoes the first copy of the request: the second had not come yet") {
        response.timestamps(0x7fff'ff9cu + 246, 0xffff'ff9cu + 21).expect(retransmission).because(by_id);
    }
    SUBCASE("it echoes the second: the first may not have come") {
        response.timestamps(0x7fff'ff9cu + 246, 0xffff'ff9cu + 231);
    }
}

TEST_CASE("a late response is new where something else explains that it is late") {
    story_opening opening{.rtt = rtt, .timestamps = true};
    bool random_ids = false;
    SUBCASE("Identifications count") {}
    SUBCASE("Identifications are random") {
        opening.ids = story_ids::random;
        random_ids = true;
    }
    story s;
    auto [client, server] = s.established(opening);
    SUBCASE("its acknowledgment was lost, and the application took less than a timer") {
        talk(s, client, server);
        client.sends(101, 100);
        s.after(50ms);
        server.acks(201).uncaptured();
        s.after(120ms);
        server.sends(51, 50);
    }
    SUBCASE("its acknowledgment was lost, and the application took longer than a timer") {
        talk(s, client, server);
        client.sends(101, 100);
        s.after(50ms);
        server.acks(201).uncaptured();
        s.after(350ms);
        server.sends(51, 50);
    }
    SUBCASE("its acknowledgment came, and then the application took as long as a timer") {
        talk(s, client, server);
        client.sends(101, 100);
        s.after(rtt);
        server.acks(201);
        s.after(215ms);
        server.sends(51, 50);
    }
    SUBCASE("its window tells that the application read before, and such an update was lost") {
        talk(s, client, server);
        client.sends(101, 100);
        s.after(rtt);
        server.acks(201).uncaptured();
        s.after(215ms);
        server.sends(51, 50).window(9000);
    }
    SUBCASE("it had to wait for a window") {
        talk(s, client, server);
        client.sends(101, 100).window(0).expect(zero_window);
        s.after(rtt);
        server.acks(201).uncaptured();
        s.after(205ms);
        client.acks(51).window(8192).expect(window_update);
        s.after(rtt);
        server.sends(51, 50);
    }
    SUBCASE("a part of the request came only now") {
        talk(s, client, server);
        client.sends(101, 100); // lost behind the capture
        client.sends(201, 100);
        s.after(rtt);
        server.acks(101).expect(duplicate_ack);
        s.after(205ms);
        client.sends(101, 100).expect(retransmission);
        s.after(rtt);
        server.sends(51, 50).acking(301);
    }
    SUBCASE("queues are long") {
        if (!random_ids) return; // a missing packet is proof enough
        talk(s, client, server, 180ms);
        client.sends(101, 100);
        s.after(225ms);
        server.sends(51, 50).acking(201);
    }
    CHECK(s.connection().server_to_client.retransmissions == 0);
}

TEST_CASE("a late response is new if no Identification is missing") {
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = rtt, .timestamps = true});
    talk(s, client, server);
    client.sends(101, 100);
    s.after(rtt + 215ms);
    server.sends(51, 50).acking(201);
}

TEST_CASE("a FIN that comes when the timer of its sender ran out was sent before") {
    story s;
    auto [client, server] = s.established({.rtt = rtt, .timestamps = true});
    talk(s, client, server);
    client.fins();
    s.after(rtt);
    server.fins().acking(102).uncaptured();
    s.after(215ms);
    server.fins().expect(retransmission).because(by_id, by_time).graded(level::likely, reading::new_data);
}

TEST_CASE("two packets that are missing took the time of a loss probe and of a timeout after it") {
    // RFC 8985 7.2: the probe takes the place of the first timeout, so both waits are equally long
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = rtt, .timestamps = true, .sack = true});
    talk(s, client, server);
    client.sends(101, 100);
    s.after(rtt);
    for (int i = 0; i < 2; ++i) {
        server.sends(51, 50).acking(201).uncaptured();
        s.after(210ms);
    }
    server.sends(51, 50).expect(retransmission).because(by_id);
}
