// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;

TEST_CASE("the client is who sent the SYN") {
    story s;
    auto [client, server] = s.hosts();
    client.syn();
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().server == server.endpoint());
    CHECK(s.connection().role_basis == role_basis::syn);
    CHECK_FALSE(s.connection().role_guessed());
}

TEST_CASE("the client is who received the SYN-ACK") {
    story s;
    auto [client, server] = s.hosts();
    server.syn_ack();
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().server == server.endpoint());
    CHECK(s.connection().role_basis == role_basis::syn_ack);
    CHECK_FALSE(s.connection().role_guessed());
    CHECK(s.connection().client_to_server.packets == 0);
    CHECK(s.connection().server_to_client.packets == 1);
}

TEST_CASE("with neither, the client is who was heard first, as a guess") {
    story s;
    auto [client, server] = s.midstream({.server_port = 4433});
    server.sends(1, 100);
    client.acks(101);
    CHECK(s.connection().client == server.endpoint());
    CHECK(s.connection().role_basis == role_basis::first_packet);
    CHECK(s.connection().role_guessed());
    CHECK(s.connection().client_to_server.data_packets == 1);
}

TEST_CASE("without a handshake the port of a server tells the roles, as a guess") {
    const auto roles = [](std::uint16_t client_port, std::uint16_t server_port, bool server_first) {
        story s;
        auto [client, server] = s.midstream({.client_port = client_port, .server_port = server_port});
        if (server_first) server.sends(1, 100);
        else client.acks(1);
        client.acks(101);
        server.sends(101, 10);
        const connection seen = s.connection();
        CHECK(seen.role_guessed());
        CHECK(seen.server_to_client.data_packets == (seen.server == server.endpoint() ? (server_first ? 2 : 1) : 0));
        return std::pair{seen.server == server.endpoint(), seen.role_basis};
    };
    for (const bool server_first : {true, false}) {
        CAPTURE(server_first);
        CHECK(roles(40000, 80, server_first) == std::pair{true, role_basis::port});
        CHECK(roles(40000, 6379, server_first) == std::pair{true, role_basis::port});
        CHECK(roles(443, 22, server_first) == std::pair{true, role_basis::port});  // of two, the lower one
        CHECK(roles(22, 443, server_first) == std::pair{false, role_basis::port}); // the same
        CHECK(roles(80, 9000, server_first) == std::pair{false, role_basis::port});
    }
    // Neither port tells: as above.
    CHECK(roles(40000, 9000, true) == std::pair{false, role_basis::first_packet});
    CHECK(roles(40000, 9000, false) == std::pair{true, role_basis::first_packet});
    CHECK_FALSE(ports_show_roles(443, 443));
}

TEST_CASE("the rules of mcpcap take the side that was heard first for the client") {
    segment first{.source = {address::parse("192.0.2.1").value(), 80},
                  .destination = {address::parse("192.0.2.2").value(), 40000},
                  .payload_length = 10};
    first.flags.bits = 0x10;
    basic_connection_table<repeated_sequence_rules> as_mcpcap;
    as_mcpcap.add(first);
    CHECK(as_mcpcap[0].client == first.source);
    CHECK(as_mcpcap[0].role_basis == role_basis::first_packet);
    connection_table table;
    table.add(first);
    CHECK(table[0].server == first.source);
    CHECK(table[0].role_basis == role_basis::port);
}

TEST_CASE("a handshake is stronger than the port of a server") {
    story s;
    auto [client, server] = s.hosts({.client_port = 80, .server_port = 40000});
    client.syn();
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().role_basis == role_basis::syn);
    story answered;
    auto [asking, answering] = answered.hosts({.client_port = 80, .server_port = 40000});
    answering.syn_ack();
    CHECK(answered.connection().client == asking.endpoint());
    CHECK(answered.connection().role_basis == role_basis::syn_ack);
}

TEST_CASE("a guess is corrected by a SYN-ACK or a SYN, with all that was counted") {
    story s;
    auto [client, server] = s.midstream({.server_port = 4433, .timestamps = true});
    const auto& syn = client.syn().uncaptured();
    const auto& syn_ack = server.syn_ack().uncaptured();
    s.after(10ms);
    server.sends(1, 100);
    s.after(200ms);
    server.sends(1, 100).expect(retransmission);
    client.acks(101);
    CHECK(s.connection().client == server.endpoint());
    CHECK(s.connection().client_to_server.retransmissions == 1);
    SUBCASE("a SYN-ACK") {
        s.captures(syn_ack).expect(out_of_order);
        CHECK(s.connection().role_basis == role_basis::syn_ack);
        CHECK(s.connection().client_to_server.packets == 1);
        CHECK(s.connection().server_to_client.packets == 3);
    }
    SUBCASE("a SYN") {
        s.captures(syn); // no order of data: all that came before it of this side are bare ACKs
        CHECK(s.connection().role_basis == role_basis::syn);
        CHECK(s.connection().client_to_server.packets == 2);
        CHECK(s.connection().server_to_client.packets == 2);
    }
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().client_to_server.ack == 1);
    CHECK(s.connection().client_to_server.data_packets == 0);
    CHECK(s.connection().server_to_client.data_packets == 2);
    CHECK(s.connection().server_to_client.payload_bytes == 200);
    CHECK(s.connection().server_to_client.retransmissions == 1);
}

TEST_CASE("a guess is corrected together with who closed") {
    story s;
    auto [client, server] = s.midstream({.server_port = 4433});
    server.resets();
    CHECK(s.connection().closed_by == direction::client_to_server);
    server.syn_ack().at(0);
    CHECK(s.connection().client == client.endpoint());
    CHECK(s.connection().closed_by == direction::server_to_client);
}

TEST_CASE("roles do not change with the order in which a handshake was captured") {
    std::string order = "123"; // SYN, SYN-ACK and ACK, in each of the six orders
    do {
        story s;
        auto [client, server] = s.hosts();
        client.syn().uncaptured();
        for (const char which : order) {
            if (which == '1') {
                client.syn();
            } else if (which == '2') {
                server.syn_ack();
            } else {
                client.acks(1);
            }
        }
        CAPTURE(order);
        const connection seen = s.connection();
        CHECK(seen.client == client.endpoint());
        CHECK(seen.server == server.endpoint());
        CHECK(seen.role_basis == role_basis::syn);
        CHECK(seen.handshake == handshake_state::completed);
        CHECK(seen.client_to_server.packets == 2);
        CHECK(seen.server_to_client.syn_ack == 1);
    } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("every kind of segment is counted where it went") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    server.acks(101);
    server.sends(1, 1000);
    server.sends(1001, 500);
    client.acks(1501);
    client.sends(101, 50);
    s.after(200ms);
    client.sends(101, 50).expect(retransmission);
    client.fins();
    server.fins().acking(152);
    server.resets();
    const connection seen = s.connection();
    const std::uint64_t headers = 14 + 20 + 20; // Ethernet, IPv4, TCP
    CHECK(seen.client_to_server == direction_statistics{.packets = 7,
                                                        .wire_bytes = 7 * headers + 200,
                                                        .payload_bytes = 200,
                                                        .data_packets = 3,
                                                        .ack = 6,
                                                        .retransmissions = 1,
                                                        .syn = 1,
                                                        .syn_ack = 0,
                                                        .rst = 0,
                                                        .fin = 1});
    CHECK(seen.server_to_client == direction_statistics{.packets = 6,
                                                        .wire_bytes = 6 * headers + 1500,
                                                        .payload_bytes = 1500,
                                                        .data_packets = 2,
                                                        .ack = 5,
                                                        .retransmissions = 0,
                                                        .syn = 1,
                                                        .syn_ack = 1,
                                                        .rst = 1,
                                                        .fin = 1});
}
