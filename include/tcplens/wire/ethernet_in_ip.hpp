// SPDX-License-Identifier: MIT
#pragma once

#include "tunnel_payload.hpp"
#include "tunnel_set.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Ethernet as what an IP packet carries: behind the two bytes of EtherIP (RFC 3378 3), or at once, as in segment
/// routing over IPv6 (RFC 8986 10.1).
struct ethernet_in_ip {
    static constexpr tunnel_set name = tunnel_set::ethernet_in_ip;
    static constexpr std::array<protocol_id, 2> carried_by{ip_protocol::ether_ip, ip_protocol::ethernet};

    [[nodiscard]] static constexpr parsed<tunnel_payload> payload(protocol_id carrier, const layer& content) noexcept {
        if (carrier == ip_protocol::ethernet) return tunnel_payload{link_type::ethernet, content};
        if (!content.has(2)) return content.shortfall(2);
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 != 3) return packet_outcome::not_tcp; // its version
        return tunnel_payload{link_type::ethernet, content.after(2)};
    }
};

} // namespace tcplens
