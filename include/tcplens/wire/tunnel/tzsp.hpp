// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// The TaZmen Sniffer Protocol, by which devices send captured frames to an analyser.
inline constexpr tunnel_set tzsp{1u << 18};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 37008.
/// Read: Ethernet and IEEE 802.11 frames. Tagged fields are skipped.
/// Not read: messages without a frame, frames of other kinds.
/// Network: nothing.
struct tzsp {
    static constexpr tunnel_set bit = tunnels::tzsp;
    static constexpr std::string_view name = "tzsp";
    static constexpr std::array carried_by{protocol_id::udp_port(37008)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(4)) return content.truncation_error(4);
        constexpr std::byte version{1};
        constexpr std::byte last_with_a_frame{1}; // 0: received frame, 1: frame to be sent, others: control
        if (content.bytes[0] != version || content.bytes[1] > last_with_a_frame) return packet_outcome::not_tcp;
        std::size_t length = 4;
        int fields = 0;
        for (bool more = true; more;) { // tagged fields: a type and, except for padding (0) and the end (1), a length
            if (++fields > max_repeats) return packet_outcome::not_tcp;
            if (!content.has(length + 1)) return content.truncation_error(length + 1);
            const auto type = std::to_integer<unsigned>(content.bytes[length++]);
            more = type != 1;
            if (type <= 1) continue;
            if (!content.has(length + 1)) return content.truncation_error(length + 1);
            length += std::size_t{1} + std::to_integer<std::size_t>(content.bytes[length]);
        }
        switch (load_big<std::uint16_t>(content.bytes.data() + 2)) {
        case 1: return tunnel_payload{link_type::ethernet, content.subview(length)};
        case 18: return tunnel_payload{link_type::ieee802_11, content.subview(length)};
        default: return packet_outcome::not_tcp;
        }
    }
};

} // namespace tcplens::inline v1::detail
