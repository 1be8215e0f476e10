// SPDX-License-Identifier: MIT
// Copies that come later than a round trip, and what only looks like one: situations of public reports, each with its source.
#include "../../../support/story.hpp"
#include "field_ways.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <deque>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

TEST_CASE(
    "a copy of the SYN, sooner than any timer, after its sender acknowledged the answer") { // nor is it sent by hand
    story s;
    auto [client, server] = s.hosts({.rtt = 300us, .ids = story_ids::zero});
    const auto& syn = client.syn();
    s.after(300us);
    const auto& syn_ack = server.syn_ack();
    const auto& ack = client.acks(1);
    s.after(200us);
    s.captures(syn).expect(duplicate);
    s.after(300us);
    s.captures(syn_ack).expect(duplicate);
    s.captures(ack).expect(duplicate);
}

TEST_CASE("a mirror that copies every packet later than a round trip, bare ACKs too") { // a mirror port with a queue
    for_each_way({.rtt = 300us, .sack = true}, [](const story_opening& opening) {
        // With neither a clock nor Identifications that vary, a copy later than a round trip may as well be sent again.
        const bool ids_tell = opening.ids == story_ids::counted || opening.ids == story_ids::random;
        if (!opening.timestamps && !ids_tell) return;
        story s{{.families = opening.timestamps ? story_families::both : story_families::v4}};
        auto [client, server] = s.hosts(opening);
        // Each packet comes 500 us after itself; the answer comes between.
        std::deque<const story_segment*> waiting;
        const auto passes = [&](const story_segment& sent, std::chrono::nanoseconds then) {
            waiting.push_back(&sent);
            s.after(then);
            if (waiting.size() < 3) return;
            s.captures(*waiting.front()).expect(duplicate);
            waiting.pop_front();
        };
        passes(client.syn(), 250us);
        passes(server.syn_ack(), 250us);
        for (int i = 0; i < 8; ++i) {
            passes(client.acks(1 + 200 * i), 250us);
            passes(client.sends(1 + 100 * i, 100), 250us);
            passes(server.acks(101 + 100 * i), 250us);
            passes(server.sends(1 + 200 * i, 200), 250us);
        }
        CHECK(s.connection().client_to_server.retransmissions == 0);
        CHECK(s.connection().server_to_client.retransmissions == 0);
    });
}

TEST_CASE("captures of both ends merged: copies of another hop limit, half a round trip later") { // mergecap
    for_each_way({.rtt = 20ms}, [](const story_opening& opening) {
        story s;
        auto [client, server] = s.hosts(opening);
        const auto crosses = [&](const story_segment& sent) {
            s.after(10ms);
            s.captures(sent).hop_limit(61).expect(duplicate);
        };
        crosses(client.syn());
        crosses(server.syn_ack());
        for (int i = 0; i < 4; ++i) {
            crosses(client.acks(1 + 200 * i));
            crosses(client.sends(1 + 100 * i, 100));
            crosses(server.acks(101 + 100 * i));
            crosses(server.sends(1 + 200 * i, 200));
        }
        CHECK(s.connection().client_to_server.retransmissions == 0);
        CHECK(s.connection().server_to_client.retransmissions == 0);
    });
}

TEST_CASE("a higher hop limit makes no copy: the network only lowers it") { // RFC 791 section 3.2, RFC 8200 section 3
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .ids = story_ids::zero, .hop_limit = 61});
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).hop_limit(64).expect(retransmission);
}

TEST_CASE("data before and after segmentation offload is captured twice") { // any-interface and bridge captures
    for_each_way({.rtt = 20ms, .mss = 1460}, [](const story_opening& opening) {
        story s;
        auto [client, server] = s.established(opening);
        std::int64_t next = 1;
        for (std::uint16_t id = 100; id < 130; id = static_cast<std::uint16_t>(id + 3)) {
            auto& whole = client.sends(next, 3 * 1448);
            if (opening.ids == story_ids::counted) whole.ip_id(id);
            for (std::uint16_t piece = 0; piece < 3; ++piece) {
                s.after(10us);
                auto& part = client.sends(next + 1448 * piece, 1448).expect(duplicate);
                if (opening.ids == story_ids::counted) part.ip_id(static_cast<std::uint16_t>(id + piece));
            }
            next += 3 * 1448;
            s.after(20ms);
            server.acks(next);
        }
        CHECK(s.connection().client_to_server.retransmissions == 0);
    });
}

TEST_CASE(
    "a resend in doubling intervals is one, whether its Identification and clock change or not") { // RFC 1122 section 3.2.1.5
    for_each_way({.rtt = 10ms}, [](const story_opening& opening) {
        for (const bool keeps_id : {false, true}) {
            story s;
            auto [client, server] = s.established(opening);
            auto& first = client.sends(1, 100);
            if (keeps_id) first.ip_id(77);
            for (const auto timeout : {1s, 2s, 4s}) {
                s.after(timeout);
                auto& again = client.sends(1, 100).expect(retransmission);
                if (keeps_id) again.ip_id(77);
            }
            s.after(10ms);
            server.acks(101);
            CHECK(s.connection().client_to_server.retransmissions == 3);
            // Karn's rule: what was sent again gives no round trip (RFC 6298 section 3).
            CHECK(s.detailed().profile.client_to_server.round_trip.greatest < 20ms);
        }
    });
}

TEST_CASE("a clock that was set back between a segment and its resend proves no copy") { // NTP
    for_each_way({.rtt = 10ms}, [](const story_opening& opening) {
        story s;
        auto [client, server] = s.established(opening);
        client.sends(1, 100);
        s.after(10ms);
        server.acks(101);
        client.sends(101, 100);
        s.after(300ms - 5s);
        client.sends(101, 100).expect(retransmission);
        s.after(10ms);
        server.acks(201);
        CHECK(s.connection().client_to_server.retransmissions == 1);
    });
}
