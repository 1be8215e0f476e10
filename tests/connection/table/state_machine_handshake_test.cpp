// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

TEST_CASE("a handshake is completed by the ACK of the SYN-ACK") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    CHECK(s.connection().handshake == handshake_state::failed); // so far
    CHECK(s.connection().close_reason == close_reason::unknown);
    server.syn_ack();
    CHECK(s.connection().handshake == handshake_state::failed);
    CHECK(s.connection().close_reason == close_reason::unknown);
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::active);
    CHECK_FALSE(s.connection().closed);
    CHECK(s.connection().role_basis == role_basis::syn);
}

TEST_CASE("data completes a handshake too") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    client.sends(1, 100).acking(1);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("the SYN was not captured: data proves the handshake") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().uncaptured();
    server.syn_ack();
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::incomplete);
    CHECK(s.connection().role_basis == role_basis::syn_ack);
    SUBCASE("from the client") {
        client.sends(1, 100);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
    SUBCASE("from the server") {
        server.sends(1, 100);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
    CHECK(s.connection().client == client.endpoint());
}

TEST_CASE("the SYN-ACK was not captured: data proves the handshake") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack().uncaptured();
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::failed);
    SUBCASE("from the client") {
        client.sends(1, 100);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
    SUBCASE("from the server") {
        server.sends(1, 100);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
}

TEST_CASE("the ACK was not captured: data of the server proves the handshake") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    client.acks(1).uncaptured();
    CHECK(s.connection().handshake == handshake_state::failed);
    server.sends(1, 100);
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::active);
}

TEST_CASE("of a handshake of which only the client was captured data is the proof") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    client.sends(1, 100).acking(1);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("data that acknowledges nothing proves nothing") {
    story s;
    auto [client, server] = s.hosts();
    client.syn().carrying(10); // RFC 7413
    CHECK(s.connection().handshake == handshake_state::failed);
    client.sends(11, 100).without_ack();
    CHECK(s.connection().handshake == handshake_state::failed);
    server.syn_ack().acking(111);
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("data that acknowledges what was before the SYN-ACK proves nothing") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    client.sends(1, 100).acking(0);
    CHECK(s.connection().handshake == handshake_state::failed);
}

TEST_CASE("the third ACK completes the handshake only if it acknowledges the SYN-ACK") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    client.acks(1'000'000).expect(verdict_kinds::ack_lost_segment);
    CHECK(s.connection().handshake == handshake_state::failed);
    SUBCASE("data behind it is no proof") {
        client.sends(1, 100).acking(1'000'000);
        CHECK(s.connection().handshake == handshake_state::failed);
    }
    SUBCASE("the client acknowledges the SYN-ACK later") {
        client.acks(1);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
    SUBCASE("the server goes on") {
        server.sends(1, 100).acking(1);
        CHECK(s.connection().handshake == handshake_state::completed);
    }
}

TEST_CASE("the ACK was not captured: one of later data that was not captured either completes the handshake") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    client.acks(20'000).expect(verdict_kinds::ack_lost_segment);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("SYN-ACKs that nobody asked for are no handshake") {
    story s;
    auto [client, server] = s.hosts();
    for (int i = 0; i < 3; ++i) {
        server.syn_ack().expect(i == 0 ? none : retransmission);
        s.after(1s);
    }
    CHECK(s.connection().handshake == handshake_state::incomplete);
    CHECK(s.connection().close_reason == close_reason::unknown);
    CHECK_FALSE(s.connection().closed);
    client.resets().at(1);
    CHECK(s.connection().handshake == handshake_state::incomplete);
    CHECK(s.connection().close_reason == close_reason::reset);
    CHECK(s.connection().closed_by == direction::client_to_server);
    CHECK(s.connection().client == client.endpoint());
}

TEST_CASE("SYNs without any answer") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1s);
    client.syn().expect(retransmission);
    s.after(2s);
    client.syn().expect(retransmission);
    const connection seen = s.connection();
    CHECK(seen.handshake == handshake_state::failed);
    CHECK(seen.close_reason == close_reason::unknown);
    CHECK_FALSE(seen.closed);
    CHECK_FALSE(seen.closed_by);
    CHECK(seen.client_to_server.syn == 3);
    CHECK(seen.client_to_server.retransmissions == 2);
    CHECK(seen.last_time - seen.first_time == 3s);
}

TEST_CASE("a SYN that is refused") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.refuses();
    const connection seen = s.connection();
    CHECK(seen.handshake == handshake_state::failed);
    CHECK(seen.close_reason == close_reason::reset);
    CHECK(seen.closed);
    CHECK(seen.closed_by == direction::server_to_client);
    CHECK(seen.role_basis == role_basis::syn);
}

TEST_CASE("a SYN that is refused, sent again, and then accepted") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.refuses();
    s.after(500ms);
    client.syn().expect(retransmission);
    server.refuses();
    s.after(500ms);
    client.syn().expect(retransmission);
    CHECK(s.connection().close_reason == close_reason::reset);
    server.syn_ack();
    CHECK(s.connection().close_reason == close_reason::unknown);
    CHECK_FALSE(s.connection().closed);
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::active);
}

TEST_CASE("a half-open scan is a failed handshake") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    SUBCASE("with a RST") {
        client.resets();
    }
    SUBCASE("with a RST that acknowledges") {
        client.resets().acking(1);
    }
    SUBCASE("with a RST and the next scan from the same port") {
        client.resets();
        s.after(1s);
        client.syn().expect(retransmission | spurious_retransmission);
    }
    CHECK(s.connection().handshake == handshake_state::failed);
    CHECK(s.connection().close_reason == close_reason::reset);
    CHECK(s.connection().closed_by == direction::client_to_server);
}

TEST_CASE("both ends open at the same time") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn();
    CHECK(s.connection().handshake == handshake_state::failed);
    client.syn_ack();
    CHECK(s.connection().handshake == handshake_state::failed);
    server.syn_ack();
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().client == client.endpoint()); // who was first
    CHECK(s.connection().role_basis == role_basis::syn);
    CHECK(s.connection().client_to_server.syn == 2);
    CHECK(s.connection().server_to_client.syn_ack == 1);
}

TEST_CASE("a SYN-ACK that answers another SYN completes nothing") { // RFC 9293 3.5, figure 8
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack().at(50'000).acking(-9);
    client.resets().at(-9);
    CHECK(s.connection().handshake == handshake_state::failed);
    CHECK(s.connection().close_reason == close_reason::reset);
    s.after(1s);
    client.syn().expect(retransmission);
    server.syn_ack();
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::completed);
    CHECK(s.connection().close_reason == close_reason::active);
    client.fins();
    server.fins().acking(2);
    CHECK(s.connection().close_reason == close_reason::normal);
}

TEST_CASE("a SYN-ACK with another SYN cookie is completed by the ACK of that") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    s.after(1s);
    client.syn().expect(retransmission | spurious_retransmission);
    server.syn_ack().at(-77'777);
    CHECK(s.connection().handshake == handshake_state::failed);
    client.acks(-77'776);
    CHECK(s.connection().handshake == handshake_state::completed);
    client.fins();
    server.acks(2).at(-77'776);
    server.fins().at(-77'776);
    CHECK(s.connection().close_reason == close_reason::normal);
}

TEST_CASE("a connection picked up midstream is neither completed nor failed") {
    story s;
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    server.acks(101);
    client.sends(101, 100);
    CHECK(s.connection().handshake == handshake_state::incomplete);
    CHECK(s.connection().close_reason == close_reason::unknown); // no more than a handshake would have
    CHECK_FALSE(s.connection().closed);
    server.acks(201);
    CHECK(s.connection().handshake == handshake_state::incomplete);
    CHECK(s.connection().close_reason == close_reason::active);
    CHECK(s.connection().role_guessed());
}
