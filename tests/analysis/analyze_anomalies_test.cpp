// SPDX-License-Identifier: MIT
#include "../support/connections.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

std::vector<std::string_view> names(const anomaly_report& of) {
    std::vector<std::string_view> found;
    for (const anomaly_pattern& each : of.patterns) found.push_back(each.name);
    return found;
}

/// The observations of a pattern of this kind, if there is one.
template <class Observations>
std::optional<Observations> find(const anomaly_report& in) {
    for (const anomaly_pattern& each : in.patterns) {
        if (const auto* found = std::get_if<Observations>(&each.details)) {
            CHECK(each.name == Observations::name);
            CHECK(to_string(each.category) == to_string(Observations::category));
            return *found;
        }
    }
    return std::nullopt;
}

bool notes(const anomaly_report& in, std::string_view name) {
    return std::ranges::count(in.summary.notable_observations, name, &notable_observation::name) == 1;
}

/// `count` connections that are good, behind those given.
std::vector<connection> among(std::size_t count, std::vector<connection> given) {
    while (given.size() < count) given.push_back(hand_made(given.size()));
    return given;
}

connection reset_one(std::uint64_t number) {
    connection made = hand_made(number);
    made.close_reason = close_reason::reset;
    made.closed = true;
    return made;
}

anomaly_report of_resets(std::uint64_t to_server, std::uint64_t from_server) {
    return analyze_anomalies(std::vector{hand_made(0, {.rst = to_server}, {.rst = from_server})});
}
anomaly_report of_retransmissions(std::uint64_t again, std::uint64_t packets, double threshold = 0.02) {
    return analyze_anomalies(std::vector{hand_made(0, {.packets = packets, .retransmissions = again})},
                             {.retransmission_threshold = threshold});
}
anomaly_report of_syns(std::uint64_t asked, std::uint64_t answered) {
    return analyze_anomalies(std::vector{hand_made(0, {.syn = asked}, {.syn = answered, .syn_ack = answered})});
}

} // namespace

TEST_CASE("anomalies: the counts over all connections") {
    story s;
    tell_seven_connections(s);
    const auto& connections = s.connections();
    const anomaly_statistics all = analyze_anomalies(connections).statistics;
    CHECK(all.total_connections == 7);
    CHECK(all.total_packets == 23);

    CHECK(all.successful_handshakes == 3);
    CHECK(all.failed_handshakes == 3);
    CHECK(all.incomplete_handshakes == 1);

    CHECK(all.flags.syn == 10); // six SYNs and four SYN-ACKs
    CHECK(all.flags.syn_ack == 4);
    CHECK(all.flags.rst == 3);
    CHECK(all.flags.fin == 2);
    CHECK(all.flags.ack == 15);

    REQUIRE(all.rst_distribution.by_source.size() == 2);
    CHECK(all.rst_distribution.by_source[0].address == server_address);
    CHECK(all.rst_distribution.by_source[0].rst == 2);
    CHECK(all.rst_distribution.by_source[1].address == client_address);
    CHECK(all.rst_distribution.by_source[1].rst == 1);
    CHECK(all.rst_distribution.by_direction.to_server == 1);
    CHECK(all.rst_distribution.by_direction.from_server == 2);
    CHECK(all.rst_distribution.by_direction.unknown == 0);
    CHECK(all.rst_distribution.by_source_exact);
    CHECK(all.rst_distribution.by_source.total == 2);
    CHECK(all.rst_distribution.sources_at_most == 2);
    CHECK(all.rst_distribution.untracked_at_most == 0);
    CHECK(all.rst_distribution.connections_with_rst.items == std::vector{connection_name::of(connections[1]),
                                                                         connection_name::of(connections[2]),
                                                                         connection_name::of(connections[5])});
    CHECK(all.rst_distribution.connections_with_rst.left_out() == 0);

    CHECK(all.total_retransmissions == 1);
    CHECK(all.retransmission_rate == 1.0 / 23);
    REQUIRE(all.retransmissions_by_connection.size() == 1);
    CHECK(all.retransmissions_by_connection[0].connection == connection_name::of(connections[0]));
    CHECK(all.retransmissions_by_connection[0].retransmissions == 1);

    CHECK(all.connection_states.established == 1);
    CHECK(all.connection_states.reset == 3);
    CHECK(all.connection_states.closed == 1);
    CHECK(all.connection_states.unknown == 2); // no answer; picked up midstream
}

TEST_CASE("anomalies: the patterns in these counts") {
    story s;
    tell_seven_connections(s);
    const anomaly_report report = analyze_anomalies(s.connections());
    CHECK(names(report) == std::vector<std::string_view>{"rst_directional_asymmetry", "packet_retransmission",
                                                         "handshake_completion", "abnormal_termination"});

    const auto rst = find<rst_directional_asymmetry>(report).value();
    CHECK(rst.rst_to_server == 1);
    CHECK(rst.rst_from_server == 2);
    CHECK(rst.to_server_share == 1.0 / 3);
    CHECK(rst.affected_connections == report.statistics.rst_distribution.connections_with_rst);
    CHECK(to_string(report.patterns[0].category) == "connection_termination");
    CHECK(report.patterns[0].description == "1 RST packets went to the server, 2 came from it.");

    const auto again = find<packet_retransmission>(report).value();
    CHECK(again.total_retransmissions == 1);
    CHECK(again.total_packets == 23);
    CHECK(again.retransmission_rate == 1.0 / 23);
    CHECK(again.threshold == 0.02);
    CHECK(again.exceeds_threshold);
    REQUIRE(again.by_connection.size() == 1);
    CHECK(again.by_connection[0].connection.number == 0);
    CHECK(again.by_connection[0].retransmissions == 1);
    CHECK(to_string(report.patterns[1].category) == "reliability");
    CHECK(report.patterns[1].description == "1 of 23 packets (4.35%) were retransmissions.");

    const auto handshakes = find<handshake_completion>(report).value();
    CHECK(handshakes.successful_handshakes == 3);
    CHECK(handshakes.failed_handshakes == 3);
    CHECK(handshakes.failure_rate == 0.5);
    CHECK(to_string(report.patterns[2].category) == "connection_establishment");
    CHECK(report.patterns[2].description == "3 of 6 handshakes (50.0%) were completed.");

    const auto resets = find<abnormal_termination>(report).value();
    CHECK(resets.reset_connections == 3);
    CHECK(resets.normal_close == 1);
    CHECK(resets.total_connections == 7);
    CHECK(resets.reset_rate == 3.0 / 7);
    CHECK(to_string(report.patterns[3].category) == "connection_lifecycle");
    CHECK(report.patterns[3].description == "3 of 7 connections (42.9%) ended by RST.");

    CHECK(report.summary.total_patterns == 4);
    REQUIRE(report.summary.by_category.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(report.summary.by_category[i].category == report.patterns[i].category);
        CHECK(report.summary.by_category[i].patterns == 1);
    }
    REQUIRE(report.summary.notable_observations.size() == 1);
    CHECK(report.summary.notable_observations[0].name == "high_retransmission");
    CHECK(report.summary.notable_observations[0].detail == "The retransmission rate, 4.35%, is above 2.00%.");
}

TEST_CASE("anomalies: a scan whose SYNs are hardly answered") {
    story s;
    for (std::uint16_t port = 1; port <= 5; ++port) {
        auto [client, server] = s.hosts({.server_port = port});
        client.syn();
        if (port == 5) server.refuses();
        if (port == 4) {
            server.syn_ack();
            client.resets();
        }
    }
    const anomaly_report report = analyze_anomalies(s.connections());
    CHECK(names(report) == std::vector<std::string_view>{"rst_directional_asymmetry", "handshake_completion",
                                                         "abnormal_termination", "syn_response_imbalance"});
    const auto syns = find<syn_response_imbalance>(report).value();
    CHECK(syns.syns_without_ack == 5);
    CHECK(syns.syns_answered == 1);
    CHECK(syns.response_ratio == 0.2);
    CHECK(report.patterns[3].description == "1 of 5 SYN packets (20.0%) were answered by a SYN-ACK.");
    REQUIRE(report.summary.by_category.size() == 3);
    CHECK(to_string(report.summary.by_category[1].category) == "connection_establishment");
    CHECK(report.summary.by_category[1].patterns == 2);
    CHECK(find<handshake_completion>(report)->failure_rate == 1);
}

TEST_CASE("anomalies: a connection that is closed normally shows no pattern") {
    story s;
    auto [client, server] = s.established();
    client.fins();
    server.fins().acking(2);
    client.acks(2);
    const anomaly_report report = analyze_anomalies(s.connections());
    CHECK(report.patterns.empty());
    CHECK(report.summary.total_patterns == 0);
    CHECK(report.summary.by_category.empty());
    CHECK(report.summary.notable_observations.empty());
    CHECK(report.statistics.connection_states.closed == 1);
    CHECK(report.statistics.rst_distribution.by_source.empty());
    CHECK(report.statistics.rst_distribution.connections_with_rst.empty());
    CHECK(report.statistics.retransmissions_by_connection.empty());
}

TEST_CASE("anomalies: an empty range shows no pattern") {
    const anomaly_report report = analyze_anomalies(std::vector<connection>{});
    CHECK(report.statistics.total_connections == 0);
    CHECK(report.statistics.retransmission_rate == 0);
    CHECK(report.patterns.empty());
}

TEST_CASE("anomalies: an RST asymmetry is notable above nine in ten, and below one") {
    CHECK_FALSE(find<rst_directional_asymmetry>(of_resets(0, 0)));
    CHECK(find<rst_directional_asymmetry>(of_resets(1, 1))->to_server_share == 0.5);
    CHECK_FALSE(notes(of_resets(1, 1), "strong_rst_asymmetry"));
    CHECK_FALSE(notes(of_resets(9, 1), "strong_rst_asymmetry")); // exactly 90 %
    CHECK_FALSE(notes(of_resets(1, 9), "strong_rst_asymmetry")); // exactly 10 %
    CHECK(notes(of_resets(91, 9), "strong_rst_asymmetry"));
    CHECK(notes(of_resets(9, 91), "strong_rst_asymmetry"));
    CHECK(notes(of_resets(1, 0), "strong_rst_asymmetry"));
    CHECK(notes(of_resets(0, 1), "strong_rst_asymmetry"));
    CHECK(of_resets(1, 0).summary.notable_observations[0].detail == "100.0% of the RST packets went to the server.");
    CHECK(of_resets(9, 91).summary.notable_observations[0].detail == "9.0% of the RST packets went to the server.");
}

TEST_CASE("anomalies: retransmissions are notable above the threshold") {
    CHECK_FALSE(find<packet_retransmission>(of_retransmissions(0, 100)));
    CHECK_FALSE(find<packet_retransmission>(of_retransmissions(2, 100))->exceeds_threshold); // exactly 2 %
    CHECK_FALSE(notes(of_retransmissions(2, 100), "high_retransmission"));
    CHECK(find<packet_retransmission>(of_retransmissions(3, 100))->exceeds_threshold);
    CHECK(notes(of_retransmissions(3, 100), "high_retransmission"));
    CHECK(notes(of_retransmissions(2, 100, 0.01), "high_retransmission"));
    CHECK_FALSE(notes(of_retransmissions(3, 100, 0.05), "high_retransmission"));
    CHECK(find<packet_retransmission>(of_retransmissions(3, 100, 0.05))->threshold == 0.05);
}

TEST_CASE("anomalies: a failed handshake is a pattern, a connection picked up midstream is not") {
    connection failed = hand_made(0);
    failed.handshake = handshake_state::failed;
    connection incomplete = hand_made(0);
    incomplete.handshake = handshake_state::incomplete;
    CHECK_FALSE(find<handshake_completion>(analyze_anomalies(std::vector{incomplete, hand_made(1)})));
    const auto found =
        find<handshake_completion>(analyze_anomalies(std::vector{failed, incomplete, hand_made(1), hand_made(2)}));
    REQUIRE(found);
    CHECK(found->failed_handshakes == 1);
    CHECK(found->successful_handshakes == 2);
    CHECK(found->failure_rate == 1.0 / 3);
}

TEST_CASE("anomalies: resets are a pattern above one connection in ten") {
    CHECK_FALSE(find<abnormal_termination>(analyze_anomalies(among(10, {reset_one(0)})))); // exactly 10 %
    const auto found = find<abnormal_termination>(analyze_anomalies(among(9, {reset_one(0)})));
    REQUIRE(found);
    CHECK(found->reset_connections == 1);
    CHECK(found->total_connections == 9);
    CHECK(found->reset_rate == 1.0 / 9);
}

TEST_CASE("anomalies: SYNs are a pattern if fewer than half of them were answered") {
    CHECK_FALSE(find<syn_response_imbalance>(of_syns(0, 0)));
    CHECK_FALSE(find<syn_response_imbalance>(of_syns(10, 10)));
    CHECK_FALSE(find<syn_response_imbalance>(of_syns(10, 5))); // exactly half
    CHECK(find<syn_response_imbalance>(of_syns(10, 4))->response_ratio == 0.4);
    CHECK(find<syn_response_imbalance>(of_syns(10, 0))->response_ratio == 0);
    CHECK_FALSE(find<syn_response_imbalance>(of_syns(0, 5))); // nobody asked
}

TEST_CASE("anomalies: the address with most RSTs comes first, of equal counts the lower address") {
    const auto rst_between = [](std::string_view client, std::string_view server, std::uint64_t up,
                                std::uint64_t down) {
        connection made = hand_made(0, {.rst = up}, {.rst = down});
        made.client.address = packet_builder::address_of(client);
        made.server.address = packet_builder::address_of(server);
        return made;
    };
    const anomaly_report report = analyze_anomalies(
        std::vector{rst_between("203.0.113.9", "2001:db8::1", 1, 2), rst_between("203.0.113.1", "203.0.113.9", 2, 2),
                    rst_between("203.0.113.2", "203.0.113.1", 1, 0), rst_between("10.0.0.1", "10.0.0.2", 0, 0)});
    std::vector<std::string> found;
    for (const anomaly_statistics::address_resets& each : report.statistics.rst_distribution.by_source) {
        found.push_back(to_string(each.address) + ' ' + std::to_string(each.rst));
    }
    CHECK(found == std::vector<std::string>{"203.0.113.9 3", "203.0.113.1 2", "2001:db8::1 2", "203.0.113.2 1"});
}

TEST_CASE("anomalies: an RST has no known direction if roles are a guess and no server was given") {
    story s;
    auto [client, server] = s.midstream();
    server.sends(1, 100);
    server.resets();
    client.resets();
    client.resets();
    const auto directions = [&](const anomaly_options& options) {
        const anomaly_statistics::reset_directions got =
            analyze_anomalies(s.connections(), options).statistics.rst_distribution.by_direction;
        return std::array{got.to_server, got.from_server, got.unknown};
    };
    CHECK(directions({}) == std::array<std::uint64_t, 3>{0, 0, 3});
    CHECK(directions({.server = {.address = server_address}}) == std::array<std::uint64_t, 3>{2, 1, 0});
    CHECK(directions({.server = {.port = std::uint16_t{443}}}) == std::array<std::uint64_t, 3>{2, 1, 0});
    CHECK(directions({.server = {.address = client_address}}) == std::array<std::uint64_t, 3>{1, 2, 0});
    CHECK_FALSE(find<rst_directional_asymmetry>(analyze_anomalies(s.connections()))); // nothing is known
}

TEST_CASE("anomalies: an RST has a direction if the SYN-ACK was captured") {
    story s;
    auto [client, server] = s.hosts();
    server.syn_ack();
    client.resets().at(1);
    CHECK(analyze_anomalies(s.connections()).statistics.rst_distribution.by_direction.to_server == 1);
}

TEST_CASE("anomalies: the filter selects by the server's address, its port, or both") {
    story s;
    s.established({.server_port = 443});
    s.established({.server_port = 80}).server.resets();
    s.established({.server = 1, .server_port = 80}).client.resets();
    const auto count = [&](const anomaly_options& options) {
        const anomaly_statistics all = analyze_anomalies(s.connections(), options).statistics;
        return std::array{all.total_connections, all.total_packets, all.flags.rst};
    };
    const address other = packet_builder::address_of("198.51.100.2");
    CHECK(count({}) == std::array<std::uint64_t, 3>{3, 11, 2});
    CHECK(count({.server = {.address = server_address}}) == std::array<std::uint64_t, 3>{2, 7, 1});
    CHECK(count({.server = {.port = std::uint16_t{80}}}) == std::array<std::uint64_t, 3>{2, 8, 2});
    CHECK(count({.server = {.address = other, .port = std::uint16_t{80}}}) == std::array<std::uint64_t, 3>{1, 4, 1});
    CHECK(count({.server = {.address = other, .port = std::uint16_t{443}}}) == std::array<std::uint64_t, 3>{0, 0, 0});
}

TEST_CASE("anomalies: an overtaken connection is in an unknown state") {
    connection overtaken = hand_made(0);
    overtaken.closed = true;
    overtaken.close_reason = close_reason::unknown;
    CHECK(analyze_anomalies(std::vector{overtaken}).statistics.connection_states.unknown == 1);
}

TEST_CASE("anomalies: a part of the connections") {
    story s;
    tell_seven_connections(s);
    const auto open = [](const connection& each) { return !each.closed; };
    const anomaly_report report = analyze_anomalies(chosen{s.connections(), open});
    CHECK(report.statistics.total_connections == 3);
    CHECK(names(report) == std::vector<std::string_view>{"handshake_completion"});
}

TEST_CASE("anomalies: a pattern lists its fields by their names") {
    story s;
    tell_seven_connections(s);
    for (std::uint16_t port = 1; port <= 20; ++port) s.hosts({.server_port = port}).client.syn();
    const anomaly_report report = analyze_anomalies(s.connections());
    std::vector<std::string> fields;
    for (const anomaly_pattern& each : report.patterns) {
        std::visit(
            [&](const auto& pattern) {
                pattern.for_each_field([&](std::string_view name, const auto&) { fields.emplace_back(name); });
            },
            each.details);
    }
    CHECK(fields == std::vector<std::string>{
                        "rst_to_server",         "rst_from_server",   "to_server_share",     "affected_connections", //
                        "total_retransmissions", "total_packets",     "retransmission_rate", "threshold",
                        "exceeds_threshold",
                        "by_connection",                                                                   //
                        "successful_handshakes", "failed_handshakes", "failure_rate",                      //
                        "reset_connections",     "normal_close",      "total_connections",   "reset_rate", //
                        "syns_without_ack",      "syns_answered",     "response_ratio"});
    std::vector<std::uint64_t> first;
    std::get<rst_directional_asymmetry>(report.patterns[0].details)
        .for_each_field([&](std::string_view, const auto& value) {
            if constexpr (std::is_same_v<decltype(value), const std::uint64_t&>) first.push_back(value);
        });
    CHECK(first == std::vector<std::uint64_t>{1, 2});
}

TEST_CASE("percentage: rounds to the decimals asked for") {
    CHECK(percentage(0.125, 2) == "12.50%");
    CHECK(percentage(0, 1) == "0.0%");
    CHECK(percentage(1, 0) == "100%");
    CHECK(percentage(0.0005, 1) == "0.1%");
    CHECK(ratio(1, 0) == 0);
    CHECK(ratio(0, 0) == 0);
    CHECK(ratio(1, 4) == 0.25);
}

TEST_CASE("anomalies: SYN-ACKs that are counted without their SYNs leave no SYN without an answer") {
    const anomaly_report report = analyze_anomalies(std::vector{hand_made(0, {}, {.syn_ack = 2})});
    CHECK(!find<syn_response_imbalance>(report));
}
