// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Ethernet as what an IP packet carries: behind the two bytes of EtherIP (RFC 3378 3), or at once, as in segment
/// routing over IPv6 (RFC 8986 10.1).
struct ethernet_in_ip {
    static constexpr tunnel_set name = tunnel_set::ethernet_in_ip;
    static constexpr std::array<protocol_id, 2> carried_by{ip_protocol::ether_ip, ip_protocol::ethernet};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        if (carrier == ip_protocol::ethernet) return tunnel_payload{link_type::ethernet, content};
        if (!content.has(2)) return content.truncation_error(2);
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 != 3) return packet_outcome::not_tcp; // its version
        return tunnel_payload{link_type::ethernet, content.subview(2)};
    }
};

} // namespace tcplens::inline v0::detail
