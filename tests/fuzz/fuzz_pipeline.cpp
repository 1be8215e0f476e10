// SPDX-License-Identifier: MIT
#include "../support/sound_time.hpp"
#include "require.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/capture.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/closing_observer.hpp>
#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>
#include <tcplens/connection/observers/time_observer.hpp>
#include <tcplens/connection/observers/time_series_observer.hpp>
#include <tcplens/connection/observers/wireshark_round_trips.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/zeek/zeek_observer.hpp>
#include <tcplens/connection/zeek/zeek_rules.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

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
    require(of.role_basis != role_basis::syn || both.syn > both.syn_ack);
    require(of.role_basis != role_basis::syn_ack || (both.syn > 0 && both.syn == both.syn_ack));
    require(of.handshake == handshake_state::incomplete || both.syn > 0);
    require(of.close_reason != close_reason::normal ||
            (of.closed && of.client_to_server.fin > 0 && of.server_to_client.fin > 0));
    require(of.close_reason != close_reason::reset || (of.closed && both.rst > 0));
    require(of.close_reason != close_reason::active || !of.closed);
    require(of.closed_by.has_value() ==
            (of.close_reason == close_reason::normal || of.close_reason == close_reason::reset));
}

/// What the four analyses say agrees with the connections, and with each other.
template <class Table>
void require_sound_analyses(const Table& table) {
    totals all;
    for (const connection& each : table) all.add(each);
    const std::uint64_t size = table.size();

    const connections_report report = analyze_connections(table, {.limit = SIZE_MAX});
    const connections_report::totals& summary = report.summary;
    require(summary.total_connections == size);
    require(summary.successful_handshakes + summary.failed_handshakes + summary.incomplete_handshakes == size);
    require(summary.established_connections == summary.successful_handshakes);
    require(summary.reset_connections + summary.normal_close + summary.active_connections <= size);
    require(report.connections.size() == size);
    totals described;
    for (const connections_report::row& each : report.connections) {
        described.packets += each.packets;
        described.retransmissions += each.retransmissions;
    }
    require(described.packets == all.packets && described.retransmissions == all.retransmissions);
    require(analyze_connections(table).connections.size() == std::min<std::uint64_t>(size, 10));

    const anomaly_report anomalies = analyze_anomalies(table);
    const anomaly_statistics& statistics = anomalies.statistics;
    require(statistics.total_connections == size && statistics.total_packets == all.packets);
    require(statistics.successful_handshakes == summary.successful_handshakes);
    require(statistics.failed_handshakes == summary.failed_handshakes);
    require(statistics.incomplete_handshakes == summary.incomplete_handshakes);
    require(statistics.flags.syn == all.syn && statistics.flags.syn_ack == all.syn_ack &&
            statistics.flags.ack == all.ack);
    require(statistics.flags.rst == all.rst && statistics.flags.fin == all.fin);
    const anomaly_statistics::state_counts& states = statistics.connection_states;
    require(states.established + states.reset + states.closed + states.unknown == size);
    require(states.reset == summary.reset_connections && states.closed == summary.normal_close);
    const anomaly_statistics::reset_distribution& rst = statistics.rst_distribution;
    require(rst.by_direction.to_server + rst.by_direction.from_server + rst.by_direction.unknown == all.rst);
    std::uint64_t by_source = 0;
    for (const auto& each : rst.by_source) by_source += each.rst;
    require(by_source == all.rst);
    require(statistics.total_retransmissions == all.retransmissions);
    require(anomalies.patterns.size() <= std::variant_size_v<anomaly_pattern::any_pattern> &&
            anomalies.summary.total_patterns == anomalies.patterns.size());
    std::uint64_t by_category = 0;
    for (const auto& each : anomalies.summary.by_category) by_category += each.patterns;
    require(by_category == anomalies.patterns.size());

    const retransmission_report again = analyze_retransmissions(table, {.limit = 3});
    require(again.total_packets == all.packets && again.total_retransmissions == all.retransmissions);
    require(again.retransmission_rate >= 0 && again.retransmission_rate <= 1);
    require(again.by_connection.size() == std::min<std::uint64_t>(size, 3));
    require(std::ranges::is_sorted(again.by_connection, std::ranges::greater{},
                                   &connection_retransmissions::retransmission_rate));
    require(again.summary.connections_above_threshold <= size);
    require(again.summary.worst_connection.has_value() == (all.retransmissions > 0));
    if (all.retransmissions > 0) require(again.summary.worst_connection == again.by_connection[0].connection);

    std::uint64_t servers = 0;
    for (const connection& each : table) {
        if (++servers > 20) break;
        const traffic_flow_report flow =
            analyze_traffic_flow(table, {.server = {.address = each.server.address, .port = each.server.port}});
        require(flow.client_to_server.packets >= each.client_to_server.packets);
        require(flow.server_to_client.packets >= each.server_to_client.packets);
        require(flow.client_to_server.packets + flow.server_to_client.packets <= all.packets);
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
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, rules};
    basic_connection_table other_key{table_options{.hash_key = hash_key{2}}, rules};
    basic_connection_table unsplit{table_options{.split_incarnations = false, .hash_key = hash_key{1}}, rules};

    capture_reader reader{input};
    for (const packet& each : reader) {
        const std::size_t before = table.size();
        const add_result added = table.add(each);
        require((added.connection != nullptr) == (added.outcome == packet_outcome::tcp));
        require(table.size() == before + (added.begins_connection ? 1 : 0));
        if (added.connection != nullptr) {
            require(&table[added.connection->number] == added.connection);
            require(added.connection->last_packet == each.number);
            require(added.connection->statistics(added.direction).packets > 0);
        } else {
            require(!added.begins_connection && added.verdict == verdict{});
        }
        using enum verdict_kinds;
        require(added.verdict.is_retransmission() || !added.verdict.has(fast_retransmission | spurious_retransmission));

        const add_result same = other_key.add(each);
        require(same.outcome == added.outcome && same.verdict == added.verdict && same.direction == added.direction);
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

void require_sound(const connection& of, const zeek_record& zeek) {
    const std::string_view history = zeek.history.view();
    require(!zeek.history.letters_lost || history.size() == zeek_history::capacity);
    require(history.find_first_not_of("SHAFRDCTWGIQ^shafrdctwgiq") == std::string_view::npos);
    require(to_string(zeek.conn_state).size() >= 2);
    require(zeek.duration.count() >= 0);
    // It passes over segments whose checksum is bad, or whose header was cut.
    const std::uint64_t packets = of.client_to_server.packets + of.server_to_client.packets;
    require(zeek.orig.packets + zeek.resp.packets <= packets);
    // No number that a segment bears moves more than half of what 32 bits hold, except a FIN's behind a SYN.
    require(zeek.orig.bytes + zeek.resp.bytes <= (packets * 3) << 32);
    require(zeek.missed_bytes <= (packets * 3) << 32);
}

/// What Zeek would log, of its own connections and of others.
template <class Rules>
void follow_zeek(std::span<const std::byte> input, const Rules& rules, const zeek_options& options) {
    const table_options how{.hash_key = hash_key{1}, .decoding = {.verify_checksums = options.standard_ports}};
    basic_connection_table table{how, rules, zeek_observer{options}};
    table_options unsplit_how = how;
    unsplit_how.split_incarnations = false;
    unsplit_how.hash_key = hash_key{2};
    basic_connection_table unsplit{unsplit_how, rules, zeek_observer{options}};
    capture_reader reader{input};
    for (const packet& each : reader) {
        const add_result added = table.add(each);
        if (added.connection != nullptr) require_sound(*added.connection, table[added.connection->number].zeek);
        unsplit.add(each);
    }
    require_sound(table);
    require(unsplit.size() <= table.size());
    for (const auto& each : unsplit) require_sound(each, each.zeek);
}

void require_sound(const connection_opening::syn_transmissions& of, std::uint64_t syns) {
    require(of.count <= syns);
    require(of.first_wait >= std::chrono::nanoseconds::zero() && of.longest_wait >= of.first_wait);
    require(of.count > 1 || of.longest_wait == std::chrono::nanoseconds::zero());
}

void require_sound(const connection& of, const connection_opening& told) {
    using enum opening_outcome;
    require_sound(told.client, of.client_to_server.syn);
    require_sound(told.server, of.server_to_client.syn);
    require((told.outcome == established) == (of.handshake == handshake_state::completed));
    const bool without_syn = told.outcome == midstream || told.outcome == unsolicited;
    require(told.outcome == established || without_syn == (of.role_basis != role_basis::syn));
    require(told.times.syn.has_value() == (told.client.count > 0));
    require(told.times.syn_ack.has_value() == (told.server.count > 0));
    require(!told.times.to_client || told.times.ack);
    for (const auto& [half, sent] :
         {std::pair{told.times.to_server, told.client}, std::pair{told.times.to_client, told.server}}) {
        if (half) require(half->transmission >= 1 && half->transmission <= sent.count);
    }
    require(told.syn_data_accepted == 0 || told.client.count > 0);
}

void require_sound(const connection_closing::fin_times& of, std::uint64_t fins, bool first) {
    require(!of.sent || fins > 0);
    require(!of.acknowledged || of.sent);
    require(!first || of.sent);
}

void require_sound(const connection& of, const connection_closing& told) {
    require_sound(told.client, of.client_to_server.fin, told.begun_by == direction::client_to_server);
    require_sound(told.server, of.server_to_client.fin, told.begun_by == direction::server_to_client);
    require(told.begun_by.has_value() == (told.client.sent || told.server.sent));
    const bool reset = of.close_reason == close_reason::reset;
    require(told.reset.has_value() == reset && told.reset_by == (reset ? of.closed_by : std::nullopt));
}

/// Observers change nothing of what the table tells, and their facts agree with it.
template <class Rules>
void observe(std::span<const std::byte> input, const Rules& rules, time_series::series_overflow overflow) {
    basic_connection_table plain{table_options{.hash_key = hash_key{1}}, rules};
    std::vector<time_series::time_bin> bins(8 + input.size() % 9);
    basic_connection_table observed{table_options{.hash_key = hash_key{1}},
                                    rules,
                                    opening_observer{},
                                    closing_observer{},
                                    wireshark_round_trips{16},
                                    time_series_observer{bins, {.overflow = overflow}}};
    capture_reader reader{input};
    for (const packet& each : reader) {
        const add_result expected = plain.add(each);
        const add_result added = observed.add(each);
        require(added.verdict == expected.verdict && added.begins_connection == expected.begins_connection);
        if (added.connection == nullptr) continue;
        const auto& of = observed[added.connection->number];
        require(*expected.connection == of);
        require_sound(of, of.opening);
        require_sound(of, of.closing);
        require(of.wireshark.last_acknowledgment.packet_number <= each.number);
    }
    const auto& counted = observed.template observer<time_series_observer>();
    time_series::time_bin sum;
    for (std::size_t i = 0; i < counted.series().size(); ++i) sum.add(counted.series()[i]);
    const std::uint64_t packets = sum.client_to_server.packets + sum.server_to_client.packets + counted.outside();
    require(packets <= observed.statistics().tcp);
    require(packets == observed.statistics().tcp || overflow == time_series::series_overflow::forget_oldest);
    for (const time_series::direction_bin& each : {sum.client_to_server, sum.server_to_client}) {
        require(each.new_bytes <= each.payload_bytes);
        require(each.retransmissions <= each.packets);
        require((each.rtt_samples == 0) == !each.mean_rtt());
        if (each.rtt_samples > 0) require(each.least_rtt <= *each.mean_rtt() && *each.mean_rtt() <= each.most_rtt);
    }
}

void require_sound(const direction_profile& told, const direction_statistics& counted) {
    require(told.unique_bytes + told.retransmitted_bytes + told.probe_bytes + told.duplicate_bytes +
                told.ignored_bytes ==
            counted.payload_bytes);
    require(told.retransmitted_packets + told.probe_packets + told.duplicate_packets <= counted.packets);
    require(told.hole_filling_packets + told.duplicate_packets <= counted.packets);
    require(told.pure_acks + told.duplicate_packets <= counted.packets && told.pure_acks <= counted.ack);
    require(told.dsack_packets <= told.sack_packets && told.sack_packets <= counted.ack);
    require(told.smallest_segment <= told.largest_segment);
    require(told.truncated_packets <= counted.data_packets && told.truncated_bytes <= counted.payload_bytes);
    require(told.window.least <= told.window.greatest && told.window.packets <= counted.packets);
    require(told.in_flight.least <= told.in_flight.greatest && told.in_flight.samples <= counted.packets);
    require(told.in_flight.byte_seconds >= 0 && told.in_flight.watched.count() >= 0);
    require(told.data_time.count() >= 0 && told.longest_silence.count() >= 0);
    require(told.triple_duplicate_acks <= told.duplicate_acks);
    const round_trip_statistics& trips = told.round_trip;
    require(trips.least.count() >= 0 && trips.least <= trips.greatest && trips.greatest <= std::chrono::hours{1});
    require(trips.least <= trips.smoothed && trips.smoothed <= trips.greatest);
    require(std::accumulate(trips.histogram.counts.begin(), trips.histogram.counts.end(), std::uint64_t{0}) ==
            trips.count);
    require(told.clock_round_trip.least <= told.clock_round_trip.greatest);
    require(told.retransmission_time.least.count() >= 0);
}

/// With the profiles of both directions, one of them with as little memory as there can be.
template <class Observer>
void follow_profiles(std::span<const std::byte> input) {
    basic_connection_table<evidence_rules, Observer> table{table_options{.hash_key = hash_key{1}}};
    capture_reader reader{input};
    for (const packet& each : reader) table.add(each);
    for (const auto& each : table) {
        require_sound(each.profile.client_to_server, each.client_to_server);
        require_sound(each.profile.server_to_client, each.server_to_client);
    }
}

template <class Rules>
void follow_time(std::span<const std::byte> input, const Rules& rules, bool split) {
    basic_connection_table table{table_options{.split_incarnations = split, .hash_key = hash_key{1}}, rules,
                                 time_observer{}};
    capture_reader reader{input};
    for (const packet& each : reader) {
        const add_result added = table.add(each);
        if (added.connection == nullptr) continue;
        const auto& seen = table[added.connection->number];
        require(is_sound(seen.time));
        require(seen.time.duration >= seen.last_time - seen.first_time);
    }
}

template <class Rules>
void follow_skew(std::span<const std::byte> input, const Rules& rules) {
    basic_connection_table table{table_options{.hash_key = hash_key{1}}, rules, skew_observer{}};
    capture_reader reader{input};
    for (const packet& each : reader) table.add(each);
    direction_skew::totals all;
    for (const auto& each : table) {
        for (const direction_skew::answer_times& times : {each.skew.to_server, each.skew.to_client}) {
            require(times.early <= times.count && times.least.has_value() == (times.count > 0));
            require(!times.prove_skew() || *times.least < std::chrono::nanoseconds::zero());
        }
        all.add(each.skew);
    }
    require(all.skewed >= all.varying && all.at_least.has_value() == (all.skewed > 0));
}

} // namespace

// Input: a capture.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = std::as_bytes(std::span{data, size});
    follow(input, evidence_rules{});
    follow(input, repeated_sequence_rules{64, hash_key{1}});
    follow(input, wireshark_rules{});
    follow(input, zeek_rules{});
    follow_zeek(input, zeek_rules{}, {});
    follow_zeek(input, zeek_rules{{.standard_ports = false, .handshake_shows_server = true}},
                {.standard_ports = false, .handshake_shows_server = true});
    follow_zeek(input, evidence_rules{}, {});
    observe(input, evidence_rules{}, time_series::series_overflow::widen);
    observe(input, wireshark_rules{}, time_series::series_overflow::forget_oldest);
    follow_profiles<profile_observer>(input);
    follow_profiles<basic_profile_observer<2, 4>>(input);
    follow_time(input, evidence_rules{}, true);
    follow_time(input, evidence_rules{}, false);
    follow_time(input, repeated_sequence_rules{64, hash_key{1}}, false);
    follow_skew(input, evidence_rules{});
    follow_skew(input, wireshark_rules{});
    return 0;
}
