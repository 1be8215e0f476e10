// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/address.hpp"
#include "../terms/connection_name.hpp"
#include "../terms/connection_retransmissions.hpp"
#include "../terms/flag_counts.hpp"

#include <cstdint>
#include <vector>

namespace tcplens::inline v0 {

/// Counts over all selected connections, both directions together. The anomaly patterns are found in them.
struct anomaly_statistics {
    /// RST segments of one address.
    struct address_resets {
        tcplens::address address{}; ///< The sender.
        std::uint64_t rst = 0;      ///< Segments with RST that the address sent, as client or as server.
    };

    /// RST segments by direction. The three add up to `flags.rst`.
    struct reset_directions {
        std::uint64_t to_server = 0;   ///< Sent by clients.
        std::uint64_t from_server = 0; ///< Sent by servers.
        /// Of connections whose roles are a guess (connection::role_guessed()); 0 if the options name a server.
        std::uint64_t unknown = 0;
    };

    /// Who sent RST segments.
    struct reset_distribution {
        std::vector<address_resets> by_source{}; ///< The highest count first; of equal counts the lower address.
        reset_directions by_direction{};         ///< By the roles of the connection.
        std::vector<connection_name> connections_with_rst{}; ///< In the order of the range.
    };

    /// Connections by their state at the end. The four add up to `total_connections`.
    struct state_counts {
        std::uint64_t established = 0; ///< The handshake was completed, and the connection is not closed.
        std::uint64_t reset = 0;       ///< close_reason::reset
        std::uint64_t closed = 0;      ///< close_reason::normal: by the FINs of both sides
        std::uint64_t unknown = 0;     ///< All others: attempts, connections picked up midstream, overtaken ones.
    };

    std::uint64_t total_connections = 0;     ///< Successful, failed and incomplete handshakes together.
    std::uint64_t total_packets = 0;         ///< TCP segments, with or without data.
    std::uint64_t successful_handshakes = 0; ///< handshake_state::completed
    std::uint64_t failed_handshakes = 0;     ///< handshake_state::failed
    std::uint64_t incomplete_handshakes = 0; ///< handshake_state::incomplete: picked up midstream
    flag_counts flags{};                     ///< Segments by control bits.
    std::uint64_t syns_without_ack = 0;      ///< SYN segments without ACK, retransmissions included.
    /// SYN segments without ACK that were answered: of each connection as many as it has SYN-ACK segments.
    std::uint64_t syns_answered = 0;
    reset_distribution rst_distribution{};   ///< Who sent RST segments.
    std::uint64_t total_retransmissions = 0; ///< Segments that the rules of the table judged to be retransmissions.
    double retransmission_rate = 0;          ///< `total_retransmissions / total_packets`; 0 without packets.
    /// The connections with at least one retransmission, in the order of the range.
    std::vector<connection_retransmissions> retransmissions_by_connection{};
    state_counts connection_states{}; ///< How the connections ended.
};

} // namespace tcplens::inline v0
