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

/// Anything in anything, AYIYA (draft-massar-v6ops-ayiya).
inline constexpr tunnel_set ayiya{1u << 13};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 5072.
/// Read: IP packets that are to be forwarded.
/// Not read: the signature, packets for other operations.
/// Network: nothing.
struct ayiya {
    static constexpr tunnel_set bit = tunnels::ayiya;
    static constexpr std::string_view name = "ayiya";
    static constexpr std::array carried_by{protocol_id::udp_port(5072)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        const auto first = std::to_integer<unsigned>(content.bytes[0]);
        const auto second = std::to_integer<unsigned>(content.bytes[1]);
        const auto third = std::to_integer<unsigned>(content.bytes[2]);
        constexpr unsigned forward = 1;
        if ((third & 0xf) != forward) return packet_outcome::not_tcp;
        const std::size_t length = 8 + (std::size_t{1} << (first >> 4)) + std::size_t{second >> 4} * 4;
        if (!content.has(length)) return content.truncation_error(length);
        return ip_by_version(content.subview(length));
    }
};

} // namespace tcplens::inline v1::detail
