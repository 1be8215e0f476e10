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

/// IPv6 in UDP through network address translators, Teredo (RFC 4380).
inline constexpr tunnel_set teredo{1u << 12};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 3544.
/// Read: IPv6, behind an authentication header, an origin indication, both or neither.
/// Network: nothing.
struct teredo {
    static constexpr tunnel_set bit = tunnels::teredo;
    static constexpr std::string_view name = "teredo";
    static constexpr std::array carried_by{protocol_id::udp_port(3544)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id, frame_view content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        if (load_big<std::uint16_t>(content.bytes.data()) == 0x0001) {
            if (!content.has(4)) return content.truncation_error(4);
            const std::size_t length = 4 + std::to_integer<std::size_t>(content.bytes[2]) +
                                       std::to_integer<std::size_t>(content.bytes[3]) + 9; // nonce and confirmation
            if (!content.has(length + 2)) return content.truncation_error(length + 2);
            content = content.subview(length);
        }
        if (load_big<std::uint16_t>(content.bytes.data()) == 0x0000) {
            if (!content.has(9)) return content.truncation_error(9);
            content = content.subview(8);
        }
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 != 6) return packet_outcome::not_tcp;
        return tunnel_payload{ether_type::ipv6, content};
    }
};

} // namespace tcplens::inline v1::detail
