// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/zeek/zeek_observer.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;
using enum tcplens::verdict_kinds;

TEST_CASE("Zeek observer: a request and its answer have the row that Zeek logs") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    s.after(10ms);
    server.acks(101);
    server.sends(1, 1000);
    server.sends(1001, 1000);
    s.after(5ms);
    client.acks(2001);
    s.after(1s);
    client.fins();
    server.fins().acking(102);
    client.acks(2002);
    const zeek_record zeek = s.detailed().zeek;
    CHECK(zeek.conn_state == zeek_conn_state::sf);
    CHECK(zeek.history.view() == "ShADadFf");
    CHECK(zeek.originator == direction::client_to_server);
    CHECK(zeek.orig.bytes == 100);
    CHECK(zeek.resp.bytes == 2000);
    CHECK(zeek.orig.packets == 6);
    CHECK(zeek.resp.packets == 5);
    CHECK(zeek.missed_bytes == 0);
    CHECK(zeek.duration == 1025ms);
}

TEST_CASE("Zeek observer: a loss that was repaired before the capture is no gap, a loss in the capture is") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    client.sends(1, 100);
    client.sends(101, 100).uncaptured();
    client.sends(201, 100).expect(lost_segment);
    server.acks(301);
    const zeek_record zeek = s.detailed().zeek;
    CHECK(zeek.history.view() == "ShADaG");
    CHECK(zeek.missed_bytes == 100);
    CHECK(zeek.orig.bytes == 300);
}

TEST_CASE("Zeek observer: the connections are those of the table, whatever Zeek's timers say") {
    story s;
    auto [client, server] = s.established({.rtt = 10ms});
    s.after(1h);
    client.sends(1, 100);
    CHECK(s.detailed().zeek.history.view() == "ShAD");
    CHECK(s.detailed().zeek.duration > 1h);
}

TEST_CASE("Zeek observer: the originator need not be the client, and stays with its end when the roles change") {
    detailed_connection_table table;
    segment first{.source = {address::parse("192.0.2.1").value(), 443},
                  .destination = {address::parse("192.0.2.2").value(), 40000},
                  .payload_length = 10,
                  .captured_payload = 10,
                  .ip_length = 50,
                  .window = 1};
    first.flags.bits = 0x10;
    first.sequence.value = 1001;
    first.acknowledgment.value = 501;

    SUBCASE("its port is a server's") {
        const auto& told = table[table.add(first).connection->number];
        CHECK(told.server == first.source);
        CHECK(told.role_basis == role_basis::port);
        CHECK(told.zeek.originator == direction::client_to_server);
        CHECK(told.zeek.history.view() == "^d");
    }
    SUBCASE("then its SYN-ACK comes, late") {
        first.source.port = 4444;
        const auto& told = table[table.add(first).connection->number];
        CHECK(told.client == first.source);
        CHECK(told.zeek.originator == direction::client_to_server);
        segment late = first;
        late.flags.bits = 0x12;
        late.sequence.value = 1000;
        late.payload_length = late.captured_payload = 0;
        table.add(late);
        CHECK(table.size() == 1);
        CHECK(told.server == first.source);
        CHECK(told.zeek.originator == direction::server_to_client);
        CHECK(told.zeek.history.view() == "DH");
        CHECK(told.zeek.orig.packets == 2);
    }
}

TEST_CASE("Zeek observer: when client and server are exchanged, Zeek's originator stays the same side") {
    zeek_record record;
    CHECK(record.originator == direction::client_to_server);
    record.swap_roles();
    CHECK(record.originator == direction::server_to_client);
    record.swap_roles();
    CHECK(record == zeek_record{});
}
