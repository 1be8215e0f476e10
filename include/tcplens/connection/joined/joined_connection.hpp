// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/enum_set.hpp"
#include "../connection.hpp"

#include <cstdint>
#include <utility>

namespace tcplens::inline v1 {

/// What is not certain about a joined connection. The values are the members of a set: combine them with `|`.
enum class join_doubt : std::uint8_t {
    none = 0, ///< Everything is certain.
    /// The number of retransmissions is only known to lie within joined_connection::to_server and to_client.
    retransmissions = 1u << 0,
    /// The roles, the handshake or the close depend on the unknown order of packets that different tables saw.
    order = 1u << 1,
    /// Some packets may belong to the connection before or after this one between the same endpoints.
    incarnations = 1u << 2,
    /// A table saw more SYNs, FINs and RSTs of the connection than its trace holds: how the connection went is a guess.
    forgotten = 1u << 3,
};

/// Makes join_doubt a set: see base/enum_set.hpp.
[[nodiscard]] constexpr join_doubt tcplens_all_members(join_doubt) noexcept {
    return detail::members_up_to(join_doubt::forgotten);
}

/// One connection, joined from what several tables saw of it.
///
/// connection::number is the place of the connection in the result of connection_joiner::join(), from 0.
struct joined_connection : connection {
    /// Bounds of the number of retransmissions that one table would have counted if it had seen every packet.
    ///
    /// direction_statistics::retransmissions of a joined connection is the sum of what the tables counted. That sum lies within the
    /// bounds, unless they are equal: then they are the right number.
    struct retransmission_bounds {
        std::uint64_t at_least = 0; ///< The smallest possible number of segments.
        std::uint64_t at_most = 0;  ///< The largest possible number of segments.

        /// Whether the number is known: both bounds are equal.
        [[nodiscard]] constexpr bool exact() const noexcept { return at_least == at_most; }
        [[nodiscard]] friend constexpr bool operator==(const retransmission_bounds&,
                                                       const retransmission_bounds&) noexcept = default;
    };

    std::uint32_t parts = 0;              ///< The number of connections of tables that it was joined from; at least 1.
    join_doubt doubts = join_doubt::none; ///< What is not certain; join_doubt::none if everything is.
    retransmission_bounds to_server{};    ///< The retransmissions from the client to the server.
    retransmission_bounds to_client{};    ///< The retransmissions from the server to the client.

    /// Whether any of the given doubts applies.
    [[nodiscard]] constexpr bool has(join_doubt any_of) const noexcept { return contains_any(doubts, any_of); }
    /// The bounds of the retransmissions of one direction.
    [[nodiscard]] constexpr retransmission_bounds& retransmissions(direction direction) noexcept {
        return direction == direction::client_to_server ? to_server : to_client;
    }
    /// The bounds of the retransmissions of one direction.
    [[nodiscard]] constexpr const retransmission_bounds& retransmissions(direction direction) const noexcept {
        return direction == direction::client_to_server ? to_server : to_client;
    }
    /// Exchanges client and server, with everything that is known of each.
    constexpr void swap_roles() noexcept {
        connection::swap_roles();
        std::swap(to_server, to_client);
    }

    [[nodiscard]] friend constexpr bool operator==(const joined_connection&,
                                                   const joined_connection&) noexcept = default;
};

} // namespace tcplens::inline v1
