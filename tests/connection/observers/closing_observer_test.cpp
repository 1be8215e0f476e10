// SPDX-License-Identifier: MIT
#include "../../support/segment_script.hpp"

#include <tcplens/connection/observers/closing_observer.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr unsigned fin = segment_script::fin, syn = segment_script::syn, rst = segment_script::rst;
constexpr unsigned ack = segment_script::ack;
constexpr timestamp start = segment_script::start;
constexpr auto to_server = direction::client_to_server;
constexpr auto to_client = direction::server_to_client;

struct hosts : scripted_table<basic_connection_table<evidence_rules, closing_observer>> {
    const connection_closing& closing() { return table[0].closing; }
};

} // namespace

TEST_CASE("closing observer: both ends close: each FIN has the time it was sent and acknowledged") {
    hosts h;
    h.open();
    CHECK(h.closing() == connection_closing{});
    h.server(10ms, fin | ack, 1, 1, 100);
    CHECK(h.closing().server.sent == start + 10ms);
    CHECK(h.closing().begun_by == to_client);
    CHECK_FALSE(h.closing().server.acknowledged);
    h.client(11ms, ack, 1, 101); // the data, not the FIN
    CHECK_FALSE(h.closing().server.acknowledged);
    h.client(12ms, ack, 1, 102);
    CHECK(h.closing().server.acknowledged == start + 12ms);
    h.client(13ms, ack, 1, 102, 50); // half closed
    h.client(20ms, fin | ack, 51, 102);
    h.server(21ms, ack, 102, 52);
    h.server(22ms, ack, 102, 52);
    CHECK(h.closing() == connection_closing{.client = {.sent = start + 20ms, .acknowledged = start + 21ms},
                                            .server = {.sent = start + 10ms, .acknowledged = start + 12ms},
                                            .begun_by = to_client});
    CHECK(h.table[0].close_reason == close_reason::normal);
    h.client(30ms, rst, 52, 0); // changes nothing any more
    CHECK_FALSE(h.closing().reset);
}

TEST_CASE("closing observer: a FIN that is sent again keeps the time of the first") {
    hosts h;
    h.open();
    h.client(10ms, fin | ack, 1, 1);
    h.client(300ms, fin | ack, 1, 1);
    CHECK(h.closing().client.sent == start + 10ms);
    h.server(310ms, fin | ack, 1, 2); // acknowledges it by its own
    CHECK(h.closing().client.acknowledged == start + 310ms);
    CHECK(h.closing().begun_by == to_server);
    CHECK(h.closing().server.sent == start + 310ms);
}

TEST_CASE("closing observer: an end that sends data beyond its FIN has not closed") {
    hosts h;
    h.open();
    h.client(10ms, fin | ack, 1, 1); // forged
    CHECK(h.closing().begun_by == to_server);
    SUBCASE("and nobody else has") {
        h.client(20ms, ack, 1, 1, 100);
        CHECK(h.closing() == connection_closing{});
    }
    SUBCASE("but its peer has") {
        h.server(15ms, fin | ack, 1, 1);
        h.client(20ms, ack, 1, 1, 100);
        CHECK(h.closing().begun_by == to_client);
        CHECK_FALSE(h.closing().client.sent);
        CHECK(h.closing().server.sent == start + 15ms);
    }
    SUBCASE("it sends it later") {
        h.client(20ms, fin | ack, 1, 1, 100);
        CHECK(h.closing().client.sent == start + 20ms);
        CHECK(h.closing().begun_by == to_server);
        h.server(21ms, ack, 1, 2); // of the forged one
        CHECK_FALSE(h.closing().client.acknowledged);
    }
    SUBCASE("unless the peer acknowledged it") {
        h.server(15ms, ack, 1, 2);
        h.client(20ms, ack, 1, 1, 100);
        CHECK(h.closing().client.sent == start + 10ms);
    }
}

TEST_CASE("closing observer: a reset has the direction and the time of the RST that counts") {
    hosts h;
    h.open();
    h.client(10ms, fin | ack, 1, 1);
    h.server(20ms, rst, 1, 0);
    CHECK(h.closing().reset == start + 20ms);
    CHECK(h.closing().reset_by == to_client);
    CHECK(h.closing().begun_by == to_server);
    SUBCASE("the first counts") {
        h.server(30ms, rst, 1, 0);
        h.client(31ms, rst, 2, 0);
        CHECK(h.closing().reset == start + 20ms);
        CHECK(h.closing().reset_by == to_client);
    }
    SUBCASE("it was not accepted: the connection goes on") {
        h.server(30ms, ack, 1, 2, 100);
        CHECK(h.table[0].close_reason != close_reason::reset);
        CHECK_FALSE(h.closing().reset);
        CHECK_FALSE(h.closing().reset_by);
        CHECK(h.closing().client.sent == start + 10ms);
    }
}

TEST_CASE("closing observer: the times change places when client and server do") {
    hosts h;
    h.client(10ms, fin | ack, 1, 1); // by its port the client
    CHECK(h.closing().client.sent == start + 10ms);
    CHECK(h.closing().begun_by == to_server);
    h.server(0ms, syn, 0, 0); // late
    CHECK(h.closing().server.sent == start + 10ms);
    CHECK_FALSE(h.closing().client.sent);
    CHECK(h.closing().begun_by == to_client);
    h.server(11ms, ack, 1, 2);
    CHECK(h.closing().server.acknowledged == start + 11ms);

    closing_observer::facts told;
    told.closing.reset_by = to_client;
    told.swap_roles();
    CHECK(told.closing.reset_by == to_server);
}
