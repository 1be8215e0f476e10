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

/// The layer two tunnelling protocol: data messages of version 2 (RFC 2661 3.1), which carry PPP, and of version 3 over
/// IP and UDP (RFC 3931 4.1). Of those, only the two ends know the length of the cookie and what follows it: a frame is
/// taken where Ethernet with IP or a VLAN, or PPP with IP stands behind a cookie and sublayer of a possible length. The
/// session's number is the receiver's, and differs by direction.
struct l2tp {
    static constexpr tunnel_set name = tunnel_set::l2tp;
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
        for (const std::size_t before : {0u, 4u, 8u, 12u}) { // cookies of 0, 4 or 8 bytes, and a sublayer of 4
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

} // namespace tcplens::inline v0::detail
