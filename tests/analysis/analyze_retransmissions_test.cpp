// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <cstdint>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

std::vector<std::uint64_t> numbers(const retransmission_report& of) {
    std::vector<std::uint64_t> found;
    for (const connection_retransmissions& each : of.by_connection) found.push_back(each.connection.number);
    return found;
}

/// So many packets, both ways together, of which so many were sent again.
connection with(std::uint64_t number, std::uint64_t packets, std::uint64_t again) {
    return hand_made(number, {.packets = packets / 2, .retransmissions = again / 2},
                     {.packets = packets - packets / 2, .retransmissions = again - again / 2});
}

} // namespace

TEST_CASE("retransmissions: total, rate and connections") {
    story s;
    tell_seven_connections(s);
    const retransmission_report report = analyze_retransmissions(s.connections());
    CHECK(report.total_packets == 23);
    CHECK(report.total_retransmissions == 1);
    CHECK(report.retransmission_rate == 1.0 / 23);
    CHECK(report.threshold == 0.02);
    CHECK(report.exceeds_threshold);

    CHECK(numbers(report) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6});
    CHECK(report.by_connection[0].connection == connection_name::of(s.connections()[0]));
    CHECK(to_string(report.by_connection[0].connection) == "192.0.2.1:40000 -> 198.51.100.1:443");
    CHECK(report.by_connection[0].retransmissions == 1);
    CHECK(report.by_connection[0].packets == 9);
    CHECK(report.by_connection[0].retransmission_rate == 1.0 / 9);
    CHECK(report.by_connection[1].retransmissions == 0);
    CHECK(report.by_connection[1].packets == 4);
    CHECK(report.by_connection[1].retransmission_rate == 0);

    CHECK(report.summary.worst_connection == connection_name::of(s.connections()[0]));
    CHECK(report.summary.worst_retransmission_rate == 1.0 / 9);
    CHECK(report.summary.connections_above_threshold == 1);
}

TEST_CASE("retransmissions: without any there is no worst connection") {
    const retransmission_report report = analyze_retransmissions(std::vector{with(0, 10, 0)});
    CHECK(report.total_packets == 10);
    CHECK(report.retransmission_rate == 0);
    CHECK_FALSE(report.exceeds_threshold);
    CHECK_FALSE(report.summary.worst_connection);
    CHECK(report.summary.worst_retransmission_rate == 0);
    CHECK(report.summary.connections_above_threshold == 0);
}

TEST_CASE("retransmissions: without packets the rate is 0") {
    CHECK(analyze_retransmissions(std::vector<connection>{}).retransmission_rate == 0);
    const retransmission_report report = analyze_retransmissions(std::vector{with(0, 0, 0), with(1, 0, 1)});
    CHECK(report.retransmission_rate == 0);
    CHECK(report.by_connection[0].retransmission_rate == 0);
    CHECK_FALSE(report.summary.worst_connection);
}

TEST_CASE("retransmissions: a rate equal to the threshold does not exceed it") {
    const std::vector connections{with(0, 100, 2), with(1, 100, 2)};
    CHECK_FALSE(analyze_retransmissions(connections).exceeds_threshold);
    CHECK(analyze_retransmissions(connections).summary.connections_above_threshold == 0);
    const retransmission_report lower = analyze_retransmissions(connections, {.threshold = 0.0199});
    CHECK(lower.threshold == 0.0199);
    CHECK(lower.exceeds_threshold);
    CHECK(lower.summary.connections_above_threshold == 2);
    CHECK_FALSE(analyze_retransmissions(std::vector{with(0, 10, 10)}, {.threshold = 1}).exceeds_threshold);
    CHECK_FALSE(analyze_retransmissions(std::vector{with(0, 10, 0)}, {.threshold = 0}).exceeds_threshold);
}

TEST_CASE("retransmissions: connections are sorted by rate, not by count") {
    const std::vector connections{with(0, 1000, 20), with(1, 10, 1), with(2, 4, 2), with(3, 10, 0)};
    const retransmission_report report = analyze_retransmissions(connections, {.minimum_packets = 0});
    CHECK(numbers(report) == std::vector<std::uint64_t>{2, 1, 0, 3});
    CHECK(report.summary.worst_connection->number == 2);
    CHECK(report.summary.worst_retransmission_rate == 0.5);
    CHECK(report.summary.connections_above_threshold == 2);
    CHECK(report.retransmission_rate == 23.0 / 1024);
}

TEST_CASE("retransmissions: connections of few packets come after all others with retransmissions") {
    const std::vector connections{with(0, 7, 6), with(1, 49, 40), with(2, 50, 1), with(3, 1000, 500), with(4, 1000, 0)};
    const retransmission_report report = analyze_retransmissions(connections);
    CHECK(numbers(report) == std::vector<std::uint64_t>{3, 2, 0, 1, 4});
    CHECK(report.summary.worst_connection->number == 3);
    CHECK(report.summary.worst_retransmission_rate == 0.5);
    CHECK(report.summary.connections_above_threshold == 3);
    CHECK(numbers(analyze_retransmissions(connections, {.minimum_packets = 1001})) ==
          std::vector<std::uint64_t>{0, 1, 3, 2, 4});
    CHECK(numbers(analyze_retransmissions(connections, {.limit = 1})) == std::vector<std::uint64_t>{3});
}

TEST_CASE("retransmissions: rates of huge counts are compared exactly") {
    constexpr std::uint64_t huge = std::uint64_t{1} << 63;
    const auto of = [](std::uint64_t number, std::uint64_t packets, std::uint64_t again) {
        return hand_made(number, {.packets = packets, .retransmissions = again});
    };
    const std::vector connections{of(0, huge, huge - 2), of(1, huge, huge - 1), of(2, huge + 1, huge), of(3, 100, 99)};
    CHECK(numbers(analyze_retransmissions(connections)) == std::vector<std::uint64_t>{2, 1, 0, 3});
}

TEST_CASE("retransmissions: the ten worst are listed, or as many as the limit") {
    std::vector<connection> connections;
    for (std::uint64_t number = 0; number < 15; ++number) connections.push_back(with(number, 100, 3 + number));
    CHECK(numbers(analyze_retransmissions(connections)) ==
          std::vector<std::uint64_t>{14, 13, 12, 11, 10, 9, 8, 7, 6, 5});
    CHECK(analyze_retransmissions(connections).by_connection.total == 15);
    CHECK(analyze_retransmissions(connections).by_connection.left_out() == 5);
    CHECK(numbers(analyze_retransmissions(connections, {.limit = 3})) == std::vector<std::uint64_t>{14, 13, 12});
    CHECK(numbers(analyze_retransmissions(connections, {.limit = SIZE_MAX})).size() == 15);
    const retransmission_report none = analyze_retransmissions(connections, {.limit = 0});
    CHECK(none.by_connection.empty());
    CHECK(none.by_connection.left_out() == 15);
    CHECK(none.summary.worst_connection->number == 14);
    CHECK(none.summary.connections_above_threshold == 15);
    CHECK(none.total_retransmissions == 15 * 3 + 14 * 15 / 2);
}

TEST_CASE("retransmissions: of connections with equal rates the one that began first comes first") {
    std::vector<connection> connections;
    for (std::uint64_t number = 0; number < 30; ++number) connections.push_back(with(number, 100, 5));
    CHECK(numbers(analyze_retransmissions(connections)) == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    CHECK(analyze_retransmissions(connections).summary.worst_connection->number == 0);
    const std::vector backwards(connections.rbegin(), connections.rend());
    CHECK(numbers(analyze_retransmissions(backwards, {.limit = 3})) == std::vector<std::uint64_t>{0, 1, 2});
    CHECK(analyze_retransmissions(backwards).summary.worst_connection->number == 0);

    // Connections of several tables bear the same numbers.
    std::vector<connection> merged{with(0, 10, 1), with(0, 10, 1), with(0, 10, 1)};
    for (std::uint16_t port = 0; connection & each : merged) each.client.port = port++;
    const retransmission_report report = analyze_retransmissions(merged, {.limit = 2});
    CHECK(report.by_connection[0].connection.client.port == 0);
    CHECK(report.by_connection[1].connection.client.port == 1);
}

TEST_CASE("retransmissions: the filter selects the connections of a server") {
    story s;
    {
        auto [client, server] = s.midstream({.server = 1, .client_port = 1000, .server_port = 80});
        server.sends(1, 100); // heard first
        s.after(200ms);
        server.sends(1, 100).expect(verdict_kinds::retransmission);
    }
    s.established();
    const address other = packet_builder::address_of("198.51.100.2");
    const retransmission_report report = analyze_retransmissions(s.connections(), {.server = {.address = other}});
    CHECK(report.total_packets == 2);
    CHECK(report.total_retransmissions == 1);
    CHECK(report.by_connection.items.at(0).connection.server == endpoint{other, 80});
    CHECK(report.summary.worst_connection->client.port == 1000);
    CHECK(analyze_retransmissions(s.connections(), {.server = {.port = std::uint16_t{443}}}).total_packets == 3);
    CHECK(analyze_retransmissions(s.connections(), {.server = {.address = other, .port = std::uint16_t{443}}})
              .total_packets == 0);
}

TEST_CASE("retransmissions: a part of the connections") {
    const std::vector connections{with(0, 10, 1), with(1, 10, 5), with(2, 20, 1)};
    const auto even = [](const connection& each) { return each.number % 2 == 0; };
    const retransmission_report report = analyze_retransmissions(chosen{connections, even});
    CHECK(report.total_packets == 30);
    CHECK(numbers(report) == std::vector<std::uint64_t>{0, 2});
}
