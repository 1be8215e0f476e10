// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// What access points and their controllers exchange: CAPWAP data that is neither encrypted nor in fragments
/// (RFC 5415 4.3). 802.11 frames are read where the sender did not exchange the bytes of their frame control.
struct capwap {
    static constexpr tunnel_set name = tunnel_set::capwap;
    static constexpr std::array carried_by{protocol_id::udp_port(5247)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        if (content.bytes[0] != std::byte{}) return packet_outcome::not_tcp; // another version, or DTLS
        const std::uint32_t fields = load_big<std::uint32_t>(content.bytes.data()) & 0xff'ffff;
        const std::size_t length = (fields >> 19) * 4;
        const std::uint32_t binding = fields >> 9 & 0x1f;
        const bool native = (fields & 0x100) != 0;
        const bool fragment = (fields & 0x080) != 0;
        const bool keep_alive = (fields & 0x008) != 0;
        if (length < 8 || fragment || keep_alive) return packet_outcome::not_tcp;
        if (!content.has(length)) return content.truncation_error(length);
        constexpr std::uint32_t ieee802_11_binding = 1; // RFC 5416
        if (!native) return tunnel_payload{link_type::ethernet, content.subview(length)};
        if (binding != ieee802_11_binding) return packet_outcome::not_tcp;
        return tunnel_payload{link_type::ieee802_11, content.subview(length)};
    }
};

} // namespace tcplens::inline v0::detail
