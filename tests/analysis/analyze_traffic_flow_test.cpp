// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

void check(const flow_direction& got, const flow_direction& expected) {
    CHECK(got.packet_count == expected.packet_count);
    CHECK(got.byte_count == expected.byte_count);
    CHECK(got.syn_count == expected.syn_count);
    CHECK(got.rst_count == expected.rst_count);
    CHECK(got.fin_count == expected.fin_count);
    CHECK(got.data_packets == expected.data_packets);
    CHECK(got.retransmissions == expected.retransmissions);
}

flow_analysis of_packets(std::uint64_t up, std::uint64_t down) {
    return analyze_traffic_flow(std::vector{hand_made(0, {.packets = up}, {.packets = down})}, server_address).analysis;
}
rst_source of_resets(std::uint64_t up, std::uint64_t down) {
    return analyze_traffic_flow(std::vector{hand_made(0, {.rst = up}, {.rst = down})}, server_address)
        .analysis.primary_rst_source;
}

} // namespace

TEST_CASE("who sent what to whom") {
    story s;
    tell_seven_connections(s);
    const traffic_flow_report report = analyze_traffic_flow(s.connections(), server_address);
    CHECK(report.server_address == server_address);
    CHECK_FALSE(report.server_port);
    constexpr std::uint64_t headers = 14 + 20 + 20; // Ethernet, IPv4, TCP
    check(report.client_to_server, {.packet_count = 15,
                                    .byte_count = 15 * headers + 100 + 100 + 10,
                                    .syn_count = 6,
                                    .rst_count = 1,
                                    .fin_count = 1,
                                    .data_packets = 3,
                                    .retransmissions = 1});
    check(report.server_to_client, {.packet_count = 8,
                                    .byte_count = 8 * headers,
                                    .syn_count = 4, // SYN-ACKs
                                    .rst_count = 2,
                                    .fin_count = 1,
                                    .data_packets = 0,
                                    .retransmissions = 0});
    CHECK(report.analysis.asymmetry_ratio == 15.0 / 8);
    CHECK(report.analysis.primary_rst_source == rst_source::server);
    CHECK(report.analysis.data_flow_direction == flow_balance::client_heavy);
    CHECK(report.analysis.interpretation ==
          "Clients sent 15 packets (1020 bytes, 1 RST), the server sent 8 packets (432 bytes, 2 RST).");
}

TEST_CASE("with a port, only connections to that port of the server count") {
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
        analyze_traffic_flow(s.connections(), server_address, {.server_port = std::uint16_t{80}});
    CHECK(report.server_port == std::uint16_t{80});
    check(report.client_to_server, {.packet_count = 2, .byte_count = 108, .syn_count = 1});
    check(report.server_to_client,
          {.packet_count = 4, .byte_count = 4 * 54 + 2500, .syn_count = 1, .data_packets = 3, .retransmissions = 1});
    CHECK(report.analysis.asymmetry_ratio == 0.5);
    CHECK(report.analysis.data_flow_direction == flow_balance::server_heavy);
}

TEST_CASE("of a server that nobody talked to there is nothing") {
    story s;
    tell_seven_connections(s);
    const traffic_flow_report report =
        analyze_traffic_flow(s.connections(), client_address, {.server_port = std::uint16_t{9}});
    check(report.client_to_server, {});
    check(report.server_to_client, {});
    CHECK(report.analysis.asymmetry_ratio == 0);
    CHECK(report.analysis.primary_rst_source == rst_source::balanced);
    CHECK(report.analysis.data_flow_direction == flow_balance::balanced);
    CHECK(report.analysis.interpretation ==
          "Clients sent 0 packets (0 bytes, 0 RST), the server sent 0 packets (0 bytes, 0 RST).");
}

TEST_CASE("where roles are a guess, the server that was asked for corrects it: traffic flow") {
    story s;
    auto [client, server] = s.midstream();
    server.sends(1, 100);
    server.sends(101, 100);
    client.acks(201);
    const traffic_flow_report report = analyze_traffic_flow(s.connections(), server_address);
    CHECK(report.client_to_server.packet_count == 1);
    CHECK(report.server_to_client.packet_count == 2);
    CHECK(report.server_to_client.data_packets == 2);
}

TEST_CASE("the balance tips beyond 1.2 and below 0.8") {
    CHECK(of_packets(12, 10).data_flow_direction == flow_balance::balanced);
    CHECK(of_packets(121, 100).data_flow_direction == flow_balance::client_heavy);
    CHECK(of_packets(8, 10).data_flow_direction == flow_balance::balanced);
    CHECK(of_packets(79, 100).data_flow_direction == flow_balance::server_heavy);
    CHECK(of_packets(10, 10).data_flow_direction == flow_balance::balanced);
    CHECK(of_packets(12, 10).asymmetry_ratio == 1.2);
}

TEST_CASE("a ratio with nothing below the line is 0, and yet has its direction") {
    CHECK(of_packets(5, 0).asymmetry_ratio == 0);
    CHECK(of_packets(5, 0).data_flow_direction == flow_balance::client_heavy);
    CHECK(of_packets(0, 5).asymmetry_ratio == 0);
    CHECK(of_packets(0, 5).data_flow_direction == flow_balance::server_heavy);
}

TEST_CASE("who sent more RSTs is their primary source") {
    CHECK(of_resets(2, 1) == rst_source::client);
    CHECK(of_resets(1, 2) == rst_source::server);
    CHECK(of_resets(2, 2) == rst_source::balanced);
    CHECK(of_resets(0, 0) == rst_source::balanced);
}

TEST_CASE("the enumerators of traffic flow have names") {
    CHECK(to_string(rst_source::client) == "client");
    CHECK(to_string(rst_source::server) == "server");
    CHECK(to_string(rst_source::balanced) == "balanced");
    CHECK(to_string(flow_balance::client_heavy) == "client_heavy");
    CHECK(to_string(flow_balance::server_heavy) == "server_heavy");
    CHECK(to_string(flow_balance::balanced) == "balanced");
}

TEST_CASE("traffic flow of a part of the connections") {
    story s;
    tell_seven_connections(s);
    const auto scanned = [](const connection& each) { return each.handshake == handshake_state::failed; };
    const traffic_flow_report report = analyze_traffic_flow(chosen{s.connections(), scanned}, server_address);
    CHECK(report.client_to_server.packet_count == 4);
    CHECK(report.server_to_client.packet_count == 2);
}
