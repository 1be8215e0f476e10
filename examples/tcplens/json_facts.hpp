// SPDX-License-Identifier: MIT
#pragma once

// What observers tell of a connection, as JSON: fields have the names of the structs'. Durations and moments are whole
// nanoseconds in fields that end in _ns, moments since 1970; fields that end in _us are microseconds, with a fraction.

#include <tcplens/connection.hpp>
#include <tcplens/connection/detailed/detailed_connection_table.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

// nlohmann-json finds these by the namespace of the types.
namespace tcplens::inline v1 {

// --- opening and closing

/// null where there is none.
template <class Value, class Make>
nlohmann::ordered_json value_or_null(const std::optional<Value>& from, Make make) {
    return from ? nlohmann::ordered_json(make(*from)) : nlohmann::ordered_json(nullptr);
}
template <class Value>
nlohmann::ordered_json value_or_null(const std::optional<Value>& from) {
    return value_or_null(from, [](const Value& value) { return value; });
}
inline nlohmann::ordered_json name_or_null(const std::optional<direction>& from) {
    return value_or_null(from, [](direction direction) { return to_string(direction); });
}
inline nlohmann::ordered_json nanoseconds_or_null(const std::optional<timestamp>& from) {
    return value_or_null(from, [](timestamp time) { return time.time_since_epoch().count(); });
}
inline nlohmann::ordered_json nanoseconds_or_null(const std::optional<std::chrono::nanoseconds>& from) {
    return value_or_null(from, [](std::chrono::nanoseconds time) { return time.count(); });
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening::offered_options& from) {
    out = {{"maximum_segment_size", value_or_null(from.maximum_segment_size)},
           {"window_scale", value_or_null(from.window_scale)},
           {"sack", from.sack},
           {"timestamps", from.timestamps},
           {"ecn", from.ecn},
           {"fast_open_cookie_length", value_or_null(from.fast_open)},
           {"data", from.data},
           {"cut", from.cut}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening::agreed_options& from) {
    out = {{"maximum_segment_size", value_or_null(from.maximum_segment_size)},
           {"window_scale", from.window_scale},
           {"sack", from.sack},
           {"timestamps", from.timestamps},
           {"ecn", from.ecn}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening::syn_transmissions& from) {
    out = {{"count", from.count},
           {"retries", from.retries()},
           {"first_wait_ns", from.first_wait.count()},
           {"longest_wait_ns", from.longest_wait.count()},
           {"offers", from.offers}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening::handshake_half& from) {
    out = {{"rtt_ns", nanoseconds_or_null(from.rtt())}, {"transmission", from.transmission}, {"certain", from.certain}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening::handshake_times& from) {
    const auto as_json = [](const connection_opening::handshake_half& half) { return nlohmann::ordered_json(half); };
    out = {{"syn_ns", nanoseconds_or_null(from.syn)},
           {"syn_ack_ns", nanoseconds_or_null(from.syn_ack)},
           {"ack_ns", nanoseconds_or_null(from.ack)},
           {"to_server", value_or_null(from.to_server, as_json)},
           {"to_client", value_or_null(from.to_client, as_json)},
           {"rtt_ns", nanoseconds_or_null(from.rtt())},
           {"certain", from.certain()}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_opening& from) {
    out = {{"outcome", to_string(from.outcome)},
           {"simultaneous", from.simultaneous},
           {"times", from.times},
           {"client", from.client},
           {"server", from.server},
           {"agreed",
            value_or_null(from.agreed(),
                          [](const connection_opening::agreed_options& both) { return nlohmann::ordered_json(both); })},
           {"syn_data_accepted", from.syn_data_accepted}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_closing::fin_times& from) {
    out = {{"fin_ns", nanoseconds_or_null(from.sent)}, {"acknowledged_ns", nanoseconds_or_null(from.acknowledged)}};
}

inline void to_json(nlohmann::ordered_json& out, const connection_closing& from) {
    out = {{"client", from.client},
           {"server", from.server},
           {"begun_by", name_or_null(from.begun_by)},
           {"reset_by", name_or_null(from.reset_by)},
           {"reset_ns", nanoseconds_or_null(from.reset)}};
}

// --- directions

inline double microseconds(std::chrono::nanoseconds from) {
    return static_cast<double>(from.count()) / 1000;
}

inline void to_json(nlohmann::ordered_json& out, const direction_profile::window_statistics& from) {
    out = {{"packets", from.packets},
           {"min", from.least},
           {"max", from.greatest},
           {"mean", from.mean()},
           {"zero_count", from.zeros}};
}

inline void to_json(nlohmann::ordered_json& out, const direction_profile::flight_statistics& from) {
    out = {{"samples", from.samples},
           {"min", from.least},
           {"max", from.greatest},
           {"mean", from.mean()},
           {"mean_over_time", from.mean_over_time()}};
}

inline void to_json(nlohmann::ordered_json& out, const duration_statistics& from) {
    out = {{"count", from.count},
           {"min_ns", from.least.count()},
           {"max_ns", from.greatest.count()},
           {"mean_ns", from.mean().count()}};
}

/// Buckets that counted something, by their lower bound.
inline void to_json(nlohmann::ordered_json& out, const duration_histogram& from) {
    out = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < duration_histogram::size; ++i) {
        if (from.counts[i] == 0) continue;
        out.push_back({{"from_ns", duration_histogram::lower_bound(i).count()}, {"count", from.counts[i]}});
    }
}

inline void to_json(nlohmann::ordered_json& out, const round_trip_statistics& from) {
    out = {{"count", from.count},
           {"min_ns", from.least.count()},
           {"max_ns", from.greatest.count()},
           {"mean_ns", from.mean().count()},
           {"standard_deviation_ns", from.standard_deviation().count()},
           {"smoothed_ns", from.smoothed.count()},
           {"variation_ns", from.variation.count()},
           {"histogram", from.histogram}};
}

/// What only the connection knows is added by direction_json().
inline void to_json(nlohmann::ordered_json& out, const direction_profile& from) {
    out = {{"unique_bytes", from.unique_bytes},
           {"retransmitted_bytes", from.retransmitted_bytes},
           {"retransmitted_packets", from.retransmitted_packets},
           {"certain_retransmissions", from.certain_retransmissions},
           {"possible_retransmissions", from.possible_retransmissions},
           {"probe_packets", from.probe_packets},
           {"probe_bytes", from.probe_bytes},
           {"duplicate_packets", from.duplicate_packets},
           {"duplicate_bytes", from.duplicate_bytes},
           {"ignored_bytes", from.ignored_bytes},
           {"hole_filling_packets", from.hole_filling_packets},
           {"out_of_order_packets", from.out_of_order_packets},
           {"pushed_packets", from.pushed_packets},
           {"urgent_packets", from.urgent_packets},
           {"truncated_packets", from.truncated_packets},
           {"truncated_bytes", from.truncated_bytes},
           {"smallest_segment", from.smallest_segment},
           {"largest_segment", from.largest_segment},
           {"initial_window_bytes", from.initial_window_bytes},
           {"initial_window_packets", from.initial_window_packets},
           {"stream_bytes", from.stream_bytes},
           {"stream_length",
            from.stream_length() ? nlohmann::ordered_json(*from.stream_length()) : nlohmann::ordered_json()},
           {"missed_bytes", from.missed_bytes()},
           {"capture_loss_rate", from.capture_loss_rate()},
           {"sequence_jumps", from.sequence_jumps},
           {"pure_acks", from.pure_acks},
           {"sack_packets", from.sack_packets},
           {"dsack_packets", from.dsack_packets},
           {"most_sack_blocks", from.most_sack_blocks},
           {"window", from.window},
           {"bytes_in_flight", from.in_flight},
           {"data_time_ns", from.data_time.count()},
           {"longest_silence_ns", from.longest_silence.count()},
           {"rtt_min_us", from.kernel_min_rtt ? nlohmann::ordered_json(microseconds(*from.kernel_min_rtt))
                                              : nlohmann::ordered_json()},
           {"round_trip", from.round_trip},
           {"clock_round_trip", from.clock_round_trip},
           {"ambiguous_acks", from.ambiguous_acks},
           {"post_loss_acks", from.post_loss_acks},
           {"cumulative_acks", from.cumulative_acks},
           {"duplicate_acks", from.duplicate_acks},
           {"triple_duplicate_acks", from.triple_duplicate_acks},
           {"retransmission_time", from.retransmission_time},
           {"most_retransmissions", from.most_retransmissions},
           {"unfollowed_sends", from.unfollowed_sends},
           {"forgotten_ranges", from.forgotten_ranges},
           {"rtt_min_exact_us", from.round_trip.count > 0 ? nlohmann::ordered_json(microseconds(from.round_trip.least))
                                                          : nlohmann::ordered_json()}};
}

/// One direction: its counts, and its profile, in one object. `elapsed`: the duration of the connection.
inline nlohmann::ordered_json direction_json(const connection& of, std::chrono::nanoseconds elapsed,
                                             const direction_profile& profile, direction direction) {
    const direction_statistics& counts = of.statistics(direction);
    nlohmann::ordered_json out = {{"packets", counts.packets},
                                  {"data_packets", counts.data_packets},
                                  {"ack_packets", counts.ack},
                                  {"wire_bytes", counts.wire_bytes},
                                  {"payload_bytes", counts.payload_bytes}};
    out.update(nlohmann::ordered_json(profile));
    const double data_packets = static_cast<double>(counts.data_packets);
    out["mean_segment"] = counts.data_packets == 0 ? 0 : static_cast<double>(counts.payload_bytes) / data_packets;
    out["throughput"] = profile.throughput(elapsed);
    out["goodput"] = profile.goodput(elapsed);
    out["time_to_first_byte_ns"] = profile.first_data_time
                                       ? nlohmann::ordered_json((*profile.first_data_time - of.first_time).count())
                                       : nlohmann::ordered_json();
    return out;
}

/// `directions` of a connection.
inline nlohmann::ordered_json directions_json(const auto& of) {
    const std::chrono::nanoseconds elapsed = of.time.duration;
    const direction_profiles& from = of.profile;
    return {{"client_to_server", direction_json(of, elapsed, from.client_to_server, direction::client_to_server)},
            {"server_to_client", direction_json(of, elapsed, from.server_to_client, direction::server_to_client)}};
}

// --- time

/// The parts, in nanoseconds: with `duration_ns` what all but retransmission_timeout_ns sum to.
inline void to_json(nlohmann::ordered_json& out, const time_attribution& from) {
    out = {{"duration_ns", from.duration.count()},
           {"handshake_ns", from.handshake.count()},
           {"sender_application_ns", from.sender_application.count()},
           {"receiver_window_ns", from.receiver_window.count()},
           {"loss_recovery_ns", from.loss_recovery.count()},
           {"retransmission_timeout_ns", from.retransmission_timeout.count()},
           {"path_ns", from.path.count()},
           {"receiver_application_ns", from.receiver_application.count()},
           {"teardown_ns", from.teardown.count()}};
}

/// Of one direction, into what else is told of it: in microseconds, as kernels tell them.
inline void add_to_direction(nlohmann::ordered_json& direction, const time_attribution::sending_times& from) {
    direction["busy_us"] = microseconds(from.busy);
    direction["receiver_limited_us"] = microseconds(from.receiver_limited);
    direction["send_buffer_limited_us"] = microseconds(from.send_buffer_limited);
}

// --- skew

inline nlohmann::ordered_json microseconds_or_null(const std::optional<std::chrono::nanoseconds>& from) {
    return value_or_null(from, microseconds);
}

inline void to_json(nlohmann::ordered_json& out, const direction_skew::answer_times& from) {
    out = {{"count", from.count}, {"early", from.early}, {"least_us", microseconds_or_null(from.least)}};
}

inline void to_json(nlohmann::ordered_json& out, const direction_skew& from) {
    out = {{"to_server", from.to_server},
           {"to_client", from.to_client},
           {"lowest_us", microseconds_or_null(from.lowest())},
           {"highest_us", microseconds_or_null(from.highest())},
           {"is_proven", from.is_proven()},
           {"varies", from.varies()},
           {"estimate_us", microseconds_or_null(from.estimate())}};
}

/// Of a capture: that of its connections together.
inline void to_json(nlohmann::ordered_json& out, const direction_skew::totals& from) {
    out = {{"connections", from.connections},
           {"skewed", from.skewed},
           {"varying", from.varying},
           {"at_least_us", microseconds_or_null(from.at_least)},
           {"at_most_us", microseconds_or_null(from.at_most)}};
}

// --- Zeek

inline void to_json(nlohmann::ordered_json& out, const zeek_record::end_counts& from) {
    out = {{"bytes", from.bytes}, {"packets", from.packets}, {"ip_bytes", from.ip_bytes}};
}

inline void to_json(nlohmann::ordered_json& out, const zeek_record& from) {
    out = {{"conn_state", to_string(from.conn_state)},
           {"history", from.history.view()},
           {"history_letters_lost", from.history.letters_lost},
           {"originator", from.originator == direction::client_to_server ? "client" : "server"},
           {"duration_ns", from.duration.count()},
           {"orig", from.orig},
           {"resp", from.resp},
           {"missed_bytes", from.missed_bytes},
           {"missed_is_estimate", from.missed_is_estimate}};
}

// --- all

/// All facts of a connection, by the names of their members; those of a direction are together in `directions`.
inline nlohmann::ordered_json facts_json(const auto& of) {
    nlohmann::ordered_json directions = directions_json(of);
    add_to_direction(directions["client_to_server"], of.time.client_to_server);
    add_to_direction(directions["server_to_client"], of.time.server_to_client);
    return {{"role_basis", to_string(of.role_basis)},
            {"closed_by", name_or_null(of.closed_by)},
            {"first_time_ns", of.first_time.time_since_epoch().count()},
            {"last_time_ns", of.last_time.time_since_epoch().count()},
            {"directions", std::move(directions)},
            {"opening", of.opening},
            {"closing", of.closing},
            {"time", of.time},
            {"skew", of.skew},
            {"zeek", of.zeek}};
}

} // namespace tcplens::inline v1
