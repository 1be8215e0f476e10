// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../connection.hpp"
#include "filter_terms.hpp"
#include "segment_filter.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace tcplens::inline v1 {

/// Chooses connections. A connection is chosen if all members agree; a member as it is by default agrees with every connection.
///
///     const tcplens::connection_filter resets{.ports = {{443, 443}}, .close_reasons = {tcplens::close_reason::reset}};
///     const auto report = tcplens::analyze_connections(table | std::views::filter(resets));
///
/// Every analysis takes such a range, and it can be used with every algorithm that takes a predicate. No call allocates. Thread-safe as
/// any object that is not changed.
struct connection_filter {
    /// Which of the two ends must match; the first is the client.
    using ends = segment_filter::ends;

    std::vector<segment_filter::network> networks{}; ///< the addresses lie in one of these
    ends network_ends = ends::either;                ///< whose addresses
    std::vector<segment_filter::port_range> ports{}; ///< the ports lie in one of these
    ends port_ends = ends::either;                   ///< whose ports
    std::optional<timestamp> since{};                ///< its last packet was captured then or later
    std::optional<timestamp> until{};                ///< its first packet was captured before that
    std::vector<std::uint64_t> numbers{};            ///< connection::number is one of these
    /// connection::network is one of these: see segment_filter::network_of_vlan().
    std::vector<segment::network_id> network_numbers{};
    std::vector<handshake_state> handshakes{};   ///< the result of the handshake is one of these
    std::vector<close_reason> close_reasons{};   ///< how it ended is one of these
    std::optional<bool> closed{};                ///< whether it ended
    role_basis roles = role_basis::first_packet; ///< the client is known at least as surely
    std::uint64_t min_packets = 0;               ///< at least so many packets, in both directions together
    std::uint64_t max_packets = (std::numeric_limits<std::uint64_t>::max)(); ///< at most so many packets
    std::uint64_t min_bytes = 0; ///< at least so many bytes of data, in both directions together
    std::uint64_t max_bytes = (std::numeric_limits<std::uint64_t>::max)(); ///< at most so many bytes of data
    std::uint64_t min_retransmissions = 0; ///< at least so many retransmissions, in both directions together

    /// Whether the connection is chosen. If its roles are a guess and `network_ends` or `port_ends` asks for one end, it is chosen with
    /// either end in that role.
    [[nodiscard]] bool operator()(const connection& of) const noexcept {
        return states_match(of) && counts_match(of) &&
               (ends_match(of.client, of.server) || (of.role_guessed() && ends_match(of.server, of.client)));
    }

    [[nodiscard]] friend bool operator==(const connection_filter&, const connection_filter&) = default;

private:
    [[nodiscard]] bool ends_match(const endpoint& client, const endpoint& server) const noexcept {
        return detail::ends_match(networks, network_ends, client.address, server.address) &&
               detail::ends_match(ports, port_ends, client.port, server.port);
    }
    [[nodiscard]] bool states_match(const connection& of) const noexcept {
        return (!since || *since <= of.last_time) && (!until || of.first_time < *until) &&
               detail::is_listed(numbers, of.number) && detail::is_listed(network_numbers, of.network) &&
               detail::is_listed(handshakes, of.handshake) && detail::is_listed(close_reasons, of.close_reason) &&
               (!closed || *closed == of.closed) && roles <= of.role_basis;
    }
    [[nodiscard]] bool counts_match(const connection& of) const noexcept {
        const auto& [to_server, to_client] = std::pair<const direction_statistics&, const direction_statistics&>{
            of.client_to_server, of.server_to_client};
        const std::uint64_t packets = to_server.packets + to_client.packets;
        const std::uint64_t bytes = to_server.payload_bytes + to_client.payload_bytes;
        return min_packets <= packets && packets <= max_packets && min_bytes <= bytes && bytes <= max_bytes &&
               min_retransmissions <= to_server.retransmissions + to_client.retransmissions;
    }
};

} // namespace tcplens::inline v1
