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

/// IPv4 (RFC 2003, RFC 2473) or IPv6 (RFC 4213) as what an IP packet carries.
struct ip_in_ip {
    static constexpr tunnel_set name = tunnel_set::ip_in_ip;
    static constexpr std::array<protocol_id, 2> carried_by{ip_protocol::ipv4, ip_protocol::ipv6};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{carrier == ip_protocol::ipv4 ? ether_type::ipv4 : ether_type::ipv6, content};
    }
};

} // namespace tcplens::inline v0::detail
