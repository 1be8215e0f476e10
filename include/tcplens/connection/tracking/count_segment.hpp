// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"
#include "../direction_statistics.hpp"
#include "../verdict.hpp"

namespace tcplens::inline v1::detail {

/// Counts one captured segment of a direction. A segment counts as a retransmission if `said` calls it one.
TCPLENS_ALWAYS_INLINE constexpr void count_segment(const segment& sent, const verdict& said,
                                                   direction_statistics& counts) noexcept {
    // In an order in which g++ joins no two of the sums into a vector, which takes twice as many instructions.
    ++counts.packets;
    counts.payload_bytes += sent.payload_length;
    counts.ack += sent.flags.ack();
    counts.wire_bytes += sent.wire_length;
    counts.data_packets += sent.payload_length > 0;
    counts.retransmissions += said.is_retransmission();
    if (!sent.flags.opens_or_closes()) return;
    counts.syn += sent.flags.syn();
    counts.syn_ack += sent.flags.syn() && sent.flags.ack();
    counts.rst += sent.flags.rst();
    counts.fin += sent.flags.fin();
}

} // namespace tcplens::inline v1::detail
