// SPDX-License-Identifier: MIT
#pragma once

#include "../base/check.hpp"
#include "../base/late.hpp"
#include "terms/bounded_list.hpp"
#include "terms/connection_range.hpp"
#include "terms/server_filter.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace tcplens::inline v1 {

/// What list_servers() returns: the connections of a range, added up by server.
struct server_list {
    /// By what servers are ordered, the most first. Of equal values, the lower endpoint comes first.
    enum class order : std::uint8_t {
        connections,       ///< Connections, attempts included.
        bytes,             ///< Bytes on the wire, both directions together.
        retransmissions,   ///< Retransmissions, both directions together.
        failed_handshakes, ///< Attempts that no connection followed.
    };

    /// Options of list_servers().
    struct options {
        server_filter server{}; ///< Counts only the connections of this server; by default all connections.
        server_list::order order = order::bytes; ///< Which servers come first.
        std::size_t limit = 10; ///< How many servers the list holds at most. All are counted either way.

        /// Whether all options are equal.
        [[nodiscard]] friend constexpr bool operator==(const options&, const options&) noexcept = default;
    };

    /// One server: an address and a port.
    struct row {
        endpoint server{};                   ///< As connection::server, after the filter corrected guessed roles.
        std::uint64_t connections = 0;       ///< All connections, attempts included.
        std::uint64_t failed_handshakes = 0; ///< handshake_state::failed
        std::uint64_t reset_connections = 0; ///< close_reason::reset
        std::uint64_t guessed_roles = 0;     ///< connection::role_guessed(): that this is the server is a guess.
        std::uint64_t packets = 0;           ///< Segments of both directions.
        std::uint64_t wire_bytes = 0;     ///< Bytes of whole packets on the wire, link layer included, both directions.
        std::uint64_t request_bytes = 0;  ///< TCP data of the clients, retransmitted data included.
        std::uint64_t response_bytes = 0; ///< TCP data of the server, likewise.
        std::uint64_t retransmissions = 0; ///< Of both directions, by the rules of the table.

        /// Whether all members are equal.
        [[nodiscard]] friend constexpr bool operator==(const row&, const row&) noexcept = default;
    };

    template <class Counted>
    class basic_accumulator;
    /// Counts connections one at a time.
    using accumulator = basic_accumulator<connection>;

    /// The servers that come first, in the order of the options. At most options::limit.
    bounded_list<row> servers{};
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(server_list::order order) noexcept {
    constexpr std::string_view names[]{"connections", "bytes", "retransmissions", "failed_handshakes"};
    return names[static_cast<unsigned>(order)];
}

/// Adds connections up for list_servers(), one at a time: as they end in a monitor, or in several parts that are merged.
///
/// Results do not depend on the order in which connections are added and accumulators merged. Memory is one row a server, without a
/// bound: a scan of many addresses makes a row of each.
///
/// A template, to reduce the compile time of programs that do not use it: server_list::accumulator counts `connection`.
template <class Counted>
class server_list::basic_accumulator {
public:
    /// Begins without connections.
    explicit basic_accumulator(const server_list::options& options = {}) : options_(options) {}

    /// Counts a connection, if the filter selects it. Takes the logarithm of the number of servers; allocates for a new one.
    void add(const Counted& counted) {
        detail::use_if_selected(counted, options_.server, [this](const Counted& each) { add_selected(each); });
    }

    /// Adds the connections that another accumulator counted. @pre `other` has the same options, and is not this object
    void merge(const basic_accumulator& other) {
        TCPLENS_CHECK(this != &other && options_ == other.options_, "another accumulator with the same options");
        for (const auto& [server, from] : other.rows_) {
            auto& to = rows_[server];
            to.server = server;
            to.connections += from.connections;
            to.failed_handshakes += from.failed_handshakes;
            to.reset_connections += from.reset_connections;
            to.guessed_roles += from.guessed_roles;
            to.packets += from.packets;
            to.wire_bytes += from.wire_bytes;
            to.request_bytes += from.request_bytes;
            to.response_bytes += from.response_bytes;
            to.retransmissions += from.retransmissions;
        }
    }

    /// The list of all connections so far. Connections can be added afterwards.
    [[nodiscard]] server_list result() const {
        detail::late<server_list, Counted> made{.servers = {.total = rows_.size()}};
        auto& items = made.servers.items;
        items.reserve(rows_.size());
        for (const auto& [server, each] : rows_) items.push_back(each);
        const auto end = items.begin() + static_cast<std::ptrdiff_t>((std::min)(items.size(), options_.limit));
        std::partial_sort(items.begin(), end, items.end(), [this](const row& a, const row& b) {
            return value_of(a) != value_of(b) ? value_of(a) > value_of(b) : a.server < b.server;
        });
        items.erase(end, items.end());
        return made;
    }

private:
    void add_selected(const Counted& counted) {
        const direction_statistics& up = counted.client_to_server;
        const direction_statistics& down = counted.server_to_client;
        auto& to = rows_[counted.server];
        to.server = counted.server;
        ++to.connections;
        to.failed_handshakes += counted.handshake == handshake_state::failed;
        to.reset_connections += counted.close_reason == close_reason::reset;
        to.guessed_roles += counted.role_guessed();
        to.packets += up.packets + down.packets;
        to.wire_bytes += up.wire_bytes + down.wire_bytes;
        to.request_bytes += up.payload_bytes;
        to.response_bytes += down.payload_bytes;
        to.retransmissions += up.retransmissions + down.retransmissions;
    }

    [[nodiscard]] std::uint64_t value_of(const row& of) const noexcept {
        switch (options_.order) {
        case order::connections: return of.connections;
        case order::bytes: return of.wire_bytes;
        case order::retransmissions: return of.retransmissions;
        case order::failed_handshakes: return of.failed_handshakes;
        }
        return 0;
    }

    server_list::options options_;
    detail::late<std::map<endpoint, row>, Counted> rows_{};
};

/// Adds up the connections of a range by server: who serves, how much, and how well.
///
/// Reads the range once. Time is that of a sorted map of the servers; memory is one row a server.
template <connection_range Connections>
[[nodiscard]] server_list list_servers(Connections&& connections, const server_list::options& options = {}) {
    return detail::accumulate<server_list>(connections, options);
}

} // namespace tcplens::inline v1
