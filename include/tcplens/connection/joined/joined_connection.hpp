// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/enum_set.hpp"
#include "../connection.hpp"

#include <cstdint>
#include <utility>

namespace tcplens::inline v0 {

/// What is not known for certain of a joined connection: a set.
enum class join_doubt : std::uint8_t {
    none = 0,
    retransmissions = 1u << 0, ///< their number lies within joined_connection::to_server and to_client
    order = 1u << 1,        ///< its roles, handshake or close depend on the order of packets that different tables saw
    incarnations = 1u << 2, ///< packets may be of the connection before or after it between the same endpoints
    forgotten =
        1u << 3, ///< a table saw more SYNs, FINs and RSTs of it than it could remember: what became of it is a guess
};

/// Makes join_doubt a set: see base/enum_set.hpp.
[[nodiscard]] constexpr join_doubt all_members(join_doubt) noexcept {
    return detail::members_up_to(join_doubt::forgotten);
}

/// How many retransmissions one table would have counted that saw every packet. direction_statistics::retransmissions has the sum
/// of what the tables counted, which lies within unless these are the same.
struct retransmission_bounds {
    std::uint64_t at_least = 0;
    std::uint64_t at_most = 0;

    [[nodiscard]] constexpr bool exact() const noexcept { return at_least == at_most; }
    [[nodiscard]] friend constexpr bool operator==(const retransmission_bounds&,
                                                   const retransmission_bounds&) noexcept = default;
};

/// One connection, put together from what several tables saw of it. Its `number` is its place among all that were joined.
struct joined_connection : connection {
    std::uint32_t parts = 0; ///< how many connections of tables it was put together from
    join_doubt doubts = join_doubt::none;
    retransmission_bounds to_server{};
    retransmission_bounds to_client{};

    [[nodiscard]] constexpr bool has(join_doubt any_of) const noexcept { return contains_any(doubts, any_of); }
    [[nodiscard]] constexpr retransmission_bounds& retransmissions(direction direction) noexcept {
        return direction == direction::client_to_server ? to_server : to_client;
    }
    [[nodiscard]] constexpr const retransmission_bounds& retransmissions(direction direction) const noexcept {
        return direction == direction::client_to_server ? to_server : to_client;
    }
    constexpr void swap_roles() noexcept {
        connection::swap_roles();
        std::swap(to_server, to_client);
    }

    [[nodiscard]] friend constexpr bool operator==(const joined_connection&,
                                                   const joined_connection&) noexcept = default;
};

} // namespace tcplens::inline v0
