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
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// Ethernet frames in IP, EtherIP (RFC 3378) and Ethernet of segment routing over IPv6 (RFC 8986).
inline constexpr tunnel_set ethernet_in_ip{1u << 17};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: IP protocols 97 and 143.
/// Read: Ethernet frames.
/// Not read: EtherIP versions other than 3.
/// Network: nothing.
struct ethernet_in_ip {
    static constexpr tunnel_set bit = tunnels::ethernet_in_ip;
    static constexpr std::string_view name = "ethernet_in_ip";
    static constexpr std::array<protocol_id, 2> carried_by{ip_protocol::ether_ip, ip_protocol::ethernet};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        if (carrier == ip_protocol::ethernet) return tunnel_payload{link_type::ethernet, content};
        if (!content.has(2)) return content.truncation_error(2);
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 != 3) return packet_outcome::not_tcp; // its version
        return tunnel_payload{link_type::ethernet, content.subview(2)};
    }
};

} // namespace tcplens::inline v1::detail
