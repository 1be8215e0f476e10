// SPDX-License-Identifier: MIT
// Situations in which other tools, or earlier rules, accused a sender of what it did not do. Each names the report or the RFC that it
// comes from.
#include <tcplens/connection/rules/evidence_rules.hpp>

#include "../../../support/story.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <deque>

using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;
using tcplens::close_reason;
using tcplens::evidence_set;
using tcplens::handshake_state;

TEST_CASE(
    "skipped Identifications: a host that counts by 2 in every packet lost nothing") { // printers and remote terminal units
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.timestamps = true});
    std::int64_t next = 1;
    for (std::uint16_t id = 100; id < 120; id = static_cast<std::uint16_t>(id + 4)) {
        client.sends(next, 50).ip_id(id);
        next += 50;
        s.after(10ms);
        server.acks(next);
        client.acks(1).ip_id(static_cast<std::uint16_t>(id + 2));
        s.after(220ms);
    }
}

TEST_CASE(
    "skipped Identifications: one counter for all destinations skips in pauses of any length") { // RFC 6864 section 4.1
    for (const auto pause : {1s, 3s, 60s}) {
        story s{{.families = story_families::v4}};
        auto [client, server] = s.established({.timestamps = true});
        client.sends(1, 50);
        s.after(10ms);
        server.acks(51);
        client.acks(1);
        s.after(pause);
        client.sends(51, 50).ip_id(6);
    }
}

TEST_CASE(
    "SYN-ACKs: the client's ACK decides between two responders") { // RFC 9293 section 3.10.7.3; a middlebox answers, too
    for (const bool second : {false, true}) {
        for (const story_ids ids : {story_ids::counted, story_ids::zero, story_ids::random}) {
            story s;
            auto [client, server] = s.hosts({.ids = ids});
            client.syn();
            s.after(5ms);
            server.syn_ack();
            s.after(5ms);
            server.syn_ack().at(-777'000);
            const std::int64_t initial = second ? -777'000 : 0;
            client.acks(initial + 1);
            client.sends(1, 100).acking(initial + 1);
            s.after(10ms);
            server.sends(initial + 1, 200).acking(101);
            client.acks(initial + 201);
            CHECK(s.connection().handshake == handshake_state::completed);
            CHECK(s.connection().server_to_client.retransmissions == 0);
        }
    }
}

TEST_CASE("SYN-ACKs: an ACK of an older connection before the SYN-ACK is no base for anything") { // RFC 5961 section 4
    for (const bool timestamps : {false, true}) {
        story s;
        auto [client, server] = s.hosts({.timestamps = timestamps});
        client.syn();
        s.after(10ms);
        server.acks(-100'000);
        s.after(10ms);
        server.syn_ack().acking(1);
        client.acks(1);
        client.sends(1, 100);
        s.after(10ms);
        server.sends(1, 100).acking(101);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
}

TEST_CASE("one direction alone: a rising acknowledgment or a FIN proves the handshake") { // RFC 9293 section 3.5
    {
        story s;
        auto [client, server] = s.hosts();
        client.syn();
        s.after(10ms);
        client.acks(1);
        CHECK(s.connection().handshake == handshake_state::failed);
    }
    for (const bool fin : {false, true}) {
        story s;
        auto [client, server] = s.hosts();
        client.syn();
        s.after(10ms);
        client.acks(1);
        if (fin) client.fins();
        else client.acks(1001);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
}

TEST_CASE("the same initial sequence number again, later than a copy: another connection") { // embedded stacks
    for (const bool closed : {false, true}) {
        story s;
        auto [client, server] = s.established();
        client.sends(1, 100);
        s.after(10ms);
        server.acks(101);
        if (closed) {
            client.fins();
            server.acks(102);
            server.fins();
            client.acks(2);
        }
        s.after(30s);
        client.syn().without_ack().at(0).expect(reused_ports);
        CHECK(s.connections().size() == 2);
    }
    for (const bool by_client : {false, true}) { // one direction alone is captured
        story s;
        auto [client, server] = s.hosts();
        for (const bool second : {false, true}) {
            const std::int64_t initial = second ? 777'000 : 0; // of the server
            if (by_client) {
                auto& syn = client.syn().without_ack().at(0);
                if (second) syn.expect(reused_ports);
                client.sends(1, 100).acking(initial + 1);
                client.sends(101, 0).with_fin().acking(initial + 201);
            } else {
                auto& syn_ack = server.syn_ack().at(initial).acking(1);
                if (second) syn_ack.expect(reused_ports);
                server.sends(initial + 1, 200).acking(101);
                server.sends(initial + 201, 0).with_fin().acking(102);
            }
            s.after(30s);
        }
        CHECK(s.connections().size() == 2);
    }
}

TEST_CASE(
    "a capture that begins with a keep-alive: its answer acknowledges nothing that is lost") { // RFC 9293 section 3.8.4
    for (const bool by_client : {false, true}) {
        story s;
        auto [client, server] = s.midstream();
        story_host& idle = by_client ? client : server;
        story_host& peer = by_client ? server : client;
        for (int i = 0; i < 3; ++i) {
            auto& probe = idle.sends(1000, 0).acking(5000);
            if (i > 0) probe.expect(keep_alive);
            s.after(20ms);
            peer.sends(5000, 0).acking(1001).expect(keep_alive_ack);
            s.after(45s);
        }
    }
}

TEST_CASE("another host repeats its SYN-ACK after the close: it begins nothing") { // two hosts with one address
    for (const bool accepts_first : {false, true}) {
        story s;
        auto [client, server] = s.hosts();
        client.syn();
        s.after(10ms);
        const std::int64_t other = 777'000;
        if (!accepts_first) server.syn_ack().at(other).acking(1);
        server.syn_ack().at(0).acking(1);
        client.acks(1);
        if (accepts_first) server.syn_ack().at(other).acking(1);
        client.sends(1, 100).acking(1);
        s.after(10ms);
        server.sends(1, 200).acking(101);
        client.sends(101, 0).with_fin().acking(201);
        s.after(10ms);
        server.sends(201, 0).with_fin().acking(102);
        client.sends(102, 0).acking(202);
        for (const auto wait : {1s, 7s}) {
            s.after(wait);
            server.syn_ack().at(other).acking(1);
        }
        CHECK(s.connection().close_reason == close_reason::normal);
        CHECK(s.connection().server_to_client.retransmissions == 0);
    }
}

TEST_CASE("a challenge to a SYN and the RST for it, of numbers above those of the SYN") { // RFC 5961 section 4
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(10ms);
    server.sends(-1'000'000, 0).acking(100'000);
    client.resets().at(100'000).without_ack();
    s.after(1s);
    client.syn().without_ack().at(0).expect(retransmission).because(evidence_set::bytes_seen | evidence_set::silence);
    s.after(10ms);
    server.syn_ack().at(0).acking(1);
    client.acks(1);
    client.sends(1, 100);
    s.after(10ms);
    server.sends(1, 100).acking(101);
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::active);
}

TEST_CASE(
    "skewed directions: acknowledgments that are captured before the data make no retransmissions") { // two adapters
    for (const bool timestamps : {false, true}) {
        for (const story_ids ids : {story_ids::counted, story_ids::constant, story_ids::zero, story_ids::random}) {
            story s;
            auto [client, server] = s.established({.timestamps = timestamps, .ids = ids});
            std::int64_t next = 1;
            for (int flight = 0; flight < 4; ++flight) {
                std::deque<story_segment*> late;
                for (int i = 0; i < 20; ++i, next += 1000) late.push_back(&client.sends(next, 1000).uncaptured());
                for (int i = 19; i >= 0; --i) server.acks(next - 1000 * i).expect(ack_lost_segment);
                s.after(1ms);
                for (story_segment* each : late) s.captures(*each);
                s.after(10ms);
            }
            CHECK(s.connection().client_to_server.retransmissions == 0);
        }
    }
}

TEST_CASE("a resend that keeps its Identification is a retransmission, a timeout later") { // RFC 1122 section 3.2.1.5
    story s{{.families = story_families::v4}};
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& sent = client.sends(1, 100);
    for (const auto timeout : {1s, 2s, 4s}) {
        s.after(timeout);
        s.captures(sent).expect(retransmission);
    }
    s.after(10ms);
    server.acks(101);
    CHECK(s.connection().client_to_server.retransmissions == 3);
}

TEST_CASE(
    "a byte with PSH that is sent again by timeout is no keep-alive") { // RFC 2883: its acknowledgment reports a duplicate
    for (const bool timestamps : {false, true}) {
        story s;
        auto [client, server] = s.established({.rtt = 10ms, .timestamps = timestamps, .sack = true});
        client.sends(1, 1);
        s.after(10ms);
        server.acks(2);
        s.after(200ms);
        client.sends(1, 1).expect(retransmission | spurious_retransmission);
    }
}

TEST_CASE(
    "probes without ACK are incomplete connections") { // FIN, NULL and Xmas scans: RFC 9293 section 3.10.7.4 drops them
    story s;
    auto [client, server] = s.midstream();
    client.fins().without_ack();
    s.after(10ms);
    server.refuses();
    CHECK(s.connection().handshake != handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::unknown);
}

TEST_CASE(
    "IPv6 with timestamps: a first copy in the same tick came late, whatever half a round trip is") { // Linux, reordered
    story s{{.families = story_families::v6}};
    auto [client, server] = s.established({.rtt = 40ms, .timestamps = true, .sack = true});
    client.sends(1, 1000);
    const auto& late = client.sends(1001, 1000).uncaptured();
    client.sends(2001, 1000).expect(lost_segment);
    s.after(25ms); // more than half of a round trip; the clock of the late one is that of the one beyond it
    s.captures(late).expect(out_of_order);
}
