// SPDX-License-Identifier: MIT
#pragma once

#include "packet_outcome.hpp"
#include "protocol_id.hpp"
#include "tunnel_set.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// What decode() found in a packet, and where it stopped.
struct decode_result {
    packet_outcome outcome = packet_outcome::not_tcp; ///< what the packet is
    /// Whether the packet may hold further segments or notices: decoder::decode_next() looks for the next one.
    ///
    /// Only packets that hold several others have more, such as an A-MSDU or the samples of sFlow.
    bool more = false;
    /// Whether the packet is an ICMP error that quotes TCP: decoder::notice() has what it says. The outcome is `not_tcp`.
    bool has_notice = false;
    /// 1 more than the place of the bit of resembled(); 0 if there is none.
    std::uint8_t resembled_bit = 0;
    std::uint16_t source_port = 0;      ///< the UDP port of the sender, if decoding stopped at UDP; 0 otherwise
    std::uint16_t destination_port = 0; ///< the UDP port of the receiver, likewise
    /// The protocol at which decoding stopped.
    ///
    /// For `tcp` that is TCP. For `not_tcp` and `unsupported_link`, the protocol that tcplens cannot read past. For `truncated`
    /// and `malformed`, the protocol whose header is cut or contradicts itself. For `fragment`, what the fragmented packet
    /// carries.
    protocol_id stopped_at{};

    /// A packet of which nothing is known.
    constexpr decode_result() noexcept = default;
    /// This outcome, at this protocol.
    constexpr decode_result(packet_outcome what, protocol_id where = {}) noexcept : outcome(what), stopped_at(where) {}

    /// The outcome alone, so that a result can be compared with one.
    constexpr operator packet_outcome() const noexcept { return outcome; }

    /// The tunnel that the datagram looks like, if decoding stopped at UDP and an IP packet whose header is sound stands behind that
    /// tunnel's header; `none` otherwise. decode_options::ports can say that the port belongs to the tunnel.
    [[nodiscard]] constexpr tunnel_set resembled() const noexcept {
        return resembled_bit == 0 ? tunnel_set::none : tunnel_set{1u << (resembled_bit - 1)};
    }
};

} // namespace tcplens::inline v1
