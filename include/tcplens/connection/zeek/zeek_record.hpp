// SPDX-License-Identifier: MIT
#pragma once

#include "../direction.hpp"
#include "zeek_history.hpp"
#include "zeek_state.hpp"

#include <chrono>
#include <cstdint>

namespace tcplens::inline v0 {

/// What Zeek counts of one end.
struct zeek_end_counts {
    /// From its sequence numbers, so what the capture missed counts, what was sent again does not, and forged numbers may. Zeek
    /// logs none where the duration is 0.
    std::uint64_t bytes = 0;
    std::uint64_t packets = 0;
    std::uint64_t ip_bytes = 0; ///< of whole IP packets

    [[nodiscard]] friend constexpr bool operator==(const zeek_end_counts&, const zeek_end_counts&) noexcept = default;
};

/// What Zeek's conn.log says of a connection. Zeek's originator is who was heard first, unless the roles were swapped; it need
/// not be the client.
struct zeek_record {
    zeek_conn_state conn_state = zeek_conn_state::oth;
    direction originator = direction::client_to_server; ///< the way that the originator sends
    bool missed_is_estimate = false; ///< more stretches beyond holes waited than are remembered: see zeek_deliveries
    zeek_history history{};
    /// Up to the last packet before both ends had closed; 0 where the clock ran back, and where Zeek logs none.
    std::chrono::nanoseconds duration{};
    zeek_end_counts orig{};
    zeek_end_counts resp{};
    std::uint64_t missed_bytes = 0; ///< acknowledged but never captured, in both directions

    constexpr void swap_roles() noexcept { originator = opposite(originator); }

    [[nodiscard]] friend constexpr bool operator==(const zeek_record&, const zeek_record&) noexcept = default;
};

} // namespace tcplens::inline v0
