// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <cstddef>
#include <list>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

static_assert(connection_range<connection_table>);
static_assert(connection_range<const basic_connection_table<repeated_sequence_rules>&>);
static_assert(connection_range<std::vector<connection>>);
static_assert(connection_range<std::list<connection>&>);
static_assert(!connection_range<std::vector<int>>);
static_assert(!connection_range<connection>);

namespace {

void check(const connections_summary& got, const connections_summary& expected) {
    CHECK(got.total_connections == expected.total_connections);
    CHECK(got.successful_handshakes == expected.successful_handshakes);
    CHECK(got.failed_handshakes == expected.failed_handshakes);
    CHECK(got.incomplete_handshakes == expected.incomplete_handshakes);
    CHECK(got.established_connections == expected.established_connections);
    CHECK(got.reset_connections == expected.reset_connections);
    CHECK(got.normal_close == expected.normal_close);
    CHECK(got.active_connections == expected.active_connections);
}

void check(const connection_summary_row& got, const connection_summary_row& expected) {
    CHECK(got.client == expected.client);
    CHECK(got.server == expected.server);
    CHECK(to_string(got.state) == to_string(expected.state));
    CHECK(got.handshake_completed == expected.handshake_completed);
    CHECK(got.syn_count == expected.syn_count);
    CHECK(got.syn_ack_count == expected.syn_ack_count);
    CHECK(got.ack_count == expected.ack_count);
    CHECK(got.rst_count == expected.rst_count);
    CHECK(got.fin_count == expected.fin_count);
    CHECK(got.data_packets == expected.data_packets);
    CHECK(got.retransmissions == expected.retransmissions);
    CHECK(to_string(got.close_reason) == to_string(expected.close_reason));
    CHECK(got.packet_count == expected.packet_count);
}

constexpr connections_summary of_the_seven{.total_connections = 7,
                                           .successful_handshakes = 3,
                                           .failed_handshakes = 3,
                                           .incomplete_handshakes = 1,
                                           .established_connections = 3,
                                           .reset_connections = 3,
                                           .normal_close = 1,
                                           .active_connections = 3};

} // namespace

TEST_CASE("which connections there were, and how they began and ended") {
    story s;
    tell_seven_connections(s);
    const connections_report report = analyze_connections(s.connections());
    check(report.summary, of_the_seven);

    REQUIRE(report.connections.size() == 7);
    const auto client = [](std::uint16_t port) { return endpoint{client_address, port}; };
    const endpoint server{server_address, 443};
    check(report.connections[0], {.client = client(40000),
                                  .server = server,
                                  .state = connection_status::closed,
                                  .handshake_completed = true,
                                  .syn_count = 2,
                                  .syn_ack_count = 1,
                                  .ack_count = 8,
                                  .rst_count = 0,
                                  .fin_count = 2,
                                  .data_packets = 2,
                                  .retransmissions = 1,
                                  .close_reason = close_reason::normal,
                                  .packet_count = 9});
    check(report.connections[1], {.client = client(40001),
                                  .server = server,
                                  .state = connection_status::closed,
                                  .handshake_completed = true,
                                  .syn_count = 2,
                                  .syn_ack_count = 1,
                                  .ack_count = 2,
                                  .rst_count = 1,
                                  .close_reason = close_reason::reset,
                                  .packet_count = 4});
    check(report.connections[2], {.client = client(40002),
                                  .server = server,
                                  .state = connection_status::closed,
                                  .syn_count = 1,
                                  .ack_count = 1,
                                  .rst_count = 1,
                                  .close_reason = close_reason::reset,
                                  .packet_count = 2});
    check(report.connections[3], {.client = client(40003),
                                  .server = server,
                                  .state = connection_status::active,
                                  .syn_count = 1,
                                  .close_reason = close_reason::unknown,
                                  .packet_count = 1});
    check(report.connections[4], {.client = client(40004),
                                  .server = server,
                                  .state = connection_status::active,
                                  .ack_count = 1,
                                  .data_packets = 1,
                                  .close_reason = close_reason::unknown,
                                  .packet_count = 1});
    check(report.connections[5], {.client = client(40005),
                                  .server = server,
                                  .state = connection_status::closed,
                                  .syn_count = 2,
                                  .syn_ack_count = 1,
                                  .ack_count = 1,
                                  .rst_count = 1,
                                  .close_reason = close_reason::reset,
                                  .packet_count = 3});
    check(report.connections[6], {.client = client(40006),
                                  .server = server,
                                  .state = connection_status::active,
                                  .handshake_completed = true,
                                  .syn_count = 2,
                                  .syn_ack_count = 1,
                                  .ack_count = 2,
                                  .close_reason = close_reason::active,
                                  .packet_count = 3});

    CHECK(report.issues == std::vector<std::string>{"3 connections terminated by RST", "1 retransmissions detected",
                                                    "3 failed handshakes"});
}

TEST_CASE("a table is analyzed as its connections are") {
    story s;
    tell_seven_connections(s);
    connection_table table;
    capture_reader reader{std::span<const std::byte>{s.capture()}};
    for (const packet& each : reader) table.add(each);
    check(analyze_connections(table).summary, of_the_seven);
    CHECK(analyze_connections(std::as_const(table)).connections.size() == 7);
}

TEST_CASE("a part of the connections is analyzed like all of them") {
    story s;
    tell_seven_connections(s);
    const auto is_reset = [](const connection& each) { return each.close_reason == close_reason::reset; };
    const connections_report report = analyze_connections(chosen{s.connections(), is_reset});
    check(report.summary, {.total_connections = 3,
                           .successful_handshakes = 1,
                           .failed_handshakes = 2,
                           .established_connections = 1,
                           .reset_connections = 3});
    REQUIRE(report.connections.size() == 3);
    CHECK(report.connections[0].client.port == 40001);
    CHECK(report.connections[2].client.port == 40005);
}

TEST_CASE("of no connections there is nothing to tell") {
    const connections_report report = analyze_connections(std::vector<connection>{});
    check(report.summary, {});
    CHECK(report.connections.empty());
    CHECK(report.issues.empty());
}

TEST_CASE("where nothing went wrong there are no issues") {
    CHECK(analyze_connections(std::vector{hand_made(0)}).issues.empty());
}

TEST_CASE("ten connections are described, all of them in detail; all are counted") {
    std::vector<connection> twelve;
    for (std::uint64_t number = 0; number < 12; ++number) twelve.push_back(hand_made(number));
    const connections_report brief = analyze_connections(twelve);
    CHECK(brief.summary.total_connections == 12);
    REQUIRE(brief.connections.size() == 10);
    CHECK(brief.connections[0].client.port == 40000);
    CHECK(brief.connections[9].client.port == 40009);
    const connections_report detailed = analyze_connections(twelve, {.detailed = true});
    CHECK(detailed.summary.total_connections == 12);
    REQUIRE(detailed.connections.size() == 12);
    CHECK(detailed.connections[11].client.port == 40011);
}

TEST_CASE("a connection that another took the place of is closed, for reasons unknown") {
    connection overtaken = hand_made(0);
    overtaken.closed = true;
    overtaken.close_reason = close_reason::unknown;
    const connections_report report = analyze_connections(std::vector{overtaken});
    check(report.summary, {.total_connections = 1, .successful_handshakes = 1, .established_connections = 1});
    CHECK(report.connections[0].state == connection_status::closed);
    CHECK(report.connections[0].close_reason == close_reason::unknown);
}

TEST_CASE("only the connections to a server, to a port, or to both") {
    story s;
    s.established({.client_port = 1000, .server_port = 443});
    s.established({.client_port = 1001, .server_port = 80});
    s.established({.server = 1, .client_port = 1002, .server_port = 443});
    const address other = packet_builder::address_of("198.51.100.2");
    const auto selected = [&](const connections_options& options) {
        std::vector<int> ports;
        const connections_report report = analyze_connections(s.connections(), options);
        for (const connection_summary_row& each : report.connections) ports.push_back(each.client.port);
        CHECK(report.summary.total_connections == ports.size());
        return ports;
    };
    CHECK(selected({}) == std::vector{1000, 1001, 1002});
    CHECK(selected({.server_address = server_address}) == std::vector{1000, 1001});
    CHECK(selected({.server_address = other}) == std::vector{1002});
    CHECK(selected({.server_port = std::uint16_t{443}}) == std::vector{1000, 1002});
    CHECK(selected({.server_address = server_address, .server_port = std::uint16_t{443}}) == std::vector{1000});
    CHECK(selected({.server_address = other, .server_port = std::uint16_t{80}}).empty());
    CHECK(selected({.server_address = client_address}).empty()); // it is the client of them all
    CHECK(selected({.server_port = std::uint16_t{1000}}).empty());
}

TEST_CASE("where roles are a guess, the server that was asked for corrects it") {
    story s;
    auto [client, server] = s.midstream();
    server.sends(1, 100);
    client.acks(101);
    REQUIRE(s.connection().server == client.endpoint()); // it was not heard first
    for (const connections_options& options : {connections_options{.server_address = server_address},
                                               connections_options{.server_port = std::uint16_t{443}}}) {
        const connections_report report = analyze_connections(s.connections(), options);
        REQUIRE(report.connections.size() == 1);
        CHECK(report.connections[0].client == client.endpoint());
        CHECK(report.connections[0].server == server.endpoint());
    }
    const connections_report as_guessed = analyze_connections(s.connections(), {.server_address = client_address});
    CHECK(as_guessed.connections.at(0).server == client.endpoint());
    CHECK(analyze_connections(s.connections(), {.server_port = std::uint16_t{80}}).connections.empty());
}
