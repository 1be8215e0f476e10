// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

namespace {

void check_close(const connection& of, close_reason reason, std::optional<direction> by) {
    CHECK(to_string(of.close_reason) == to_string(reason));
    CHECK(of.closed == (reason == close_reason::normal || reason == close_reason::reset));
    CHECK(of.closed_by == by);
}

} // namespace

TEST_CASE("both FINs close a connection, and the first is who closed it") {
    story s;
    auto [client, server] = s.established();
    SUBCASE("the client's first") {
        client.fins();
        check_close(s.connection(), close_reason::active, {});
        server.acks(2);
        server.fins();
        check_close(s.connection(), close_reason::normal, direction::client_to_server);
        client.acks(2);
        check_close(s.connection(), close_reason::normal, direction::client_to_server);
    }
    SUBCASE("the server's first") {
        server.fins();
        client.fins().acking(2);
        server.acks(2);
        check_close(s.connection(), close_reason::normal, direction::server_to_client);
    }
    SUBCASE("that cross each other") {
        client.fins();
        server.fins();
        client.acks(2);
        server.acks(2);
        check_close(s.connection(), close_reason::normal, direction::client_to_server);
    }
    SUBCASE("with data") {
        client.sends(1, 100).with_fin();
        server.sends(1, 100).with_fin().acking(102);
        client.acks(102);
        check_close(s.connection(), close_reason::normal, direction::client_to_server);
    }
    CHECK(s.connection().client_to_server.fin == 1);
    CHECK(s.connection().server_to_client.fin == 1);
}

TEST_CASE("a FIN that is sent again is no second FIN") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    for (int i = 0; i < 2; ++i) {
        s.after(200ms);
        client.fins().expect(retransmission);
    }
    check_close(s.connection(), close_reason::active, {});
    CHECK(s.connection().client_to_server.fin == 3);
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("a FIN beyond a hole counts once it is acknowledged") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.fins().expect(lost_segment);
    server.fins();
    check_close(s.connection(), close_reason::active, {});
    s.after(200ms);
    client.fins().expect(retransmission | tail_loss_probe); // it is the last, and not the first that is missing
    check_close(s.connection(), close_reason::active, {});  // the hole is there still
    server.acks(101);
    check_close(s.connection(), close_reason::active, {});
    server.acks(202);
    check_close(s.connection(), close_reason::normal, direction::client_to_server);
}

TEST_CASE("a FIN behind data that was sent after it is none") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.fins().at(51).expect(retransmission);
    server.fins();
    check_close(s.connection(), close_reason::active, {});
}

TEST_CASE("a RST after both FINs changes nothing") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    server.fins().acking(2);
    client.resets();
    server.resets();
    check_close(s.connection(), close_reason::normal, direction::client_to_server);
    CHECK(s.connection().client_to_server.rst == 1);
    CHECK(s.connection().server_to_client.rst == 1);
}

TEST_CASE("a RST closes a connection, and its sender is who closed it") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    SUBCASE("the client's") {
        client.resets();
        check_close(s.connection(), close_reason::reset, direction::client_to_server);
    }
    SUBCASE("the server's") {
        server.resets();
        check_close(s.connection(), close_reason::reset, direction::server_to_client);
    }
    SUBCASE("of both, the first") {
        server.resets();
        client.resets();
        check_close(s.connection(), close_reason::reset, direction::server_to_client);
    }
    SUBCASE("after the FIN of one side") {
        client.fins();
        server.sends(1, 100).acking(102);
        client.resets();
        check_close(s.connection(), close_reason::reset, direction::client_to_server);
    }
    SUBCASE("that answers what came after the FIN") {
        server.fins();
        client.sends(101, 100);
        server.resets();
        check_close(s.connection(), close_reason::reset, direction::server_to_client);
    }
    CHECK(s.connection().handshake == handshake_state::completed);
}

TEST_CASE("who goes on sending did not reset the connection") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.resets();
    check_close(s.connection(), close_reason::reset, direction::server_to_client);
    client.sends(101, 100); // it does not know yet
    check_close(s.connection(), close_reason::reset, direction::server_to_client);
    SUBCASE("but sends data") {
        server.sends(1, 100).acking(101);
        check_close(s.connection(), close_reason::active, {});
        client.fins();
        server.fins().acking(202);
        check_close(s.connection(), close_reason::normal, direction::client_to_server);
    }
    SUBCASE("but closes") {
        server.fins();
        check_close(s.connection(), close_reason::active, {});
    }
}

TEST_CASE("what was sent before the RST and captured behind it retracts nothing") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.sends(1, 100).uncaptured();
    server.resets();
    server.sends(1, 100);
    server.acks(101); // nor does a bare ACK
    check_close(s.connection(), close_reason::reset, direction::server_to_client);
}

TEST_CASE("a connection picked up midstream is closed like any other") {
    story s;
    auto [client, server] = s.midstream();
    client.sends(1, 100);
    SUBCASE("by both FINs") {
        server.fins().acking(101);
        client.fins().acking(2);
        check_close(s.connection(), close_reason::normal, direction::server_to_client);
    }
    SUBCASE("by a RST") {
        server.resets();
        check_close(s.connection(), close_reason::reset, direction::server_to_client);
    }
    CHECK(s.connection().handshake == handshake_state::incomplete);
}

TEST_CASE("a RST is all that was captured") {
    story s;
    auto [client, server] = s.midstream();
    server.resets();
    check_close(s.connection(), close_reason::reset,
                direction::server_to_client); // by its port, as a guess
    CHECK(s.connection().role_guessed());
    CHECK(s.connection().handshake == handshake_state::incomplete);
}

TEST_CASE("an open connection says when it began and when it was heard of last") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    s.after(20ms);
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    const connection seen = s.connection();
    check_close(seen, close_reason::active, {});
    CHECK(seen.first_packet == 1);
    CHECK(seen.last_packet == 5);
    CHECK(seen.last_time - seen.first_time == 40ms);
}

TEST_CASE("first and last are those of the capture, where its clock runs back too") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    s.after(-1h);
    client.sends(1, 100);
    CHECK(s.connection().last_time - s.connection().first_time == 10ms - 1h);
}

TEST_CASE("a FIN captured behind the bare ACK that followed it closes all the same") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101);
    client.fins();
    server.acks(102);
    const auto& fin = server.fins().uncaptured();
    s.after(1ms);
    server.acks(102).expect(lost_segment);
    s.captures(fin);
    client.acks(2);
    check_close(s.connection(), close_reason::normal, direction::client_to_server);
}

TEST_CASE("who takes what was sent after its RST did not send that RST") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.resets();
    SUBCASE("it ends the connection") {
        server.acks(101); // was on its way
        check_close(s.connection(), close_reason::reset, direction::server_to_client);
    }
    SUBCASE("but for an acknowledgment of more than had been sent") {
        client.sends(101, 100);
        server.acks(201);
        check_close(s.connection(), close_reason::active, {});
    }
}

TEST_CASE("a connection that closed normally had its handshake, captured or not") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.syn_ack().uncaptured();
    client.acks(1);
    CHECK(s.connection().handshake == handshake_state::failed);
    client.fins();
    server.fins().acking(2);
    client.acks(2);
    CHECK(s.connection().handshake == handshake_state::completed);
    check_close(s.connection(), close_reason::normal, direction::client_to_server);
}

TEST_CASE("a RST with a number that is not its sender's ends nothing that goes on") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    client.resets().at(1'000'000'000);
    SUBCASE("as far as was heard it ended the connection") {
        check_close(s.connection(), close_reason::reset, direction::client_to_server);
    }
    SUBCASE("but its sender sends on") {
        client.sends(101, 100);
        server.acks(201);
        check_close(s.connection(), close_reason::active, {});
    }
}

TEST_CASE("who answers a SYN did not reset it before") { // RFC 9293 3.10.7.3: a RST without ACK is no answer to a SYN
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    server.resets().at(1'000'000'000).without_ack();
    server.syn_ack().at(0);
    client.acks(1);
    check_close(s.connection(), close_reason::active, {});
}
