// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

void check(const traffic_flow_report::direction_totals& got, const traffic_flow_report::direction_totals& expected) {
    CHECK(got.packets == expected.packets);
    CHECK(got.wire_bytes == expected.wire_bytes);
    CHECK(got.flags.syn == expected.flags.syn);
    CHECK(got.flags.rst == expected.flags.rst);
    CHECK(got.flags.fin == expected.flags.fin);
    CHECK(got.data_packets == expected.data_packets);
    CHECK(got.retransmissions == expected.retransmissions);
}

traffic_flow_report::comparison of_packets(std::uint64_t up, std::uint64_t down) {
    return analyze_traffic_flow(std::vector{hand_made(0, {.packets = up}, {.packets = down})},
                                {.server = {.address = server_address}})
        .analysis;
}
traffic_flow_report::rst_source of_resets(std::uint64_t up, std::uint64_t down) {
    return analyze_traffic_flow(std::vector{hand_made(0, {.rst = up}, {.rst = down})},
                                {.server = {.address = server_address}})
        .analysis.primary_rst_source;
}

} // namespace

TEST_CASE("traffic flow: both directions of all connections of a server") {
    story s;
    tell_seven_connections(s);
    const traffic_flow_report report = analyze_traffic_flow(s.connections(), {.server = {.address = server_address}});
    CHECK(report.server.address == server_address);
    CHECK_FALSE(report.server.port);
    constexpr std::uint64_t headers = 14 + 20 + 20; // Ethernet, IPv4, TCP
    check(report.client_to_server, {.packets = 15,
                                    .wire_bytes = 15 * headers + 100 + 100 + 10,
                                    .flags = {.syn = 6, .rst = 1, .fin = 1},
                                    .data_packets = 3,
                                    .retransmissions = 1});
    check(report.server_to_client, {.packets = 8,
                                    .wire_bytes = 8 * headers,
                                    .flags = {.syn = 4, .rst = 2, .fin = 1},
                                    .data_packets = 0,
                                    .retransmissions = 0});
    CHECK(report.analysis.asymmetry_ratio == 15.0 / 8);
    CHECK(report.analysis.primary_rst_source == traffic_flow_report::rst_source::server);
    CHECK(report.analysis.data_flow_direction == traffic_flow_report::flow_balance::client_heavy);
    CHECK(report.analysis.interpretation ==
          "Clients sent 15 packets (1020 bytes, 1 RST), the server sent 8 packets (432 bytes, 2 RST).");
}

TEST_CASE("traffic flow: with a port only connections to that port of the server count") {
    story s;
    {
        auto [client, server] = s.established({.server_port = 80});
        server.sends(1, 1000);
        s.after(200ms);
        server.sends(1, 1000).expect(verdict_kinds::retransmission);
        server.sends(1001, 500);
    }
    s.established({.server_port = 443});
    s.established({.server = 1, .server_port = 80});
    const traffic_flow_report report =
        analyze_traffic_flow(s.connections(), {.server = {.address = server_address, .port = std::uint16_t{80}}});
    CHECK(report.server.port == std::uint16_t{80});
    check(report.client_to_server, {.packets = 2, .wire_bytes = 108, .flags = {.syn = 1}});
    check(report.server_to_client,
          {.packets = 4, .wire_bytes = 4 * 54 + 2500, .flags = {.syn = 1}, .data_packets = 3, .retransmissions = 1});
    CHECK(report.analysis.asymmetry_ratio == 0.5);
    CHECK(report.analysis.data_flow_direction == traffic_flow_report::flow_balance::server_heavy);
}

TEST_CASE("traffic flow: all counts are 0 for a server without connections") {
    story s;
    tell_seven_connections(s);
    const traffic_flow_report report =
        analyze_traffic_flow(s.connections(), {.server = {.address = client_address, .port = std::uint16_t{9}}});
    check(report.client_to_server, {});
    check(report.server_to_client, {});
    CHECK(report.analysis.asymmetry_ratio == 0);
    CHECK(report.analysis.primary_rst_source == traffic_flow_report::rst_source::balanced);
    CHECK(report.analysis.data_flow_direction == traffic_flow_report::flow_balance::balanced);
    CHECK(report.analysis.interpretation ==
          "Clients sent 0 packets (0 bytes, 0 RST), the server sent 0 packets (0 bytes, 0 RST).");
}

TEST_CASE("traffic flow: the filter corrects roles that are a guess") {
    story s;
    auto [client, server] = s.midstream();
    server.sends(1, 100);
    server.sends(101, 100);
    client.acks(201);
    const traffic_flow_report report = analyze_traffic_flow(s.connections(), {.server = {.address = server_address}});
    CHECK(report.client_to_server.packets == 1);
    CHECK(report.server_to_client.packets == 2);
    CHECK(report.server_to_client.data_packets == 2);
}

TEST_CASE("traffic flow: a side is heavy above a ratio of 1.2 and below 0.8") {
    CHECK(of_packets(12, 10).data_flow_direction == traffic_flow_report::flow_balance::balanced);
    CHECK(of_packets(121, 100).data_flow_direction == traffic_flow_report::flow_balance::client_heavy);
    CHECK(of_packets(8, 10).data_flow_direction == traffic_flow_report::flow_balance::balanced);
    CHECK(of_packets(79, 100).data_flow_direction == traffic_flow_report::flow_balance::server_heavy);
    CHECK(of_packets(10, 10).data_flow_direction == traffic_flow_report::flow_balance::balanced);
    CHECK(of_packets(12, 10).asymmetry_ratio == 1.2);
}

TEST_CASE("traffic flow: if a side sent nothing the ratio is 0, and the balance still says who sent more") {
    CHECK(of_packets(5, 0).asymmetry_ratio == 0);
    CHECK(of_packets(5, 0).data_flow_direction == traffic_flow_report::flow_balance::client_heavy);
    CHECK(of_packets(0, 5).asymmetry_ratio == 0);
    CHECK(of_packets(0, 5).data_flow_direction == traffic_flow_report::flow_balance::server_heavy);
}

TEST_CASE("traffic flow: the primary RST source is the side that sent more of them") {
    CHECK(of_resets(2, 1) == traffic_flow_report::rst_source::client);
    CHECK(of_resets(1, 2) == traffic_flow_report::rst_source::server);
    CHECK(of_resets(2, 2) == traffic_flow_report::rst_source::balanced);
    CHECK(of_resets(0, 0) == traffic_flow_report::rst_source::balanced);
}

TEST_CASE("traffic flow: the enumerators have names") {
    CHECK(to_string(traffic_flow_report::rst_source::client) == "client");
    CHECK(to_string(traffic_flow_report::rst_source::server) == "server");
    CHECK(to_string(traffic_flow_report::rst_source::balanced) == "balanced");
    CHECK(to_string(traffic_flow_report::flow_balance::client_heavy) == "client_heavy");
    CHECK(to_string(traffic_flow_report::flow_balance::server_heavy) == "server_heavy");
    CHECK(to_string(traffic_flow_report::flow_balance::balanced) == "balanced");
}

TEST_CASE("traffic flow: a part of the connections") {
    story s;
    tell_seven_connections(s);
    const auto scanned = [](const connection& each) { return each.handshake == handshake_state::failed; };
    const traffic_flow_report report =
        analyze_traffic_flow(chosen{s.connections(), scanned}, {.server = {.address = server_address}});
    CHECK(report.client_to_server.packets == 4);
    CHECK(report.server_to_client.packets == 2);
}

TEST_CASE("traffic flow: without a filter all connections count, by their own roles") {
    story s;
    s.established({.server_port = 443});
    s.established({.server = 1, .server_port = 80});
    const traffic_flow_report report = analyze_traffic_flow(s.connections());
    CHECK(report.server.selects_all());
    check(report.client_to_server, {.packets = 4, .wire_bytes = 4 * 54, .flags = {.syn = 2}});
    check(report.server_to_client, {.packets = 2, .wire_bytes = 2 * 54, .flags = {.syn = 2}});
    CHECK(report.analysis.interpretation ==
          "Clients sent 4 packets (216 bytes, 0 RST), the servers sent 2 packets (108 bytes, 0 RST).");
}

TEST_CASE("traffic flow: flags are counted for each direction") {
    story s;
    tell_seven_connections(s);
    const traffic_flow_report report = analyze_traffic_flow(s.connections(), {.server = {.address = server_address}});
    CHECK(report.server_to_client.flags.syn_ack == 4);
    CHECK(report.client_to_server.flags.syn_ack == 0);
    CHECK(report.client_to_server.flags.ack + report.server_to_client.flags.ack == 15);
}
