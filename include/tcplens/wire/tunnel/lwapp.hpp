// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "swapped_wireless.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// Data between access points and their controllers before CAPWAP, LWAPP (RFC 5412).
inline constexpr tunnel_set lwapp{1u << 21};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 12222.
/// Read: IEEE 802.11 frames, also with the two bytes of frame control swapped. Of a fragmented frame the first fragment, by its IP
/// length.
/// Not read: control messages, later fragments.
/// Network: nothing.
struct lwapp {
    static constexpr tunnel_set bit = tunnels::lwapp;
    static constexpr std::string_view name = "lwapp";
    static constexpr std::array carried_by{protocol_id::udp_port(12222)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        constexpr std::size_t length = 6;
        if (!content.has(length)) return content.truncation_error(length);
        const auto flags = std::to_integer<unsigned>(content.bytes[0]); // version, radio, then these:
        enum flag_bits : unsigned { is_control = 0x04, is_fragment = 0x02, is_not_last = 0x01, version = 0xc0 };
        if ((flags & (is_control | version)) != 0) return packet_outcome::not_tcp;
        if ((flags & is_fragment) != 0 && (flags & is_not_last) == 0) return packet_outcome::not_tcp;
        return swapped_ieee802_11_tunnel(content.subview(length));
    }
};

} // namespace tcplens::inline v1::detail
