// SPDX-License-Identifier: MIT
#pragma once

// What observers tell of a connection, as JSON: fields have the names of the structs'. Durations and moments are whole
// nanoseconds, moments since 1970.

#include <tcplens/connection.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>

// nlohmann-json finds these by the namespace of the types.
namespace tcplens {

inline void to_json(nlohmann::ordered_json& out, const zeek_end_counts& from) {
    out = {{"bytes", from.bytes}, {"packets", from.packets}, {"ip_bytes", from.ip_bytes}};
}

inline void to_json(nlohmann::ordered_json& out, const zeek_record& from) {
    out = {{"conn_state", name(from.conn_state)},
           {"history", from.history.view()},
           {"history_letters_lost", from.history.letters_lost},
           {"originator", from.originator == direction::client_to_server ? "client" : "server"},
           {"duration_ns", from.duration.count()},
           {"orig", from.orig},
           {"resp", from.resp},
           {"missed_bytes", from.missed_bytes},
           {"missed_is_estimate", from.missed_is_estimate}};
#include <chrono>
#include <optional>

    // nlohmann-json finds these by the namespace of the types.
    namespace tcplens {

    /// null where there is none.
    template <class Value, class Make>
    nlohmann::ordered_json value_or_null(const std::optional<Value>& from, Make make) {
        return from ? nlohmann::ordered_json(make(*from)) : nlohmann::ordered_json(nullptr);
    }
    template <class Value>
    nlohmann::ordered_json value_or_null(const std::optional<Value>& from) {
        return value_or_null(from, [](const Value& value) { return value; });
    }
    inline nlohmann::ordered_json nanoseconds_or_null(const std::optional<timestamp>& from) {
        return value_or_null(from, [](timestamp time) { return time.time_since_epoch().count(); });
    }
    inline nlohmann::ordered_json nanoseconds_or_null(const std::optional<std::chrono::nanoseconds>& from) {
        return value_or_null(from, [](std::chrono::nanoseconds time) { return time.count(); });
    }

    inline void to_json(nlohmann::ordered_json& out, const offered_options& from) {
        out = {{"maximum_segment_size", value_or_null(from.maximum_segment_size)},
               {"window_scale", value_or_null(from.window_scale)},
               {"sack", from.sack},
               {"timestamps", from.timestamps},
               {"ecn", from.ecn},
               {"fast_open_cookie_length", value_or_null(from.fast_open)},
               {"data", from.data},
               {"cut", from.cut}};
    }

    inline void to_json(nlohmann::ordered_json& out, const agreed_options& from) {
        out = {{"maximum_segment_size", value_or_null(from.maximum_segment_size)},
               {"window_scale", from.window_scale},
               {"sack", from.sack},
               {"timestamps", from.timestamps},
               {"ecn", from.ecn}};
    }

    inline void to_json(nlohmann::ordered_json& out, const syn_transmissions& from) {
        out = {{"count", from.count},
               {"retries", from.retries()},
               {"first_wait_ns", from.first_wait.count()},
               {"longest_wait_ns", from.longest_wait.count()},
               {"offers", from.offers}};
    }

    inline void to_json(nlohmann::ordered_json& out, const handshake_half& from) {
        out = {{"rtt_ns", nanoseconds_or_null(from.rtt())},
               {"transmission", from.transmission},
               {"certain", from.certain}};
    }

    inline void to_json(nlohmann::ordered_json& out, const handshake_times& from) {
        const auto as_json = [](const handshake_half& half) { return nlohmann::ordered_json(half); };
        out = {{"syn_ns", nanoseconds_or_null(from.syn)},
               {"syn_ack_ns", nanoseconds_or_null(from.syn_ack)},
               {"ack_ns", nanoseconds_or_null(from.ack)},
               {"to_server", value_or_null(from.to_server, as_json)},
               {"to_client", value_or_null(from.to_client, as_json)},
               {"rtt_ns", nanoseconds_or_null(from.rtt())},
               {"certain", from.certain()}};
    }

    inline void to_json(nlohmann::ordered_json& out, const connection_opening& from) {
        out = {{"outcome", name(from.outcome)},
               {"simultaneous", from.simultaneous},
               {"times", from.times},
               {"client", from.client},
               {"server", from.server},
               {"agreed",
                value_or_null(from.agreed(), [](const agreed_options& both) { return nlohmann::ordered_json(both); })},
               {"syn_data_accepted", from.syn_data_accepted}};
    }

    inline void to_json(nlohmann::ordered_json& out, const fin_times& from) {
        out = {{"fin_ns", nanoseconds_or_null(from.sent)}, {"acknowledged_ns", nanoseconds_or_null(from.acknowledged)}};
    }

    inline void to_json(nlohmann::ordered_json& out, const connection_closing& from) {
        const auto as_name = [](direction way) { return name(way); };
        out = {{"client", from.client},
               {"server", from.server},
               {"begun_by", value_or_null(from.begun_by, as_name)},
               {"reset_by", value_or_null(from.reset_by, as_name)},
               {"reset_ns", nanoseconds_or_null(from.reset)}};
    }

    } // namespace tcplens
