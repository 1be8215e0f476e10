// SPDX-License-Identifier: MIT
#pragma once

#include "../../connection/direction_statistics.hpp"

#include <compare>
#include <cstdint>

namespace tcplens::inline v1 {

/// Segments by their control bits (RFC 9293 section 3.1), retransmissions included. A segment counts for each bit that it has.
struct flag_counts {
    std::uint64_t syn = 0;     ///< Segments with SYN, with or without ACK.
    std::uint64_t syn_ack = 0; ///< Segments with SYN and ACK.
    std::uint64_t ack = 0;     ///< Segments with ACK, whatever other bits they have.
    std::uint64_t rst = 0;     ///< Segments with RST.
    std::uint64_t fin = 0;     ///< Segments with FIN.

    /// Adds the segments of one direction.
    constexpr void add(const direction_statistics& counted) noexcept {
        syn += counted.syn;
        syn_ack += counted.syn_ack;
        ack += counted.ack;
        rst += counted.rst;
        fin += counted.fin;
    }
    /// Adds the segments that others counted.
    constexpr void add(const flag_counts& counted) noexcept {
        syn += counted.syn;
        syn_ack += counted.syn_ack;
        ack += counted.ack;
        rst += counted.rst;
        fin += counted.fin;
    }

    /// Whether all counts are equal.
    [[nodiscard]] friend constexpr bool operator==(const flag_counts&, const flag_counts&) noexcept = default;
    /// The order of the members.
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const flag_counts&,
                                                                    const flag_counts&) noexcept = default;
};

} // namespace tcplens::inline v1
