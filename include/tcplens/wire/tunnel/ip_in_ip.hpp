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

/// IPv4 or IPv6 directly inside an IPv4 or IPv6 packet (RFC 2003, RFC 2473, RFC 4213).
inline constexpr tunnel_set ip_in_ip{1u << 0};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: IP protocols 4 (IPv4) and 41 (IPv6).
/// Read: the inner IP packet.
/// Network: nothing.
struct ip_in_ip {
    static constexpr tunnel_set bit = tunnels::ip_in_ip;
    static constexpr std::string_view name = "ip_in_ip";
    static constexpr std::array<protocol_id, 2> carried_by{ip_protocol::ipv4, ip_protocol::ipv6};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{carrier == ip_protocol::ipv4 ? ether_type::ipv4 : ether_type::ipv6, content};
    }
};

} // namespace tcplens::inline v1::detail
