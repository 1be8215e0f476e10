// SPDX-License-Identifier: MIT
#include "require.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/wireshark_rules.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

using namespace tcplens;

namespace {

/// Both directions of a connection, or of many.
struct totals {
    std::uint64_t packets = 0;
    std::uint64_t data_packets = 0;
    std::uint64_t syn = 0;
    std::uint64_t syn_ack = 0;
    std::uint64_t ack = 0;
    std::uint64_t rst = 0;
    std::uint64_t fin = 0;
    std::uint64_t retransmissions = 0;

    void add(const direction_statistics& of) {
        packets += of.packets;
        data_packets += of.data_packets;
        syn += of.syn;
        syn_ack += of.syn_ack;
        ack += of.ack;
        rst += of.rst;
        fin += of.fin;
        retransmissions += of.retransmissions;
    }
    void add(const connection& of) {
        add(of.client_to_server);
        add(of.server_to_client);
    }
};

void require_sound(const direction_statistics& of) {
    require(of.syn <= of.packets && of.rst <= of.packets && of.fin <= of.packets && of.ack <= of.packets);
    require(of.syn_ack <= of.syn && of.syn_ack <= of.ack);
    require(of.data_packets <= of.packets && of.data_packets <= of.payload_bytes);
    require((of.data_packets == 0) == (of.payload_bytes == 0));
    require(of.retransmissions <= of.data_packets + of.syn + of.fin); // what takes up no sequence number is never one
    require(of.wire_bytes >= 40 * of.packets);
}

void require_sound(const connection& of) {
    require_sound(of.client_to_server);
    require_sound(of.server_to_client);
    totals both;
    both.add(of);
    require(both.packets > 0);
    require(of.first_packet > 0 && of.first_packet <= of.last_packet);
    require(of.last_packet - of.first_packet + 1 >= both.packets);
    require(!of.role_guessed() || both.syn == 0);
    require(of.known_by != role_basis::syn || both.syn > both.syn_ack);
    require(of.known_by != role_basis::syn_ack || (both.syn > 0 && both.syn == both.syn_ack));
    require(of.handshake == handshake_state::incomplete || both.syn > 0);
    require(of.close != close_reason::normal ||
            (of.closed && of.client_to_server.fin > 0 && of.server_to_client.fin > 0));
    require(of.close != close_reason::reset || (of.closed && both.rst > 0));
    require(of.close != close_reason::active || !of.closed);
    require(of.closed_by.has_value() == (of.close == close_reason::normal || of.close == close_reason::reset));
}

/// What the four analyses say agrees with the connections, and with each other.
template <class Table>
void require_sound_analyses(const Table& table) {
    totals all;
    for (const connection& each : table) all.add(each);
    const std::uint64_t size = table.size();

    const connection_report report = analyze_connections(table, {.detailed = true});
    const connection_summary& summary = report.summary;
    require(summary.total_connections == size);
    require(summary.successful_handshakes + summary.failed_handshakes + summary.incomplete_handshakes == size);
    require(summary.established_connections == summary.successful_handshakes);
    require(summary.reset_connections + summary.normal_close + summary.active_connections <= size);
    require(report.connections.size() == size);
    totals described;
    for (const connection_description& each : report.connections) {
        described.packets += each.packet_count;
        described.retransmissions += each.retransmissions;
    }
    require(described.packets == all.packets && described.retransmissions == all.retransmissions);
    require(analyze_connections(table).connections.size() == std::min<std::uint64_t>(size, 10));

    const anomaly_report anomalies = analyze_anomalies(table);
    const anomaly_statistics& statistics = anomalies.statistics;
    require(statistics.total_connections == size && statistics.total_packets == all.packets);
    require(statistics.handshake.successful == summary.successful_handshakes);
    require(statistics.handshake.failed == summary.failed_handshakes);
    require(statistics.handshake.incomplete == summary.incomplete_handshakes);
    require(statistics.flags.syn == all.syn && statistics.flags.syn_ack == all.syn_ack &&
            statistics.flags.ack == all.ack);
    require(statistics.flags.rst == all.rst && statistics.flags.fin == all.fin);
    const connection_state_counts& states = statistics.connection_states;
    require(states.established + states.reset + states.closed + states.unknown == size);
    require(states.reset == summary.reset_connections && states.closed == summary.normal_close);
    const rst_distribution& rst = statistics.rst_distribution;
    require(rst.by_direction.to_server + rst.by_direction.from_server + rst.by_direction.unknown == all.rst);
    std::uint64_t by_source = 0;
    for (const address_count& each : rst.by_source) by_source += each.count;
    require(by_source == all.rst);
    require(statistics.retransmissions.total == all.retransmissions);
    require(anomalies.patterns.size() <= 5 && anomalies.summary.total_patterns == anomalies.patterns.size());
    std::uint64_t by_category = 0;
    for (const category_count& each : anomalies.summary.by_category) by_category += each.count;
    require(by_category == anomalies.patterns.size());

    const retransmission_report again = analyze_retransmissions(table, {.worst_count = 3});
    require(again.total_packets == all.packets && again.total_retransmissions == all.retransmissions);
    require(again.retransmission_rate >= 0 && again.retransmission_rate <= 1);
    require(again.by_connection.size() == std::min<std::uint64_t>(size, 3));
    require(
        std::ranges::is_sorted(again.by_connection, std::ranges::greater{}, &connection_retransmissions::retrans_rate));
    require(again.summary.connections_above_threshold <= size);
    require(again.summary.worst_connection.has_value() == (all.retransmissions > 0));
    if (all.retransmissions > 0) require(again.summary.worst_connection == again.by_connection.front().connection);

    std::uint64_t servers = 0;
    for (const connection& each : table) {
        if (++servers > 20) break;
        const traffic_flow_report flow =
            analyze_traffic_flow(table, each.server.address, {.server_port = each.server.port});
        require(flow.client_to_server.packet_count >= each.client_to_server.packets);
        require(flow.server_to_client.packet_count >= each.server_to_client.packets);
        require(flow.client_to_server.packet_count + flow.server_to_client.packet_count <= all.packets);
        require(flow.analysis.asymmetry_ratio >= 0);
        require(flow.analysis.interpretation.ends_with('.'));
    }
}

template <class Table>
void require_sound(const Table& table) {
    const decode_statistics& counted = table.statistics();
    require(counted.packets == counted.tcp + counted.not_tcp + counted.fragments + counted.truncated +
                                   counted.malformed + counted.unsupported_link);
    totals all;
    std::uint64_t number = 0;
    for (const connection& each : table) {
        require(each.number == number++);
        require_sound(each);
        all.add(each);
    }
    require(number == table.size());
    require(all.packets == counted.tcp);
    require_sound_analyses(table);
}

/// The whole way, with one rule set: whatever the key, and whatever is split.
template <class Rules>
void follow(std::span<const std::byte> input, const Rules& rules) {
    basic_connection_table table{table_options{.key = hash_key{1}}, rules};
    basic_connection_table other_key{table_options{.key = hash_key{2}}, rules};
    basic_connection_table unsplit{table_options{.split_incarnations = false, .key = hash_key{1}}, rules};

    capture_reader reader{input};
    for (const packet& each : reader) {
        const std::size_t before = table.size();
        const add_result added = table.add(each);
        require((added.connection != nullptr) == (added.outcome == packet_outcome::tcp));
        require(table.size() == before + (added.begins_connection ? 1 : 0));
        if (added.connection != nullptr) {
            require(&table[added.connection->number] == added.connection);
            require(added.connection->last_packet == each.number);
            require(added.connection->statistics(added.way).packets > 0);
        } else {
            require(!added.begins_connection && added.verdict == verdict{});
        }
        using enum verdict_names;
        require(added.verdict.is_retransmission() || !added.verdict.has(fast_retransmission | spurious_retransmission));

        const add_result same = other_key.add(each);
        require(same.outcome == added.outcome && same.verdict == added.verdict && same.way == added.way);
        require(unsplit.add(each).outcome == added.outcome);
    }
    require(table.statistics().packets == reader.packets());
    require(other_key.statistics() == table.statistics() && unsplit.statistics() == table.statistics());
    require(std::ranges::equal(table, other_key));
    require(unsplit.size() <= table.size());
    require_sound(table);
    require_sound(unsplit);
    if constexpr (std::is_same_v<Rules, repeated_sequence_rules>) {
        for (const connection& each : table) {
            require(each.client_to_server.retransmissions <= each.client_to_server.data_packets);
            require(each.server_to_client.retransmissions <= each.server_to_client.data_packets);
        }
    }
}

/// Each instant of each connection was spent on one thing.
void require_sound(const time_attribution& of) {
    using std::chrono::nanoseconds;
    for (const nanoseconds part : {of.handshake, of.sender_application, of.receiver_window, of.loss_recovery, of.path,
                                   of.receiver_application, of.teardown, of.retransmission_timeout}) {
        require(part >= nanoseconds::zero() && part <= of.duration);
    }
    require(of.sum() == of.duration && of.retransmission_timeout <= of.loss_recovery);
    for (const sending_times& each : {of.client_to_server, of.server_to_client}) {
        require(nanoseconds::zero() <= each.receiver_limited && each.receiver_limited <= each.busy);
        require(each.busy <= of.duration);
    }
}

template <class Rules>
void follow_time(std::span<const std::byte> input, const Rules& rules, bool split) {
    basic_connection_table table{table_options{.split_incarnations = split, .key = hash_key{1}}, rules,
                                 time_observer{}};
    capture_reader reader{input};
    for (const packet& each : reader) {
        const add_result added = table.add(each);
        if (added.connection == nullptr) continue;
        const auto& seen = table[added.connection->number];
        require_sound(seen.time);
        require(seen.time.duration >= seen.last_time - seen.first_time);
    }
}

} // namespace

// Input: a capture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span{data, size});
    follow(input, evidence_rules{});
    follow(input, repeated_sequence_rules{64, hash_key{1}});
    follow(input, wireshark_rules{});
    follow_time(input, evidence_rules{}, true);
    follow_time(input, evidence_rules{}, false);
    follow_time(input, repeated_sequence_rules{64, hash_key{1}}, false);
    return 0;
}
