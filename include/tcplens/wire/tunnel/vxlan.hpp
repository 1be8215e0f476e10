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

/// Virtual extensible LAN (RFC 7348), and its generic protocol extension VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe).
inline constexpr tunnel_set vxlan{1u << 9};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP ports 4789 and 8472 (Linux's default), and 4790 for VXLAN-GPE.
/// Read: Ethernet frames. With VXLAN-GPE also IPv4, IPv6, NSH and MPLS. Packets without the flag for a valid network identifier are
/// read if an Ethernet frame with IP or a tag follows.
/// Network: the VXLAN network identifier (VNI), if it is valid.
struct vxlan {
    static constexpr tunnel_set bit = tunnels::vxlan;
    static constexpr std::string_view name = "vxlan";
    static constexpr std::array carried_by{protocol_id::udp_port(4789), protocol_id::udp_port(8472),
                                           protocol_id::udp_port(4790)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        constexpr std::byte has_network{0x08};
        constexpr std::byte has_next_protocol{0x04};
        const std::byte flags = content.bytes[0];
        if ((flags & has_network) == std::byte{}) {
            // RFC 7348 section 5 makes receivers drop it. A capture is none.
            constexpr std::size_t ethernet_and_version = 8 + 15;
            if (!content.has(ethernet_and_version))
                return content.wire_length >= ethernet_and_version ? packet_outcome::truncated
                                                                   : packet_outcome::not_tcp;
            if (!is_plausible_ethernet(content.subview(8))) return packet_outcome::not_tcp;
            return tunnel_payload{link_type::ethernet, content.subview(8)};
        }
        const tunnel_network network{load_big<std::uint32_t>(content.bytes.data() + 4) >> 8, 24};
        if (carrier == protocol_id::udp_port(4790) && (flags & has_next_protocol) != std::byte{})
            return by_next_protocol(content.bytes[3], content.subview(8), network);
        return tunnel_payload{link_type::ethernet, content.subview(8), network};
    }
};

} // namespace tcplens::inline v1::detail
