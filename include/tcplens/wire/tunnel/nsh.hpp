// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// The network service header (RFC 8300).
inline constexpr tunnel_set nsh{1u << 16};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: EtherType 0x894f, next protocol 4 of VXLAN-GPE.
/// Read: IPv4, IPv6, Ethernet, MPLS and another NSH. Context headers are skipped.
/// Not read: versions other than 0.
/// Network: nothing.
struct nsh {
    static constexpr tunnel_set bit = tunnels::nsh;
    static constexpr std::string_view name = "nsh";
    static constexpr std::array<protocol_id, 1> carried_by{ether_type::nsh};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(4)) return content.truncation_error(4);
        const std::size_t length = (std::to_integer<std::size_t>(content.bytes[1]) & 0x3f) * 4;
        if (std::to_integer<unsigned>(content.bytes[0]) >> 6 != 0 || length < 8) return packet_outcome::not_tcp;
        if (!content.has(length)) return content.truncation_error(length);
        return by_next_protocol(content.bytes[3], content.subview(length));
    }
};

} // namespace tcplens::inline v1::detail
