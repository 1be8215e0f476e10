// SPDX-License-Identifier: MIT
// The columns of `connections` in csv and json.

#include "connections_columns.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace program {

namespace {

using tcplens::timestamp;
using row = tcplens::detailed_connection;

template <std::size_t Number>
plain_cell time_part_ns(const row& of, timestamp) {
    return of.time.*time_parts[Number].member;
}

std::optional<std::string_view> longest_part_name(const row& of) {
    const time_part* const part = longest_part(of.time);
    return part ? std::optional{part->name} : std::nullopt;
}

double retransmission_rate(const row& of) {
    return static_cast<double>(retransmissions_of(of)) / static_cast<double>(packets_of(of)); // there is a packet
}

constexpr connection_column of_connections[]{
    {"number", [](const row& of, timestamp) -> plain_cell { return of.number; }},
    {"client", [](const row& of, timestamp) -> plain_cell { return std::string_view{to_string(of.client.address)}; }},
    {"client_port", [](const row& of, timestamp) -> plain_cell { return of.client.port; }},
    {"server", [](const row& of, timestamp) -> plain_cell { return std::string_view{to_string(of.server.address)}; }},
    {"server_port", [](const row& of, timestamp) -> plain_cell { return of.server.port; }},
    {"role_guessed", [](const row& of, timestamp) -> plain_cell { return of.role_guessed(); }},
    {"role_basis", [](const row& of, timestamp) -> plain_cell { return to_string(of.role_basis); }},
    {"state", [](const row& of, timestamp) -> plain_cell { return state_of(of); }},
    {"opening", [](const row& of, timestamp) -> plain_cell { return to_string(of.opening.outcome); }},
    {"close_reason", [](const row& of, timestamp) -> plain_cell { return to_string(of.close_reason); }},
    {"closed_by", [](const row& of, timestamp) -> plain_cell { return of.closed_by; }},
    {"zeek_conn_state", [](const row& of, timestamp) -> plain_cell { return to_string(of.zeek.conn_state); }},
    {"zeek_history", [](const row& of, timestamp) -> plain_cell { return of.zeek.history.view(); }},
    {"first_packet", [](const row& of, timestamp) -> plain_cell { return of.first_packet; }},
    {"last_packet", [](const row& of, timestamp) -> plain_cell { return of.last_packet; }},
    {"first_time_ns", [](const row& of, timestamp) -> plain_cell { return of.first_time; }},
    {"last_time_ns", [](const row& of, timestamp) -> plain_cell { return of.last_time; }},
    {"relative_start_ns", [](const row& of, timestamp begin) -> plain_cell { return of.first_time - begin; }},
    {"duration_ns", [](const row& of, timestamp) -> plain_cell { return of.time.duration; }},
    {"packets", [](const row& of, timestamp) -> plain_cell { return packets_of(of); }},
    {"wire_bytes", [](const row& of, timestamp) -> plain_cell { return wire_bytes_of(of); }},
    {"unique_bytes", [](const row& of, timestamp) -> plain_cell { return unique_bytes_of(of); }},
    {"retransmissions", [](const row& of, timestamp) -> plain_cell { return retransmissions_of(of); }},
    {"retransmission_rate", [](const row& of, timestamp) -> plain_cell { return retransmission_rate(of); }},
    {"rtt_ns", [](const row& of, timestamp) -> plain_cell { return round_trip_of(of); }},
    {"handshake_rtt_ns", [](const row& of, timestamp) -> plain_cell { return of.opening.times.rtt(); }},
    {"handshake_rtt_certain", [](const row& of, timestamp) -> plain_cell { return of.opening.times.certain(); }},
    {"goodput_bytes_per_s", [](const row& of, timestamp) -> plain_cell { return goodput_of(of); }},
    {"most_time_in", [](const row& of, timestamp) -> plain_cell { return longest_part_name(of); }},
    {"handshake_time_ns", time_part_ns<0>},
    {"path_time_ns", time_part_ns<1>},
    {"loss_recovery_time_ns", time_part_ns<2>},
    {"receiver_window_time_ns", time_part_ns<3>},
    {"receiver_application_time_ns", time_part_ns<4>},
    {"sender_application_time_ns", time_part_ns<5>},
    {"teardown_time_ns", time_part_ns<6>},
    {"retransmission_timeout_time_ns",
     [](const row& of, timestamp) -> plain_cell { return of.time.retransmission_timeout; }},
};

std::optional<double> mean_segment(const directed& way) {
    return directed::if_any(way.counts.data_packets, static_cast<double>(way.counts.payload_bytes) /
                                                         static_cast<double>(way.counts.data_packets));
}

/// `count` of samples, and their mean, which are present if there is one.
template <class Statistics>
std::optional<std::chrono::nanoseconds> mean_of(const Statistics& samples) {
    return directed::if_any(samples.count, samples.mean());
}
template <class Statistics>
std::optional<std::chrono::nanoseconds> least_of(const Statistics& samples) {
    return directed::if_any(samples.count, samples.least);
}
template <class Statistics>
std::optional<std::chrono::nanoseconds> greatest_of(const Statistics& samples) {
    return directed::if_any(samples.count, samples.greatest);
}

std::optional<std::chrono::nanoseconds> handshake_half(const directed& way) {
    return way.handshake ? way.handshake->rtt() : std::nullopt;
}

std::optional<std::chrono::nanoseconds> time_to_first_byte(const directed& way) {
    if (!way.profile.first_data_time) return std::nullopt;
    return *way.profile.first_data_time - way.connection.first_time;
}

constexpr direction_column of_directions[]{
    {"packets", [](const directed& way) -> plain_cell { return way.counts.packets; }},
    {"wire_bytes", [](const directed& way) -> plain_cell { return way.counts.wire_bytes; }},
    {"payload_bytes", [](const directed& way) -> plain_cell { return way.counts.payload_bytes; }},
    {"unique_bytes", [](const directed& way) -> plain_cell { return way.profile.unique_bytes; }},
    {"data_packets", [](const directed& way) -> plain_cell { return way.counts.data_packets; }},
    {"retransmissions", [](const directed& way) -> plain_cell { return way.counts.retransmissions; }},
    {"retransmitted_packets", [](const directed& way) -> plain_cell { return way.profile.retransmitted_packets; }},
    {"retransmitted_bytes", [](const directed& way) -> plain_cell { return way.profile.retransmitted_bytes; }},
    {"out_of_order_packets", [](const directed& way) -> plain_cell { return way.profile.out_of_order_packets; }},
    {"hole_filling_packets", [](const directed& way) -> plain_cell { return way.profile.hole_filling_packets; }},
    {"duplicate_packets", [](const directed& way) -> plain_cell { return way.profile.duplicate_packets; }},
    {"duplicate_bytes", [](const directed& way) -> plain_cell { return way.profile.duplicate_bytes; }},
    {"probe_packets", [](const directed& way) -> plain_cell { return way.profile.probe_packets; }},
    {"probe_bytes", [](const directed& way) -> plain_cell { return way.profile.probe_bytes; }},
    {"ignored_bytes", [](const directed& way) -> plain_cell { return way.profile.ignored_bytes; }},
    {"ack_packets", [](const directed& way) -> plain_cell { return way.counts.ack; }},
    {"pure_ack_packets", [](const directed& way) -> plain_cell { return way.profile.pure_acks; }},
    {"sack_packets", [](const directed& way) -> plain_cell { return way.profile.sack_packets; }},
    {"dsack_packets", [](const directed& way) -> plain_cell { return way.profile.dsack_packets; }},
    {"most_sack_blocks", [](const directed& way) -> plain_cell { return way.profile.most_sack_blocks; }},
    {"syn_packets", [](const directed& way) -> plain_cell { return way.counts.syn; }},
    {"syn_ack_packets", [](const directed& way) -> plain_cell { return way.counts.syn_ack; }},
    {"fin_packets", [](const directed& way) -> plain_cell { return way.counts.fin; }},
    {"rst_packets", [](const directed& way) -> plain_cell { return way.counts.rst; }},
    {"pushed_packets", [](const directed& way) -> plain_cell { return way.profile.pushed_packets; }},
    {"urgent_packets", [](const directed& way) -> plain_cell { return way.profile.urgent_packets; }},
    {"truncated_packets", [](const directed& way) -> plain_cell { return way.profile.truncated_packets; }},
    {"truncated_bytes", [](const directed& way) -> plain_cell { return way.profile.truncated_bytes; }},
    {"mss_bytes", [](const directed& way) -> plain_cell { return way.syns.offers.maximum_segment_size; }},
    {"window_scale", [](const directed& way) -> plain_cell { return way.syns.offers.window_scale; }},
    {"offers_sack", [](const directed& way) -> plain_cell { return way.if_syn(way.syns.offers.sack); }},
    {"offers_timestamps", [](const directed& way) -> plain_cell { return way.if_syn(way.syns.offers.timestamps); }},
    {"offers_ecn", [](const directed& way) -> plain_cell { return way.if_syn(way.syns.offers.ecn); }},
    {"least_segment_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.smallest_segment, way.profile.smallest_segment);
     }},
    {"greatest_segment_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.largest_segment, way.profile.largest_segment);
     }},
    {"mean_segment_bytes", [](const directed& way) -> plain_cell { return mean_segment(way); }},
    {"least_window_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.window.least, way.profile.window.least);
     }},
    {"greatest_window_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.window.packets, way.profile.window.greatest);
     }},
    {"mean_window_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.window.packets, way.profile.window.mean());
     }},
    {"zero_window_packets", [](const directed& way) -> plain_cell { return way.profile.window.zeros; }},
    {"initial_window_bytes", [](const directed& way) -> plain_cell { return way.profile.initial_window_bytes; }},
    {"initial_window_packets", [](const directed& way) -> plain_cell { return way.profile.initial_window_packets; }},
    {"least_in_flight_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.in_flight.least, way.profile.in_flight.least);
     }},
    {"greatest_in_flight_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.in_flight.samples, way.profile.in_flight.greatest);
     }},
    {"mean_in_flight_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.in_flight.samples, way.profile.in_flight.mean());
     }},
    {"mean_over_time_in_flight_bytes",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.in_flight.samples, way.profile.in_flight.mean_over_time());
     }},
    {"stream_length_bytes", [](const directed& way) -> plain_cell { return way.profile.stream_length(); }},
    {"missed_bytes", [](const directed& way) -> plain_cell { return way.profile.missed_bytes(); }},
    {"throughput_bytes_per_s",
     [](const directed& way) -> plain_cell { return way.profile.throughput(way.connection.time.duration); }},
    {"goodput_bytes_per_s",
     [](const directed& way) -> plain_cell { return way.profile.goodput(way.connection.time.duration); }},
    {"time_to_first_byte_ns", [](const directed& way) -> plain_cell { return time_to_first_byte(way); }},
    {"data_time_ns", [](const directed& way) -> plain_cell { return way.profile.data_time; }},
    {"longest_silence_ns", [](const directed& way) -> plain_cell { return way.profile.longest_silence; }},
    {"handshake_rtt_ns", [](const directed& way) -> plain_cell { return handshake_half(way); }},
    {"rtt_samples", [](const directed& way) -> plain_cell { return way.profile.round_trip.count; }},
    {"least_rtt_ns", [](const directed& way) -> plain_cell { return least_of(way.profile.round_trip); }},
    {"mean_rtt_ns", [](const directed& way) -> plain_cell { return mean_of(way.profile.round_trip); }},
    {"greatest_rtt_ns", [](const directed& way) -> plain_cell { return greatest_of(way.profile.round_trip); }},
    {"rtt_standard_deviation_ns",
     [](const directed& way) -> plain_cell {
         return directed::if_any(way.profile.round_trip.count, way.profile.round_trip.standard_deviation());
     }},
    {"kernel_least_rtt_ns", [](const directed& way) -> plain_cell { return way.profile.kernel_min_rtt; }},
    {"clock_rtt_samples", [](const directed& way) -> plain_cell { return way.profile.clock_round_trip.count; }},
    {"least_clock_rtt_ns", [](const directed& way) -> plain_cell { return least_of(way.profile.clock_round_trip); }},
    {"mean_clock_rtt_ns", [](const directed& way) -> plain_cell { return mean_of(way.profile.clock_round_trip); }},
    {"greatest_clock_rtt_ns",
     [](const directed& way) -> plain_cell { return greatest_of(way.profile.clock_round_trip); }},
    {"ambiguous_acks", [](const directed& way) -> plain_cell { return way.profile.ambiguous_acks; }},
    {"post_loss_acks", [](const directed& way) -> plain_cell { return way.profile.post_loss_acks; }},
    {"cumulative_acks", [](const directed& way) -> plain_cell { return way.profile.cumulative_acks; }},
    {"duplicate_acks", [](const directed& way) -> plain_cell { return way.profile.duplicate_acks; }},
    {"triple_duplicate_acks", [](const directed& way) -> plain_cell { return way.profile.triple_duplicate_acks; }},
    {"most_retransmissions_of_a_segment",
     [](const directed& way) -> plain_cell { return way.profile.most_retransmissions; }},
    {"least_retransmission_time_ns",
     [](const directed& way) -> plain_cell { return least_of(way.profile.retransmission_time); }},
    {"mean_retransmission_time_ns",
     [](const directed& way) -> plain_cell { return mean_of(way.profile.retransmission_time); }},
    {"greatest_retransmission_time_ns",
     [](const directed& way) -> plain_cell { return greatest_of(way.profile.retransmission_time); }},
    {"busy_time_ns", [](const directed& way) -> plain_cell { return way.sending.busy; }},
    {"receiver_limited_time_ns", [](const directed& way) -> plain_cell { return way.sending.receiver_limited; }},
    {"send_buffer_limited_time_ns", [](const directed& way) -> plain_cell { return way.sending.send_buffer_limited; }},
};

} // namespace

std::vector<column> all_columns() {
    // What a column is called stays where it is.
    static const std::vector<std::string> of_both = [] {
        std::vector<std::string> names;
        for (const direction_column& each : of_directions) {
            for (const std::string_view way : {"to_server_", "to_client_"})
                names.push_back(std::string{way}.append(each.name));
        }
        return names;
    }();
    std::vector<column> all;
    for (const connection_column& each : of_connections) all.push_back({.name = each.name, .title = {}});
    for (const std::string& each : of_both) all.push_back({.name = each, .title = {}});
    return all;
}

std::vector<cell> cells_of(const tcplens::detailed_connection& of, timestamp capture_begins) {
    std::vector<cell> cells;
    cells.reserve(std::size(of_connections) + 2 * std::size(of_directions));
    for (const connection_column& each : of_connections) cells.push_back(each.value(of, capture_begins).for_programs());
    const directed to_server{of, tcplens::direction::client_to_server};
    const directed to_client{of, tcplens::direction::server_to_client};
    for (const direction_column& each : of_directions) {
        cells.push_back(each.value(to_server).for_programs());
        cells.push_back(each.value(to_client).for_programs());
    }
    return cells;
}

} // namespace program
