// SPDX-License-Identifier: MIT
#include "random_connections.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

using namespace tcplens;

namespace {

// All that a report says, to compare reports.

std::string text(const bounded_list<connection_name>& of) {
    std::string all = std::to_string(of.total) + ":";
    for (const connection_name& each : of) all += ' ' + to_string(each) + '#' + std::to_string(each.number);
    return all;
}
std::string text(const bounded_list<connection_retransmissions>& of) {
    std::string all = std::to_string(of.total) + ":";
    for (const connection_retransmissions& each : of) {
        all += ' ' + to_string(each.connection) + '#' + std::to_string(each.connection.number) + ' ' +
               std::to_string(each.retransmissions) + '/' + std::to_string(each.packets);
    }
    return all;
}
std::string text(const flag_counts& of) {
    return std::to_string(of.syn) + ' ' + std::to_string(of.syn_ack) + ' ' + std::to_string(of.ack) + ' ' +
           std::to_string(of.rst) + ' ' + std::to_string(of.fin);
}

struct connections_answer {
    using accumulator = connections_report::accumulator;
    static void check_equal(const connections_report& a, const connections_report& b) {
        REQUIRE(a.summary == b.summary);
        REQUIRE(a.connections == b.connections);
        REQUIRE(a.issues == b.issues);
    }
};
struct retransmissions_answer {
    using accumulator = retransmission_report::accumulator;
    static void check_equal(const retransmission_report& a, const retransmission_report& b) {
        REQUIRE(a.total_packets == b.total_packets);
        REQUIRE(a.total_retransmissions == b.total_retransmissions);
        REQUIRE(a.retransmission_rate == b.retransmission_rate);
        REQUIRE(a.exceeds_threshold == b.exceeds_threshold);
        REQUIRE(text(a.by_connection) == text(b.by_connection));
        REQUIRE(a.summary.worst_connection == b.summary.worst_connection);
        REQUIRE(a.summary.worst_retransmission_rate == b.summary.worst_retransmission_rate);
        REQUIRE(a.summary.connections_above_threshold == b.summary.connections_above_threshold);
    }
};
struct traffic_answer {
    using accumulator = traffic_flow_report::accumulator;
    static void check_equal(const traffic_flow_report& a, const traffic_flow_report& b) {
        REQUIRE(a.client_to_server == b.client_to_server);
        REQUIRE(a.server_to_client == b.server_to_client);
        REQUIRE(a.guessed_connections == b.guessed_connections);
        REQUIRE(a.analysis.interpretation == b.analysis.interpretation);
    }
};
struct anomalies_answer {
    using accumulator = anomaly_report::accumulator;
    static void check_equal(const anomaly_report& a, const anomaly_report& b) {
        const anomaly_statistics& left = a.statistics;
        const anomaly_statistics& right = b.statistics;
        REQUIRE(left.total_connections == right.total_connections);
        REQUIRE(left.total_packets == right.total_packets);
        REQUIRE(left.successful_handshakes == right.successful_handshakes);
        REQUIRE(left.failed_handshakes == right.failed_handshakes);
        REQUIRE(left.incomplete_handshakes == right.incomplete_handshakes);
        REQUIRE(text(left.flags) == text(right.flags));
        REQUIRE(left.syns_without_ack == right.syns_without_ack);
        REQUIRE(left.syns_answered == right.syns_answered);
        REQUIRE(left.rst_distribution.by_source == right.rst_distribution.by_source);
        REQUIRE(left.rst_distribution.by_source_exact == right.rst_distribution.by_source_exact);
        REQUIRE(left.rst_distribution.by_direction.to_server == right.rst_distribution.by_direction.to_server);
        REQUIRE(left.rst_distribution.by_direction.from_server == right.rst_distribution.by_direction.from_server);
        REQUIRE(left.rst_distribution.by_direction.unknown == right.rst_distribution.by_direction.unknown);
        REQUIRE(text(left.rst_distribution.connections_with_rst) == text(right.rst_distribution.connections_with_rst));
        REQUIRE(left.total_retransmissions == right.total_retransmissions);
        REQUIRE(left.retransmission_rate == right.retransmission_rate);
        REQUIRE(text(left.retransmissions_by_connection) == text(right.retransmissions_by_connection));
        REQUIRE(left.connection_states.established == right.connection_states.established);
        REQUIRE(left.connection_states.reset == right.connection_states.reset);
        REQUIRE(left.connection_states.closed == right.connection_states.closed);
        REQUIRE(left.connection_states.unknown == right.connection_states.unknown);
        REQUIRE(a.patterns.size() == b.patterns.size());
        for (std::size_t i = 0; i < a.patterns.size(); ++i) {
            REQUIRE(a.patterns[i].description == b.patterns[i].description);
        }
        REQUIRE(a.summary.total_patterns == b.summary.total_patterns);
    }
};
struct page_answer {
    using accumulator = connection_page::accumulator;
    static void check_equal(const connection_page& a, const connection_page& b) {
        REQUIRE(a.rows == b.rows);
        REQUIRE(a.total == b.total);
        REQUIRE(a.earlier == b.earlier);
        REQUIRE(a.left_out == b.left_out);
    }
};

/// Connections in other orders, and cut into parts that are merged two by two in any order, give the same answer.
template <class Answer, class Empty>
void check_merges(std::vector<connection> connections, const Empty& empty, std::uint32_t seed) {
    std::mt19937 random{seed};
    auto whole = empty;
    for (const connection& each : connections) whole.add(each);
    const auto expected = whole.result();
    for (int round = 0; round < 20; ++round) {
        std::ranges::shuffle(connections, random);
        std::vector<typename Answer::accumulator> parts(1 + random() % 6, empty);
        for (const connection& each : connections) parts[random() % parts.size()].add(each);
        while (parts.size() > 1) {
            std::ranges::shuffle(parts, random);
            parts.back().merge(parts.front());
            parts.erase(parts.begin());
        }
        Answer::check_equal(parts[0].result(), expected);
        Answer::check_equal(parts[0].result(), parts[0].result()); // asking changes nothing
    }
}

} // namespace

TEST_CASE("accumulators: answers depend neither on the order of connections nor on how parts are merged") {
    for (const std::size_t count :
         {std::size_t{0}, std::size_t{1}, std::size_t{9}, std::size_t{10}, std::size_t{11}, std::size_t{500}}) {
        CAPTURE(count);
        const auto seed = static_cast<std::uint32_t>(count);
        const std::vector<connection> connections = random_connections(count, seed);
        for (const std::size_t limit : {std::size_t{0}, std::size_t{1}, std::size_t{10}, SIZE_MAX}) {
            CAPTURE(limit);
            check_merges<connections_answer>(connections, connections_report::accumulator{{.limit = limit}}, seed);
            check_merges<retransmissions_answer>(connections, retransmission_report::accumulator{{.limit = limit}},
                                                 seed);
            check_merges<anomalies_answer>(connections, anomaly_report::accumulator{{.limit = limit}}, seed);
        }
        check_merges<traffic_answer>(connections, traffic_flow_report::accumulator{}, seed);
        for (unsigned order = 0; order <= static_cast<unsigned>(connection_page::order::throughput); ++order) {
            const auto by = static_cast<connection_page::order>(order);
            check_merges<page_answer>(connections, connection_page::accumulator{{}, by}, seed);
            const connection_page first = list_connections(connections, {}, by);
            if (first.rows.empty()) continue;
            check_merges<page_answer>(connections, connection_page::accumulator{{}, by, 10, first.rows.back()}, seed);
        }
    }
}

TEST_CASE("accumulators: the filter selects, and corrects guessed roles, one connection at a time") {
    const std::vector<connection> connections = random_connections(300, 5);
    const server_filter filter{.port = std::uint16_t{1}};
    check_merges<connections_answer>(connections, connections_report::accumulator{{.server = filter}}, 5);
    check_merges<anomalies_answer>(connections, anomaly_report::accumulator{{.server = filter}}, 5);
    const connections_report report = analyze_connections(connections, {.server = filter, .limit = SIZE_MAX});
    CHECK(report.connections.size() > 0);
    for (const connections_report::row& each : report.connections) CHECK(each.server.port == 1);
}

TEST_CASE("accumulators: an answer can be asked for at any time") {
    anomaly_report::accumulator anomalies;
    CHECK(anomalies.result().statistics.total_connections == 0);
    anomalies.add(hand_made(0, {.packets = 5, .rst = 1}));
    CHECK(anomalies.result().statistics.rst_distribution.by_source.total == 1);
    anomalies.add(hand_made(1, {.packets = 5, .rst = 1}));
    CHECK(anomalies.result().statistics.rst_distribution.connections_with_rst.total == 2);
    connections_report::accumulator connections;
    connections.add(hand_made(0));
    CHECK(connections.result().connections.size() == 1);
    connections.add(hand_made(1));
    CHECK(connections.result().connections.size() == 2);
}

TEST_CASE(
    "accumulators: with more sources of RSTs than are tracked, the limits contain the truth, and the report says so") {
    const std::vector<connection> connections = random_connections(2000, 6, 400);
    std::map<address, std::uint64_t> truth;
    for (const connection& each : connections) {
        if (each.client_to_server.rst > 0) truth[each.client.address] += each.client_to_server.rst;
        if (each.server_to_client.rst > 0) truth[each.server.address] += each.server_to_client.rst;
    }
    REQUIRE(truth.size() > 300);
    std::mt19937 random{6};
    for (const std::size_t tracked : {std::size_t{0}, std::size_t{7}, std::size_t{64}, std::size_t{300}}) {
        const anomaly_options options{.limit = SIZE_MAX, .tracked_sources = tracked};
        for (int round = 0; round < 5; ++round) {
            std::vector<anomaly_report::accumulator> parts(1 + random() % 4, anomaly_report::accumulator{options});
            for (const connection& each : connections) parts[random() % parts.size()].add(each);
            while (parts.size() > 1) {
                parts.front().merge(parts.back());
                parts.pop_back();
            }
            const anomaly_statistics::reset_distribution found = parts[0].result().statistics.rst_distribution;
            CHECK_FALSE(found.by_source_exact);
            CHECK(found.by_source.size() <= tracked);
            CHECK(found.by_source.total <= truth.size());
            CHECK(truth.size() <= found.sources_at_most);
            std::set<address> listed;
            for (const anomaly_statistics::address_resets& each : found.by_source) {
                listed.insert(each.address);
                REQUIRE(each.rst_at_least <= truth.at(each.address));
                REQUIRE(truth.at(each.address) <= each.rst);
            }
            for (const auto& [sender, count] : truth) {
                if (!listed.contains(sender)) REQUIRE(count <= found.untracked_at_most);
            }
        }
    }
    const anomaly_statistics::reset_distribution exact =
        analyze_anomalies(connections, {.limit = SIZE_MAX}).statistics.rst_distribution;
    CHECK(exact.by_source_exact);
    CHECK(exact.by_source.total == truth.size());
    for (const anomaly_statistics::address_resets& each : exact.by_source) {
        CHECK(each.rst == truth.at(each.address));
        CHECK(each.rst_at_least == each.rst);
    }
}

TEST_CASE("accumulators: of 100,000 connections, each with its own host, every list stays within its bound") {
    const std::vector<connection> connections = random_connections(100'000, 7, 1u << 24);
    const anomaly_report anomalies = analyze_anomalies(connections);
    const anomaly_statistics::reset_distribution& resets = anomalies.statistics.rst_distribution;
    CHECK(resets.by_source.size() == 10);
    CHECK_FALSE(resets.by_source_exact);
    CHECK(resets.by_source.left_out() >= 1014);
    CHECK(resets.connections_with_rst.size() == 10);
    CHECK(resets.connections_with_rst.left_out() > 50'000);
    CHECK(anomalies.statistics.retransmissions_by_connection.size() == 10);
    for (const anomaly_pattern& each : anomalies.patterns) {
        if (const auto* rst = std::get_if<rst_directional_asymmetry>(&each.details)) {
            CHECK(rst->affected_connections == resets.connections_with_rst);
        }
        if (const auto* again = std::get_if<packet_retransmission>(&each.details)) {
            CHECK(again->by_connection.items.size() == 10);
            CHECK(again->by_connection.total == anomalies.statistics.retransmissions_by_connection.total);
        }
    }
    CHECK(analyze_connections(connections).connections.size() == 10);
    CHECK(analyze_retransmissions(connections).by_connection.left_out() == 99'990);
    CHECK(list_connections(connections).left_out == 99'990);
    CHECK(analyze_anomalies(connections, {.limit = 0}).statistics.rst_distribution.by_source.empty());
}
