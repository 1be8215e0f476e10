// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/packet_outcome.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../end_reason.hpp"
#include "../verdict.hpp"

#include <concepts>

namespace tcplens::inline v1 {

/// What happened to one packet. `Connection` is the connection type of the table: with observers, their facts can be read, as in
/// `table.add(packet).connection->opening`.
template <class Connection = tcplens::connection>
struct add_result {
    /// What the packet was. All members but this one are as they are here, unless it is `tcp`.
    packet_outcome outcome = packet_outcome::not_tcp;
    /// The connection of the segment. Null unless the outcome is `tcp`, and if there was no room for the connection. Valid until the
    /// connection leaves its table, or the table is destroyed.
    const Connection* connection = nullptr;
    /// The direction of the segment, by the roles that the connection has after it.
    tcplens::direction direction = direction::client_to_server;
    /// What the rules said of the segment.
    tcplens::verdict verdict{};
    /// Whether the segment is the first of its connection.
    bool begins_connection = false;

    /// The same without the facts of observers.
    operator add_result<tcplens::connection>()
        const noexcept // NOLINT(google-explicit-constructor): nothing is lost by accident
        requires(!std::same_as<Connection, tcplens::connection>) {
        return {outcome, connection, direction, verdict, begins_connection};
    }
};

namespace detail {

/// A callback that takes the connections that leave a table, as `on_end(connection, reason)`. It must not use the table, and the
/// reference is valid during the call only.
template <class OnEnd, class Connection>
concept connection_sink = std::invocable<OnEnd&, const Connection&, end_reason>;

} // namespace detail

} // namespace tcplens::inline v1
