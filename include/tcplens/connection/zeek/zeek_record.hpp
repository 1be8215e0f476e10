// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../direction.hpp"
#include "zeek_conn_state.hpp"
#include "zeek_history.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// The row of a connection in Zeek's conn.log, as Zeek 9.1 writes it.
///
/// Zeek's originator is the side that was captured first, unless Zeek exchanged the roles. It need not be the client of the
/// connection.
struct zeek_record {
    /// What Zeek counts of one end of a connection.
    struct end_counts {
        /// Payload bytes by the sequence numbers (orig_bytes, resp_bytes of conn.log): bytes that were not captured count,
        /// retransmitted bytes do not, and forged sequence numbers may. Zeek logs none if the duration is 0.
        std::uint64_t bytes = 0;
        std::uint64_t packets = 0;  ///< Captured packets (orig_pkts, resp_pkts).
        std::uint64_t ip_bytes = 0; ///< Bytes of whole IP packets, headers included (orig_ip_bytes, resp_ip_bytes).

        [[nodiscard]] friend constexpr bool operator==(const end_counts&, const end_counts&) noexcept = default;
    };

    zeek_conn_state conn_state = zeek_conn_state::oth; ///< How the connection went so far.
    /// The direction in which Zeek's originator sends.
    direction originator = direction::client_to_server;
    /// Whether `missed_bytes` is only an estimate: more than 8 stretches of data lay beyond holes at once.
    bool missed_is_estimate = false;
    zeek_history history{}; ///< The letters of the column `history`.
    /// From the first packet to the last before both ends had closed. Nanoseconds, not negative; 0 if the clock ran back, or if
    /// Zeek logs none.
    std::chrono::nanoseconds duration{};
    end_counts orig{};              ///< The counts of Zeek's originator.
    end_counts resp{};              ///< The counts of Zeek's responder.
    std::uint64_t missed_bytes = 0; ///< Bytes that were acknowledged but never captured, in both directions together.

    /// Exchanges client and server of the connection. Zeek's roles remain.
    constexpr void swap_roles() noexcept { originator = opposite(originator); }

    [[nodiscard]] friend constexpr bool operator==(const zeek_record&, const zeek_record&) noexcept = default;
};

} // namespace tcplens::inline v1
