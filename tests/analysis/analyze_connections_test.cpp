// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include <cstddef>
#include <cstdint>
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

void check(const connections_report::totals& got, const connections_report::totals& expected) {
    CHECK(got.total_connections == expected.total_connections);
    CHECK(got.successful_handshakes == expected.successful_handshakes);
    CHECK(got.failed_handshakes == expected.failed_handshakes);
    CHECK(got.incomplete_handshakes == expected.incomplete_handshakes);
    CHECK(got.established_connections == expected.established_connections);
    CHECK(got.reset_connections == expected.reset_connections);
    CHECK(got.normal_close == expected.normal_close);
    CHECK(got.active_connections == expected.active_connections);
    CHECK(got.guessed_roles == expected.guessed_roles);
    CHECK(got.retransmissions == expected.retransmissions);
}

void check(const connections_report::row& got, const connections_report::row& expected) {
    CHECK(got.client == expected.client);
    CHECK(got.server == expected.server);
    CHECK(got.role_guessed() == (got.client.port == 40004)); // picked up midstream
    CHECK(to_string(got.status) == to_string(expected.status));
    CHECK(got.handshake_completed == expected.handshake_completed);
    CHECK(got.flags.syn == expected.flags.syn);
    CHECK(got.flags.syn_ack == expected.flags.syn_ack);
    CHECK(got.flags.ack == expected.flags.ack);
    CHECK(got.flags.rst == expected.flags.rst);
    CHECK(got.flags.fin == expected.flags.fin);
    CHECK(got.data_packets == expected.data_packets);
    CHECK(got.retransmissions == expected.retransmissions);
    CHECK(to_string(got.close_reason) == to_string(expected.close_reason));
    CHECK(got.packets == expected.packets);
}

constexpr connections_report::totals of_the_seven{.total_connections = 7,
                                                  .successful_handshakes = 3,
                                                  .failed_handshakes = 3,
                                                  .incomplete_handshakes = 1,
                                                  .established_connections = 3,
                                                  .reset_connections = 3,
                                                  .normal_close = 1,
                                                  .active_connections = 3,
                                                  .guessed_roles = 1,
                                                  .retransmissions = 1};

} // namespace

TEST_CASE("connections: all are counted, and described in the order in which they began") {
    story s;
    tell_seven_connections(s);
    const connections_report report = analyze_connections(s.connections());
    check(report.summary, of_the_seven);

    REQUIRE(report.connections.size() == 7);
    const auto client = [](std::uint16_t port) { return endpoint{client_address, port}; };
    const endpoint server{server_address, 443};
    check(report.connections[0], {.client = client(40000),
                                  .server = server,
                                  .status = connections_report::connection_status::closed,
                                  .handshake_completed = true,
                                  .flags = {.syn = 2, .syn_ack = 1, .ack = 8, .rst = 0, .fin = 2},
                                  .data_packets = 2,
                                  .retransmissions = 1,
                                  .close_reason = close_reason::normal,
                                  .packets = 9});
    check(report.connections[1], {.client = client(40001),
                                  .server = server,
                                  .status = connections_report::connection_status::closed,
                                  .handshake_completed = true,
                                  .flags = {.syn = 2, .syn_ack = 1, .ack = 2, .rst = 1},
                                  .close_reason = close_reason::reset,
                                  .packets = 4});
    check(report.connections[2], {.client = client(40002),
                                  .server = server,
                                  .status = connections_report::connection_status::closed,
                                  .flags = {.syn = 1, .ack = 1, .rst = 1},
                                  .close_reason = close_reason::reset,
                                  .packets = 2});
    check(report.connections[3], {.client = client(40003),
                                  .server = server,
                                  .status = connections_report::connection_status::active,
                                  .flags = {.syn = 1},
                                  .close_reason = close_reason::unknown,
                                  .packets = 1});
    check(report.connections[4], {.client = client(40004),
                                  .server = server,
                                  .status = connections_report::connection_status::active,
                                  .flags = {.ack = 1},
                                  .data_packets = 1,
                                  .close_reason = close_reason::unknown,
                                  .packets = 1});
    check(report.connections[5], {.client = client(40005),
                                  .server = server,
                                  .status = connections_report::connection_status::closed,
                                  .flags = {.syn = 2, .syn_ack = 1, .ack = 1, .rst = 1},
                                  .close_reason = close_reason::reset,
                                  .packets = 3});
    check(report.connections[6], {.client = client(40006),
                                  .server = server,
                                  .status = connections_report::connection_status::active,
                                  .handshake_completed = true,
                                  .flags = {.syn = 2, .syn_ack = 1, .ack = 2},
                                  .close_reason = close_reason::active,
                                  .packets = 3});

    CHECK(report.issues == std::vector<std::string>{"3 connections terminated by RST", "1 retransmissions detected",
                                                    "3 failed handshakes"});
}

TEST_CASE("connections: a table gives the same answer as the connections in it") {
    story s;
    tell_seven_connections(s);
    connection_table table;
    capture_reader reader{std::span<const std::byte>{s.capture()}};
    for (const packet& each : reader) table.add(each);
    check(analyze_connections(table).summary, of_the_seven);
    CHECK(analyze_connections(std::as_const(table)).connections.size() == 7);
}

TEST_CASE("connections: a part of the connections") {
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

TEST_CASE("connections: an empty range gives an empty report") {
    const connections_report report = analyze_connections(std::vector<connection>{});
    check(report.summary, {});
    CHECK(report.connections.empty());
    CHECK(report.issues.empty());
}

TEST_CASE("connections: a completed handshake alone is no issue") {
    CHECK(analyze_connections(std::vector{hand_made(0)}).issues.empty());
}

TEST_CASE("connections: ten are listed, or as many as the limit; all are counted") {
    std::vector<connection> twelve;
    for (std::uint64_t number = 0; number < 12; ++number) twelve.push_back(hand_made(number));
    const connections_report brief = analyze_connections(twelve);
    CHECK(brief.summary.total_connections == 12);
    REQUIRE(brief.connections.size() == 10);
    CHECK(brief.connections[0].client.port == 40000);
    CHECK(brief.connections[9].client.port == 40009);
    CHECK(brief.connections.total == 12);
    CHECK(brief.connections.left_out() == 2);
    const connections_report all = analyze_connections(twelve, {.limit = SIZE_MAX});
    CHECK(all.summary.total_connections == 12);
    REQUIRE(all.connections.size() == 12);
    CHECK(all.connections[11].client.port == 40011);
    CHECK(all.connections.left_out() == 0);
    const connections_report none = analyze_connections(twelve, {.limit = 0});
    CHECK(none.connections.empty());
    CHECK(none.connections.left_out() == 12);
}

TEST_CASE("connections: an overtaken connection is closed, for an unknown reason") {
    connection overtaken = hand_made(0);
    overtaken.closed = true;
    overtaken.close_reason = close_reason::unknown;
    const connections_report report = analyze_connections(std::vector{overtaken});
    check(report.summary, {.total_connections = 1, .successful_handshakes = 1, .established_connections = 1});
    CHECK(report.connections[0].status == connections_report::connection_status::closed);
    CHECK(report.connections[0].close_reason == close_reason::unknown);
}

TEST_CASE("connections: the filter selects by the server's address, its port, or both") {
    story s;
    s.established({.client_port = 1000, .server_port = 443});
    s.established({.client_port = 1001, .server_port = 80});
    s.established({.server = 1, .client_port = 1002, .server_port = 443});
    const address other = packet_builder::address_of("198.51.100.2");
    const auto selected = [&](const connections_report::options& options) {
        std::vector<int> ports;
        const connections_report report = analyze_connections(s.connections(), options);
        for (const connections_report::row& each : report.connections) ports.push_back(each.client.port);
        CHECK(report.summary.total_connections == ports.size());
        return ports;
    };
    CHECK(selected({}) == std::vector{1000, 1001, 1002});
    CHECK(selected({.server = {.address = server_address}}) == std::vector{1000, 1001});
    CHECK(selected({.server = {.address = other}}) == std::vector{1002});
    CHECK(selected({.server = {.port = std::uint16_t{443}}}) == std::vector{1000, 1002});
    CHECK(selected({.server = {.address = server_address, .port = std::uint16_t{443}}}) == std::vector{1000});
    CHECK(selected({.server = {.address = other, .port = std::uint16_t{80}}}).empty());
    CHECK(selected({.server = {.address = client_address}}).empty()); // it is the client of them all
    CHECK(selected({.server = {.port = std::uint16_t{1000}}}).empty());
}

TEST_CASE("connections: the filter corrects roles that are a guess") {
    story s;
    auto [client, server] = s.midstream({.server_port = 4433});
    server.sends(1, 100);
    client.acks(101);
    REQUIRE(s.connection().server == client.endpoint()); // it was not heard first
    for (const connections_report::options& options :
         {connections_report::options{.server = {.address = server_address}},
          connections_report::options{.server = {.port = std::uint16_t{4433}}}}) {
        const connections_report report = analyze_connections(s.connections(), options);
        REQUIRE(report.connections.size() == 1);
        CHECK(report.connections[0].client == client.endpoint());
        CHECK(report.connections[0].server == server.endpoint());
    }
    const connections_report as_guessed = analyze_connections(s.connections(), {.server = {.address = client_address}});
    CHECK(as_guessed.connections.items.at(0).server == client.endpoint());
    CHECK(analyze_connections(s.connections(), {.server = {.port = std::uint16_t{80}}}).connections.empty());
}
