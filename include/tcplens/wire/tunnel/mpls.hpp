// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// MPLS label stacks (RFC 3032), also in IP (RFC 4023) and in UDP (RFC 7510), and Ethernet pseudowires (RFC 4448).
inline constexpr tunnel_set mpls{1u << 6};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: EtherTypes 0x8847 and 0x8848, IP protocol 137, UDP port 6635.
/// Read: IP, and Ethernet frames with or without a control word. The labels do not say which of them follows, so the
/// first bytes decide (RFC 4928 section 2).
/// Not read: other pseudowires and the associated channel (RFC 5586).
/// Network: nothing, since labels differ by direction.
struct mpls {
    static constexpr tunnel_set bit = tunnels::mpls;
    static constexpr std::string_view name = "mpls";
    static constexpr std::array carried_by{protocol_id{ether_type::mpls}, protocol_id{ether_type::mpls_multicast},
                                           protocol_id{ip_protocol::mpls}, protocol_id::udp_port(6635)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id, frame_view content) noexcept {
        std::uint32_t entry = 0;
        int labels = 0;
        do {
            if (++labels > max_repeats) return packet_outcome::not_tcp;
            if (!content.has(4)) return content.truncation_error(4);
            entry = load_big<std::uint32_t>(content.bytes.data());
            content = content.subview(4);
        } while ((entry & bottom_of_stack) == 0);
        if (entry >> 12 == ipv4_explicit_null) return tunnel_payload{ether_type::ipv4, content};
        if (entry >> 12 == ipv6_explicit_null) return tunnel_payload{ether_type::ipv6, content};

        constexpr std::size_t control_word = 4;
        if (content.wire_length < ethernet_header) return packet_outcome::not_tcp;
        if (!content.has(ethernet_header)) return packet_outcome::truncated;
        const auto first = std::to_integer<unsigned>(content.bytes[0]);
        const auto second_word = load_big<std::uint16_t>(content.bytes.data() + 2);
        const auto third_word = load_big<std::uint16_t>(content.bytes.data() + 4);
        if (first >> 4 == 4 && (first & 0xf) >= 5 && second_word <= content.wire_length)
            return tunnel_payload{ether_type::ipv4, content};
        if (first >> 4 == 6 && third_word + 40u <= content.wire_length)
            return tunnel_payload{ether_type::ipv6, content};

        if (first >> 4 == 0 && content.wire_length >= control_word + ethernet_header) {
            if (!content.has(control_word + ethernet_header)) return packet_outcome::truncated;
            const frame_view behind = content.subview(control_word);
            if (is_ethernet(behind)) return tunnel_payload{link_type::ethernet, behind};
        }
        if (is_ethernet(content)) return tunnel_payload{link_type::ethernet, content};
        return ip_by_version(content);
    }

private:
    static constexpr std::uint32_t bottom_of_stack = 0x100;
    static constexpr std::uint32_t ipv4_explicit_null = 0;
    static constexpr std::uint32_t ipv6_explicit_null = 2;
    static constexpr std::size_t ethernet_header = 14;

    /// Whether there is an EtherType at its place in Ethernet that leads to TCP. @pre content.has(ethernet_header)
    [[nodiscard]] static constexpr bool is_ethernet(const frame_view& content) noexcept {
        switch (ether_type{load_big<std::uint16_t>(content.bytes.data() + 12)}) {
        case ether_type::ipv4:
        case ether_type::ipv6:
        case ether_type::vlan:
        case ether_type::provider_vlan:
        case ether_type::mpls:
        case ether_type::pppoe_session: return true;
        default: return false;
        }
    }
};

} // namespace tcplens::inline v1::detail
