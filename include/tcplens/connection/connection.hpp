// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "../wire/endpoint.hpp"
#include "../wire/segment.hpp"
#include "direction.hpp"
#include "direction_statistics.hpp"
#include "verdict.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// How the client is known.
enum class role_basis : std::uint8_t {
    first_packet, ///< a guess: no SYN was seen, it was heard first
    syn_ack,      ///< it received the SYN-ACK
    syn,          ///< it sent the first SYN without ACK
};

/// What became of the three-way handshake (RFC 9293 3.5), as far as was seen.
enum class handshake_state : std::uint8_t {
    incomplete, ///< no SYN without ACK was captured, so nothing can be said: picked up midstream
    failed,     ///< a SYN was sent, and no connection followed (so far)
    completed,  ///< SYN, a SYN-ACK for it and the ACK of that; where one was not captured, data that proves it
};

/// How a connection ended, as far as was seen.
enum class close_reason : std::uint8_t {
    unknown, ///< it was never seen to be open, or another connection took its place without it being closed
    active,  ///< open, or closed on one side only; picked up midstream, once there were more than three packets
    normal,  ///< both FINs were seen, each in sequence
    reset,   ///< a RST ended it
};

[[nodiscard]] constexpr std::string_view to_string(role_basis basis) noexcept {
    constexpr std::string_view names[]{"first_packet", "syn_ack", "syn"};
    return names[static_cast<unsigned>(basis)];
}
[[nodiscard]] constexpr std::string_view to_string(handshake_state state) noexcept {
    constexpr std::string_view names[]{"incomplete", "failed", "completed"};
    return names[static_cast<unsigned>(state)];
}
[[nodiscard]] constexpr std::string_view to_string(close_reason reason) noexcept {
    constexpr std::string_view names[]{"unknown", "active", "normal", "reset"};
    return names[static_cast<unsigned>(reason)];
}

/// One incarnation of a connection between two endpoints. What a segment changes or is looked up by stands together, so that
/// it lies in few cache lines.
struct connection {
    endpoint client{};
    endpoint server{};
    std::uint32_t network = 0; ///< segment::network of all its segments
    tcplens::role_basis role_basis = role_basis::first_packet;
    handshake_state handshake = handshake_state::incomplete;
    tcplens::close_reason close_reason = close_reason::unknown;
    bool closed = false;                  ///< ended: normal, reset, or overtaken by another on the same endpoints
    std::optional<direction> closed_by{}; ///< the way of the first FIN of a normal close, or of the RST
    timestamp last_time{};                ///< of its last packet as captured
    std::uint64_t last_packet = 0;        ///< its packet number
    direction_statistics client_to_server{};
    direction_statistics server_to_client{};
    std::uint64_t number = 0;       ///< from 0, in the order of first packets; unique within its table
    timestamp first_time{};         ///< of its first packet as captured
    std::uint64_t first_packet = 0; ///< its packet number

    [[nodiscard]] constexpr direction_statistics& statistics(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    [[nodiscard]] constexpr const direction_statistics& statistics(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    /// Whether the roles are a guess.
    [[nodiscard]] constexpr bool role_guessed() const noexcept { return role_basis == role_basis::first_packet; }

    /// The same connection, told with client and server the other way round.
    constexpr void swap_roles() noexcept {
        std::swap(client, server);
        std::swap(client_to_server, server_to_client);
        if (closed_by) closed_by = opposite(*closed_by);
    }

    [[nodiscard]] friend constexpr bool operator==(const connection&, const connection&) noexcept = default;

    friend void archive(auto& ar, connection& of) {
        auto& [client_, server_, network_, known_by_, handshake_, close_, closed_, closed_by_, last_time_, last_packet_,
               client_to_server_, server_to_client_, number_, first_time_, first_packet_] = of;
        ar(client_, server_, network_);
        ar.bounded(known_by_, role_basis::syn);
        ar.bounded(handshake_, handshake_state::completed);
        ar.bounded(close_, close_reason::reset);
        ar(closed_);
        ar.bounded(closed_by_, direction::server_to_client);
        ar(last_time_, last_packet_, client_to_server_, server_to_client_, number_, first_time_, first_packet_);
        ar.require(closed_by_.has_value() == (close_ == close_reason::normal || close_ == close_reason::reset));
    }
};

} // namespace tcplens::inline v0
