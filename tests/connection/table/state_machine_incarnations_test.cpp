// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

namespace {

constexpr story_opening next_incarnation{.client_ahead = 3'000'000, .server_ahead = 4'000'000};

} // namespace

TEST_CASE("a SYN after both FINs begins another connection") {
    story s;
    {
        auto [client, server] = s.established();
        client.sends(1, 100);
        client.fins();
        server.fins().acking(102);
        client.acks(2);
    }
    s.after(60s);
    auto [client, server] = s.hosts(next_incarnation);
    client.syn().expect(reused_ports).of(1);
    server.syn_ack().of(1);
    client.acks(1).of(1);
    client.sends(1, 100).of(1);

    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].close_reason == close_reason::normal);
    CHECK(s.connections()[0].client_to_server.packets == 5);
    CHECK(s.connections()[1].number == 1);
    CHECK(s.connections()[1].client == s.connections()[0].client);
    CHECK(s.connections()[1].server == s.connections()[0].server);
    CHECK(s.connections()[1].handshake == handshake_state::completed);
    CHECK(s.connections()[1].close_reason == close_reason::active);
    CHECK(s.connections()[1].first_packet == 8);
}

TEST_CASE("a SYN after a RST begins another connection") {
    story s;
    {
        auto [client, server] = s.established();
        server.resets();
    }
    auto [client, server] = s.hosts(next_incarnation);
    client.syn().expect(reused_ports).of(1);
    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].close_reason == close_reason::reset);
    CHECK(s.connections()[0].closed_by == direction::server_to_client);
}

TEST_CASE("a SYN after a refused one begins another connection") {
    story s;
    {
        auto [client, server] = s.hosts();
        client.syn();
        server.refuses();
    }
    SUBCASE("of the same client") {
        auto [client, server] = s.hosts(next_incarnation);
        client.syn().expect(reused_ports).of(1);
        CHECK(s.connections().back().client == client.endpoint());
    }
    SUBCASE("of the other end") {
        auto [client, server] = s.hosts(next_incarnation);
        server.syn().expect(reused_ports).of(1);
        CHECK(s.connections().back().client == server.endpoint());
    }
    CHECK(s.connections().front().close_reason == close_reason::reset);
}

TEST_CASE("a SYN with another initial sequence number overtakes a connection that is open") {
    story s;
    {
        auto [client, server] = s.established();
        client.sends(1, 100);
    }
    auto [client, server] = s.hosts(next_incarnation);
    client.syn().expect(reused_ports).of(1);
    server.syn_ack().of(1);
    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].handshake == handshake_state::completed);
    CHECK(s.connections()[0].close_reason == close_reason::unknown);
    CHECK(s.connections()[0].closed);
    CHECK_FALSE(s.connections()[0].closed_by);
    CHECK_FALSE(s.connections()[1].closed);
}

TEST_CASE("blind SYNs into a connection that is open end nothing") { // RFC 5961 4
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    auto [blind, unused] = s.hosts(next_incarnation);
    blind.syn().expect(reused_ports).of(1);
    server.acks(101).of(0); // the challenge ACK
    s.after(10ms);
    client.sends(101, 100).of(0);
    server.acks(201).of(0);
    client.fins().of(0);
    server.fins().of(0);
    client.acks(2).of(0);
    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].close_reason == close_reason::normal);
    CHECK(s.connections()[0].client_to_server.payload_bytes == 200);
    CHECK(s.connections()[1].handshake == handshake_state::failed);
    CHECK_FALSE(s.connections()[1].closed);
}

TEST_CASE("each SYN with another initial sequence number is another attempt") {
    story s;
    for (std::uint32_t attempt = 0; attempt < 3; ++attempt) {
        auto [client, server] = s.hosts({.client_ahead = attempt * 1'000'000});
        client.syn().expect(attempt == 0 ? none : reused_ports).of(attempt);
        s.after(1s);
    }
    for (const connection& each : s.connections()) CHECK(each.handshake == handshake_state::failed);
    CHECK(s.connections()[1].closed);
    CHECK_FALSE(s.connections()[2].closed);
}

TEST_CASE("the end that was the server opens the next connection") {
    story s;
    {
        auto [client, server] = s.established();
        client.fins();
        server.fins().acking(2);
    }
    auto [client, server] = s.hosts(next_incarnation);
    server.syn().expect(reused_ports).of(1);
    client.syn_ack().of(1);
    server.acks(1).of(1);
    CHECK(s.connections().back().client == server.endpoint());
    CHECK(s.connections().back().server == client.endpoint());
    CHECK(s.connections().back().client_to_server.packets == 2);
    CHECK(s.connections().back().handshake == handshake_state::completed);
}

TEST_CASE("a SYN that is sent again begins nothing") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    s.after(1s);
    const auto& again = client.syn().expect(retransmission);
    s.captures(again).expect(duplicate).earlier(2);
    s.after(10ms);
    server.syn_ack();
    client.acks(1);
    client.sends(1, 100);
    s.after(2s);
    client.syn().expect(retransmission | spurious_retransmission);
    server.resets();
    s.after(4s);
    client.syn().expect(retransmission | spurious_retransmission);
    CHECK(s.connections().size() == 1);
}

TEST_CASE("a late SYN of the connection before belongs to that") {
    story s;
    auto [old_client, old_server] = s.established();
    old_client.fins();
    old_server.fins().acking(2);
    auto [client, server] = s.hosts(next_incarnation);
    client.syn().expect(reused_ports).of(1);
    s.after(1s);
    old_client.syn().expect(retransmission | spurious_retransmission).of(0);
    old_server.syn_ack(); // answers another SYN than the one at hand
    server.syn_ack().of(1);
    client.acks(1).of(1);
    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].client_to_server.syn == 2);
    CHECK(s.connections()[1].handshake == handshake_state::completed);
}

TEST_CASE("a SYN captured behind the data of its sender begins nothing") {
    story s;
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    client.syn().expect(out_of_order).of(0);
    CHECK(s.connection().role_basis == role_basis::syn);
    CHECK(s.connection().handshake == handshake_state::failed); // until more of it is seen
    client.sends(101, 100);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("a SYN captured behind the data of its peer begins nothing") {
    story s;
    auto [client, server] = s.midstream();
    server.sends(1, 100);
    client.syn().of(0);
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().role_basis == role_basis::syn);
}

TEST_CASE("a SYN far from what was seen midstream begins another connection") {
    story s;
    {
        auto [client, server] = s.midstream();
        client.sends(1, 100);
        server.acks(101);
    }
    auto [client, server] = s.hosts(next_incarnation);
    SUBCASE("from its sender") {
        client.syn().expect(reused_ports).of(1);
        server.syn_ack().of(1);
    }
    SUBCASE("from its peer") {
        server.syn().expect(reused_ports).of(1);
        client.syn_ack().of(1);
    }
    REQUIRE(s.connections().size() == 2);
    CHECK(s.connections()[0].handshake == handshake_state::incomplete);
    CHECK(s.connections()[0].close_reason == close_reason::unknown);
    CHECK(s.connections()[0].closed);
}

TEST_CASE("a SYN far from what its peer acknowledged midstream begins another connection") {
    story s;
    {
        auto [client, server] = s.midstream();
        server.acks(100'001);
    }
    auto [client, server] = s.hosts();
    client.syn().expect(reused_ports).of(1);
    CHECK(s.connections().size() == 2);
}

TEST_CASE("a SYN after a connection that was picked up midstream and closed") {
    story s;
    {
        auto [client, server] = s.midstream();
        client.fins();
        server.fins().acking(2);
    }
    auto [client, server] = s.hosts({.client_ahead = 0xffff'ffff}); // one lower: near, but another
    client.syn().expect(reused_ports).of(1);
    CHECK(s.connections().size() == 2);
}

TEST_CASE("a SYN captured behind the whole connection that it began") {
    story s;
    auto [client, server] = s.hosts();
    const auto& late = client.syn().uncaptured();
    SUBCASE("behind its SYN-ACK") {
        server.syn_ack();
        client.acks(1).uncaptured();
    }
    SUBCASE("behind its ACK") {
        server.syn_ack().uncaptured();
        client.acks(1);
    }
    client.fins();
    server.fins().acking(2);
    s.captures(late).expect(out_of_order).of(0);
    CHECK(s.connection().role_basis == role_basis::syn);
    CHECK(s.connection().close_reason == close_reason::normal);
}

TEST_CASE("a SYN-ACK of which the SYN was not captured begins a connection where none is open") {
    story s;
    {
        auto [client, server] = s.established();
        client.fins();
        server.fins().acking(2);
    }
    auto [client, server] = s.hosts(next_incarnation);
    client.syn().uncaptured();
    server.syn_ack().expect(reused_ports).of(1);
    client.acks(1).of(1);
    client.sends(1, 100).of(1);
    CHECK(s.connections().back().role_basis == role_basis::syn_ack);
    CHECK(s.connections().back().client == client.endpoint());
    CHECK(s.connections().back().handshake == handshake_state::completed);
}

TEST_CASE("a SYN-ACK that answers another SYN ends nothing that is open") {
    story s;
    auto [client, server] = s.established();
    server.syn_ack().at(500'000).acking(300'000).of(0);
    client.sends(1, 100);
    CHECK(s.connection().close_reason == close_reason::active);
    client.fins();
    server.fins().acking(102);
    CHECK(s.connection().close_reason == close_reason::normal);
}

TEST_CASE("a SYN-ACK with another SYN cookie begins nothing") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack();
    s.after(1s);
    client.syn().expect(retransmission | spurious_retransmission);
    server.syn_ack().at(1'000'000).of(0);
    CHECK(s.connection().server_to_client.syn_ack == 2);
}

TEST_CASE("once a SYN-ACK was accepted, another one changes nothing") {
    story s;
    auto [client, server] = s.established();
    server.fins();
    server.syn_ack().at(77'777).of(0);
    client.fins().acking(2);
    CHECK(s.connection().close_reason == close_reason::normal);
    CHECK(s.connection().closed_by == direction::server_to_client);
}

TEST_CASE("a simultaneous open is one connection") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn();
    client.syn_ack();
    server.syn_ack();
    CHECK(s.connections().size() == 1);
}

TEST_CASE("without splitting, two endpoints have one connection") {
    story s{{.split_incarnations = false}};
    {
        auto [client, server] = s.established();
        client.fins();
        server.fins().acking(2);
    }
    auto [client, server] = s.hosts(next_incarnation);
    client.syn();
    server.syn_ack();
    client.acks(1);
    CHECK(s.connection().client_to_server.syn == 2);
    CHECK(s.connection().client_to_server.packets == 5);
}

TEST_CASE("other ports and other hosts are other connections") {
    story s;
    s.established();
    s.established({.client_port = 40001});
    s.established({.server_port = 444});
    s.established({.client = 1});
    s.established({.server = 1});
    CHECK(s.connections().size() == 5);
    for (const connection& each : s.connections()) CHECK(each.handshake == handshake_state::completed);
}
