// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/ratio.hpp"
#include "../../connection/connection.hpp"
#include "connection_name.hpp"

#include <compare>
#include <cstdint>

namespace tcplens::inline v1 {

/// The retransmissions of one connection, both directions together.
struct connection_retransmissions {
    connection_name connection{};      ///< Which connection.
    std::uint64_t retransmissions = 0; ///< Segments that the rules of the table judged to be retransmissions.
    std::uint64_t packets = 0;         ///< All segments, with or without data.
    double retransmission_rate = 0;    ///< `retransmissions / packets`, from 0 to 1; 0 if there are no packets.

    /// The retransmissions of a connection.
    [[nodiscard]] static constexpr connection_retransmissions of(const tcplens::connection& counted) noexcept {
        const std::uint64_t resent =
            counted.client_to_server.retransmissions + counted.server_to_client.retransmissions;
        const std::uint64_t packets = counted.client_to_server.packets + counted.server_to_client.packets;
        return {.connection = connection_name::of(counted),
                .retransmissions = resent,
                .packets = packets,
                .retransmission_rate = detail::ratio(resent, packets)};
    }

    /// Whether all members are equal.
    [[nodiscard]] friend constexpr bool operator==(const connection_retransmissions&,
                                                   const connection_retransmissions&) noexcept = default;
    /// The order of the members. Both are unordered if a rate is not a number.
    [[nodiscard]] friend constexpr std::partial_ordering
    operator<=>(const connection_retransmissions&, const connection_retransmissions&) noexcept = default;
};

} // namespace tcplens::inline v1
