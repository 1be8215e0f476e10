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

/// Layer two tunnelling protocol, versions 2 and 3 (RFC 2661, RFC 3931).
inline constexpr tunnel_set l2tp{1u << 8};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 1701, IP protocol 115.
/// Read: version 2: PPP packets of data messages. Version 3: Ethernet frames with IP or a VLAN tag, and PPP packets
/// with IP. Only the two ends know the length of a cookie, so each possible length (0, 4 or 8 bytes, and a sublayer of
/// 4 bytes) is tried.
/// Not read: control messages, and version 3 with anything else.
/// Network: nothing, since session numbers differ by direction.
struct l2tp {
    static constexpr tunnel_set bit = tunnels::l2tp;
    static constexpr std::string_view name = "l2tp";
    static constexpr std::array carried_by{protocol_id::udp_port(1701), protocol_id{ip_protocol::l2tp}};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        if (carrier == ip_protocol::l2tp) {
            if (!content.has(4)) return content.truncation_error(4);
            const bool control = load_big<std::uint32_t>(content.bytes.data()) == 0;
            return control ? packet_outcome::not_tcp : version_3(content.subview(4));
        }
        if (!content.has(2)) return content.truncation_error(2);
        const auto flags = load_big<std::uint16_t>(content.bytes.data());
        if ((flags & control_message) != 0) return packet_outcome::not_tcp;
        if ((flags & version) == 3) {
            if (!content.has(8)) return content.truncation_error(8);
            return version_3(content.subview(8));
        }
        if ((flags & version) != 2) return packet_outcome::not_tcp;
        std::size_t length = 6;
        if ((flags & has_length) != 0) length += 2;
        if ((flags & has_sequence) != 0) length += 4;
        if ((flags & has_offset) != 0) {
            if (!content.has(length + 2)) return content.truncation_error(length + 2);
            length += std::size_t{2} + load_big<std::uint16_t>(content.bytes.data() + length);
        }
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{link_type::ppp, content.subview(length)};
    }

private:
    static constexpr unsigned control_message = 0x8000;
    static constexpr unsigned has_length = 0x4000;
    static constexpr unsigned has_sequence = 0x0800;
    static constexpr unsigned has_offset = 0x0200;
    static constexpr unsigned version = 0x000f;

    [[nodiscard]] static constexpr parse_result<tunnel_payload> version_3(const frame_view& content) noexcept {
        for (const std::size_t before : {0u, 4u, 8u, 12u}) { // a cookie of 0, 4 or 8 bytes, and a sublayer of 4
            if (content.wire_length < before + 15) break;
            if (!content.has(before + 15)) return packet_outcome::truncated;
            const std::byte* frame = content.bytes.data() + before;
            const auto type = load_big<std::uint16_t>(frame + 12);
            const auto ip_version = std::to_integer<unsigned>(frame[14]) >> 4;
            if ((type == 0x0800 && ip_version == 4) || (type == 0x86dd && ip_version == 6) || type == 0x8100)
                return tunnel_payload{link_type::ethernet, content.subview(before)};
            const auto ppp = load_big<std::uint32_t>(frame);
            if (ppp == 0xff030021 || ppp == 0xff030057) return tunnel_payload{link_type::ppp, content.subview(before)};
        }
        return packet_outcome::not_tcp;
    }
};

} // namespace tcplens::inline v1::detail
