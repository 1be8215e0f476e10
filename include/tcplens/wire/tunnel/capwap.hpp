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

/// Data between access points and their controllers, CAPWAP (RFC 5415, RFC 5416).
inline constexpr tunnel_set capwap{1u << 14};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 5247.
/// Read: Ethernet frames and IEEE 802.11 frames, also with the two bytes of frame control swapped (Cisco). Of a fragmented frame the
/// first fragment, by its IP length.
/// Not read: encrypted data (DTLS), later fragments, keep-alives, bindings other than IEEE 802.11.
/// Network: nothing.
struct capwap {
    static constexpr tunnel_set bit = tunnels::capwap;
    static constexpr std::string_view name = "capwap";
    static constexpr std::array carried_by{protocol_id::udp_port(5247)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        if (content.bytes[0] != std::byte{}) return packet_outcome::not_tcp; // another version, or DTLS
        const std::uint32_t fields = load_big<std::uint32_t>(content.bytes.data()) & 0xff'ffff;
        const std::size_t length = std::size_t{fields >> 19} * 4;
        const std::uint32_t binding = fields >> 9 & 0x1f;
        const bool native = (fields & 0x100) != 0;
        const bool fragment = (fields & 0x080) != 0;
        const bool keep_alive = (fields & 0x008) != 0;
        if (length < 8 || keep_alive) return packet_outcome::not_tcp;
        if (fragment && load_big<std::uint16_t>(content.bytes.data() + 6) >> 3 != 0) return packet_outcome::not_tcp;
        if (!content.has(length)) return content.truncation_error(length);
        constexpr std::uint32_t ieee802_11_binding = 1; // RFC 5416
        if (!native) return tunnel_payload{link_type::ethernet, content.subview(length)};
        if (binding != ieee802_11_binding) return packet_outcome::not_tcp;
        return swapped_ieee802_11_tunnel(content.subview(length));
    }
};

} // namespace tcplens::inline v1::detail
