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

namespace tcplens::inline v1 {

/// The observation by which the client was told from the server. Later enumerators are surer.
enum class role_basis : std::uint8_t {
    first_packet, ///< a guess: no SYN was captured, and the client is the side that was heard first
    /// A guess: no SYN was captured, and the server is the side whose port Zeek's standard scripts register for servers; of two such
    /// ports the lower one.
    port,
    syn_ack, ///< the client received the SYN-ACK
    syn,     ///< the client sent the first SYN without ACK
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr role_basis tcplens_archive_limit(role_basis) noexcept {
    return role_basis::syn;
}

/// The result of the three-way handshake (RFC 9293 section 3.5), as far as it was captured.
enum class handshake_state : std::uint8_t {
    incomplete, ///< no SYN without ACK was captured: the connection was picked up midstream
    failed,     ///< a SYN was captured, and no connection followed it (yet)
    completed,  ///< SYN, a SYN-ACK for it and the ACK of that; if one was not captured, data or two FINs that prove it
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr handshake_state tcplens_archive_limit(handshake_state) noexcept {
    return handshake_state::completed;
}

/// How a connection ended, as far as it was captured.
enum class close_reason : std::uint8_t {
    unknown, ///< the connection was never seen open, or another one took its place before it was closed
    active, ///< open, or closed on one side only. Of connections picked up midstream, those with more than three packets
    normal, ///< both FINs were captured, each in sequence
    reset,  ///< a RST ended the connection
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr close_reason tcplens_archive_limit(close_reason) noexcept {
    return close_reason::reset;
}

/// The name of the enumerator, e.g. "syn_ack".
[[nodiscard]] constexpr std::string_view to_string(role_basis basis) noexcept {
    constexpr std::string_view names[]{"first_packet", "port", "syn_ack", "syn"};
    return names[static_cast<unsigned>(basis)];
}
/// The name of the enumerator, e.g. "completed".
[[nodiscard]] constexpr std::string_view to_string(handshake_state state) noexcept {
    constexpr std::string_view names[]{"incomplete", "failed", "completed"};
    return names[static_cast<unsigned>(state)];
}
/// The name of the enumerator, e.g. "reset".
[[nodiscard]] constexpr std::string_view to_string(close_reason reason) noexcept {
    constexpr std::string_view names[]{"unknown", "active", "normal", "reset"};
    return names[static_cast<unsigned>(reason)];
}

/// One TCP connection: one incarnation of a pair of endpoints, from its first captured packet to its last.
///
/// A plain struct that is up to date after each packet. A reference into a table stays valid until the connection leaves the table.
// Members that every segment reads or changes stand together, so that they lie in few cache lines.
struct connection {
    endpoint client{};                                          ///< see role_basis
    endpoint server{};                                          ///< the other end
    segment::network_id network{};                              ///< segment::network of all its segments
    tcplens::role_basis role_basis = role_basis::first_packet;  ///< how the client is known
    handshake_state handshake = handshake_state::incomplete;    ///< result of the handshake
    tcplens::close_reason close_reason = close_reason::unknown; ///< how it ended
    bool closed = false;                  ///< ended: normally, by RST, or since another connection took its endpoints
    std::optional<direction> closed_by{}; ///< direction of the first FIN of a normal close, or of the RST; else nullopt
    /// Whether some of its segments are samples (segment::sampled). Those are counted, but no rules judge them, and observers do not get
    /// them: nothing is concluded from what a sampling device left out.
    bool sampled = false;
    timestamp last_time{};                   ///< capture time of its last packet
    std::uint64_t last_packet = 0;           ///< packet::number of its last packet
    direction_statistics client_to_server{}; ///< counts of what the client sent
    direction_statistics server_to_client{}; ///< counts of what the server sent
    std::uint64_t number = 0;                ///< from 0, in the order of first packets; unique within its table
    timestamp first_time{};                  ///< capture time of its first packet
    std::uint64_t first_packet = 0;          ///< packet::number of its first packet

    /// The counts of one direction.
    [[nodiscard]] constexpr direction_statistics& statistics(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    /// The counts of one direction.
    [[nodiscard]] constexpr const direction_statistics& statistics(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    /// Whether the roles of client and server are a guess: no SYN was captured.
    [[nodiscard]] constexpr bool role_guessed() const noexcept { return role_basis < role_basis::syn_ack; }

    /// Exchanges the roles of client and server.
    constexpr void swap_roles() noexcept {
        std::swap(client, server);
        std::swap(client_to_server, server_to_client);
        if (closed_by) closed_by = opposite(*closed_by);
    }

    [[nodiscard]] friend constexpr bool operator==(const connection&, const connection&) noexcept = default;

    /// `closed_by` is set where the connection was closed or reset.
    [[nodiscard]] friend constexpr bool is_consistent(const connection& of) noexcept {
        return of.closed_by.has_value() ==
               (of.close_reason == close_reason::normal || of.close_reason == close_reason::reset);
    }
};

} // namespace tcplens::inline v1
