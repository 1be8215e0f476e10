// SPDX-License-Identifier: MIT
// What receivers ask for, what senders send again for that, and what looks like it.
#include "../../../support/story.hpp"

using namespace std::chrono_literals;
using namespace tcplens;
using enum tcplens::verdict_kinds;

TEST_CASE("two acknowledgments far ahead and far apart are two wrong ones; two that are near each other are believed") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    server.acks(20'000'000);
    server.acks(60'000'000);
    server.acks(60'001'000).expect(ack_lost_segment);
}

TEST_CASE("what follows a partial acknowledgment is sent again at once, though the same bytes were just sent") {
    // Captured beside the server: 1 ms to it and back, 9 ms to the client and back.
    story s;
    auto [client, server] = s.hosts({.ids = story_ids::zero});
    client.syn();
    s.after(1ms);
    server.syn_ack();
    s.after(9ms);
    client.acks(1);
    client.sends(1, 100).uncaptured();
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    client.sends(301, 100);
    s.after(500us);
    server.acks(1).expect(duplicate_ack);
    server.acks(1).expect(duplicate_ack);
    s.after(9ms);
    client.sends(1, 100).expect(retransmission);
    s.after(500us);
    server.acks(101);
    s.after(6ms);
    client.sends(101, 100).expect(retransmission); // sent before the partial acknowledgment reached the client
    s.after(3ms);
    client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen); // sent for it
    CHECK(s.connection().client_to_server.retransmissions == 3);
}

TEST_CASE("what SACK blocks passed over stays so when an acknowledgment without blocks comes") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .sack = true});
    client.sends(1, 100);
    client.sends(101, 100);
    client.sends(201, 100);
    client.sends(301, 100);
    s.after(10ms);
    server.acks(1).sack(201, 301).expect(duplicate_ack);
    server.acks(1).sack(201, 401).expect(duplicate_ack);
    client.sends(1, 100).expect(retransmission | fast_retransmission);
    s.after(10ms);
    server.acks(101);
    client.sends(101, 100)
        .expect(retransmission | fast_retransmission)
        .because(evidence_set::bytes_seen | evidence_set::selective_ack);
}

TEST_CASE("in the middle of a connection SACK blocks show that SACK is permitted: equal acknowledgments are copies") {
    bool sack = true;
    SUBCASE("with SACK blocks") {}
    SUBCASE("without") {
        sack = false;
    }
    story s;
    auto [client, server] = s.midstream({.ids = story_ids::zero});
    const auto loses_one = [&](story_host& from, story_host& to) {
        from.sends(1, 100);
        from.sends(101, 100).uncaptured();
        from.sends(201, 100).expect(lost_segment);
        s.after(6ms);
        to.acks(101);
        auto& asking = to.acks(101).expect(duplicate_ack);
        if (sack) asking.sack(201, 301);
        s.after(6ms);
        from.sends(101, 100).expect(sack ? retransmission | fast_retransmission : retransmission);
        s.after(6ms);
        to.acks(301);
        s.after(6ms);
    };
    loses_one(client, server);
    loses_one(server, client);
    server.sends(301, 100);
    s.after(6ms);
    client.acks(401);
    for (int i = 0; i < 4; ++i) client.sends(301 + 100 * i, 100);
    s.after(6ms);
    server.acks(401);
    s.after(1ms);
    server.acks(401).expect(sack ? duplicate : duplicate_ack);
}

TEST_CASE("where only the client was captured, its handshake tells the round trip") {
    story s;
    auto [client, server] = s.hosts({.ids = story_ids::zero});
    client.syn();
    server.syn_ack().uncaptured();
    s.after(20ms);
    client.acks(1);
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    s.after(8ms);
    client.sends(101, 100)
        .expect(out_of_order)
        .because(evidence_set::fills_hole | evidence_set::round_trip)
        .earlier(4, 8ms);
}

TEST_CASE(
    "after a silence as long as a timeout, equal segments may have waited in the same queue: they are no copies") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms, .ids = story_ids::zero});
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    SUBCASE("after a silence") {
        s.after(300ms);
        client.sends(101, 100).expect(retransmission);
        s.after(1ms);
        client.sends(101, 100).expect(retransmission).because(evidence_set::bytes_seen).earlier(6, 1ms);
    }
    SUBCASE("without one") {
        s.after(20ms);
        client.sends(101, 100).expect(retransmission);
        s.after(1ms);
        client.sends(101, 100).expect(duplicate).because(evidence_set::same_packet).earlier(6, 1ms);
    }
}

TEST_CASE("a copy of a request is one, though its sender has acknowledged the response since") {
    story s{{.families = story_families::v4}}; // the Identification tells
    auto [client, server] = s.established({.rtt = 10ms});
    const auto& request = client.sends(1, 100);
    s.after(1ms);
    server.sends(1, 50).acking(101);
    client.acks(51);
    s.after(1ms);
    s.captures(request).expect(duplicate).earlier(4, 2ms);
    CHECK(s.connection().client_to_server.retransmissions == 0);
}

TEST_CASE("a FIN that acknowledges a request only when the timer of its sender ran out was sent before") {
    // Captured beside the client, 10 ms from the server.
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.sends(1, 50).acking(101);
    client.acks(51);
    client.sends(101, 100);
    s.after(10ms);
    server.fins().acking(201).uncaptured();
    s.after(215ms);
    server.fins().expect(retransmission);
    CHECK(s.connection().server_to_client.retransmissions == 1);
}
