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

/// Anything in anything (draft-massar-v6ops-ayiya-02 3): IP behind an identity and a signature.
struct ayiya {
    static constexpr tunnel_set name = tunnel_set::ayiya;
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

} // namespace tcplens::inline v0::detail
