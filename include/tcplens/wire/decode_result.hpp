// SPDX-License-Identifier: MIT
#pragma once

#include "packet_outcome.hpp"
#include "protocol_id.hpp"

namespace tcplens::inline v0 {

/// What decode() found in a packet, and where it stopped.
struct decode_result {
    packet_outcome outcome = packet_outcome::not_tcp; ///< what the packet is
    /// The protocol at which decoding stopped.
    ///
    /// For `tcp` that is TCP. For `not_tcp` and `unsupported_link`, the protocol that tcplens cannot read past. For `truncated`
    /// and `malformed`, the protocol whose header is cut or contradicts itself. For `fragment`, what the fragmented packet
    /// carries.
    protocol_id stopped_at{};

    /// The outcome alone, so that a result can be compared with one.
    constexpr operator packet_outcome() const noexcept { return outcome; }
};

} // namespace tcplens::inline v0
