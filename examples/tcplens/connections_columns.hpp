// SPDX-License-Identifier: MIT
#pragma once

// The columns of `connections` in csv and json, in one list for both: a name and a value each. docs/program.md says what each means,
// and which columns of other tools it is.

#include "connections_facts.hpp"
#include "rows.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace program {

/// A value of a row without the text that a table would need: a number, a truth, a text; or nothing, where it is not known.
class plain_cell {
public:
    using value_type = cell::plain_value;

    template <class Value>
    plain_cell(const Value& value)
        : value_(of(value)) {} // NOLINT(google-explicit-constructor): a list of columns is easier to read

    [[nodiscard]] cell for_programs() && { return {std::move(value_), {}}; }

private:
    template <class Value>
    static value_type of(const std::optional<Value>& value) {
        return value ? of(*value) : value_type{};
    }
    static value_type of(const std::chrono::nanoseconds& value) { return std::int64_t{value.count()}; }
    static value_type of(const tcplens::timestamp& value) { return of(value.time_since_epoch()); }
    static value_type of(tcplens::direction value) {
        return std::string{value == tcplens::direction::client_to_server ? "client" : "server"};
    }
    static value_type of(std::string_view value) { return std::string{value}; }
    static value_type of(bool value) { return value; }
    static value_type of(double value) { return value; }
    template <std::unsigned_integral Number>
    static value_type of(Number value) {
        return std::uint64_t{value};
    }

    value_type value_{};
};

/// What a row says of the whole connection.
struct connection_column {
    std::string_view name;
    plain_cell (*value)(const tcplens::detailed_connection& of, tcplens::timestamp capture_begins);
};

/// One direction of a connection, with all that is known of it.
struct directed {
    explicit directed(const tcplens::detailed_connection& of, tcplens::direction way)
        : connection(of), to_server(way == tcplens::direction::client_to_server), counts(of.statistics(way)),
          profile(of.profile[way]), syns(to_server ? of.opening.client : of.opening.server),
          handshake(to_server ? of.opening.times.to_server : of.opening.times.to_client),
          sending(of.time.sending(way)) {}

    const tcplens::detailed_connection& connection;
    bool to_server;
    const tcplens::direction_statistics& counts;
    const tcplens::direction_profile& profile;
    const tcplens::connection_opening::syn_transmissions& syns;
    const std::optional<tcplens::connection_opening::handshake_half>& handshake;
    const tcplens::time_attribution::sending_times& sending;

    /// A value of statistics that counted something; else absent.
    template <class Statistics, class Value>
    static std::optional<Value> if_any(const Statistics& counted, Value value) {
        return counted > 0 ? std::optional{value} : std::nullopt;
    }
    /// A value of the SYN, if it was captured.
    template <class Value>
    [[nodiscard]] std::optional<Value> if_syn(Value value) const {
        return syns.count > 0 ? std::optional{value} : std::nullopt;
    }
};

/// What a row says of each direction, once as to_server_NAME and once as to_client_NAME.
struct direction_column {
    std::string_view name;
    plain_cell (*value)(const directed& way);
};

/// The columns, for a row_writer. They have no titles: the table for people has columns of its own.
[[nodiscard]] std::vector<column> all_columns();
/// Their cells.
[[nodiscard]] std::vector<cell> cells_of(const tcplens::detailed_connection& of, tcplens::timestamp capture_begins);

} // namespace program
