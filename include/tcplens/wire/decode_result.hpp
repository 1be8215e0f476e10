// SPDX-License-Identifier: MIT
#pragma once

#include "packet_outcome.hpp"
#include "protocol_id.hpp"

namespace tcplens::inline v0 {

/// What decode() made of a packet.
struct decode_result {
    packet_outcome outcome = packet_outcome::not_tcp;
    /// The protocol at which the way to TCP ended: not TCP and nothing that leads to it (not_tcp, unsupported_link), or
    /// the one whose header was cut or contradicts itself (truncated, malformed), or of which this is a fragment.
    protocol_id stopped_at{};

    constexpr operator packet_outcome() const noexcept { return outcome; }
};

} // namespace tcplens::inline v0
