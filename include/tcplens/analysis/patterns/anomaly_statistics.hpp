// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/address.hpp"
#include "../terms/bounded_list.hpp"
#include "../terms/connection_name.hpp"
#include "../terms/connection_retransmissions.hpp"
#include "../terms/flag_counts.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// Counts over all selected connections, both directions together. The anomaly patterns are found in them.
struct anomaly_statistics {
    /// RST segments of one address.
    struct address_resets {
        tcplens::address address{}; ///< The sender.
        /// Segments with RST that the address sent, as client or as server: exact if reset_distribution::by_source_exact, else an
        /// upper limit.
        std::uint64_t rst = 0;
        std::uint64_t rst_at_least = 0; ///< A lower limit of the same count: `rst` if it is exact.

        /// Whether address and counts are equal.
        [[nodiscard]] friend constexpr bool operator==(const address_resets&, const address_resets&) noexcept = default;
    };

    /// RST segments by direction. The three add up to `flags.rst`.
    struct reset_directions {
        std::uint64_t to_server = 0;   ///< Sent by clients.
        std::uint64_t from_server = 0; ///< Sent by servers.
        /// Of connections whose roles are a guess (connection::role_guessed()); 0 if the options name a server.
        std::uint64_t unknown = 0;
    };

    /// Who sent RST segments.
    ///
    /// RST segments are counted by address with Space-Saving (Metwally, Agrawal, El Abbadi, 2005). Up to
    /// anomaly_options::tracked_sources addresses, the counts are exact. Beyond, they are limits that contain the true counts; an address
    /// that sent more than `untracked_at_most` is always found, one that sent less may be missing, and the order of
    /// addresses whose limits overlap is not known.
    struct reset_distribution {
        /// The addresses that sent most: the highest `rst` first; of equal counts the lower address. At most anomaly_options::limit.
        /// The total is exact if `by_source_exact`, else a lower limit.
        bounded_list<address_resets> by_source{};
        bool by_source_exact = true;       ///< Whether all addresses were told apart.
        std::uint64_t sources_at_most = 0; ///< How many addresses sent a RST: the total of `by_source` if it is exact.
        std::uint64_t untracked_at_most =
            0;                           ///< How many RST an address that was not told apart sent at most; 0 if exact.
        reset_directions by_direction{}; ///< By the roles of the connection.
        /// The connections with a RST segment that began first, as in connections_report::connections. At most anomaly_options::limit.
        bounded_list<connection_name> connections_with_rst{};
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
    /// The connections with at least one retransmission: the highest count first, of equal counts the connection that began first. At
    /// most anomaly_options::limit.
    bounded_list<connection_retransmissions> retransmissions_by_connection{};
    state_counts connection_states{}; ///< How the connections ended.
};

} // namespace tcplens::inline v1
