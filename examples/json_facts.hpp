// SPDX-License-Identifier: MIT
#pragma once

// What observers tell of a connection, as JSON: fields have the names of the structs'.

#include <tcplens/connection.hpp>

#include <nlohmann/json.hpp>

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
}

} // namespace tcplens
