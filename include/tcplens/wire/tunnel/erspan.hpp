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

/// Mirrored Ethernet frames in GRE, ERSPAN types II and III (draft-foschiano-erspan).
inline constexpr tunnel_set erspan{1u << 3};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: GRE protocols 0x88be and 0x22eb.
/// Read: Ethernet frames. In type III also IP packets, and the platform subheader is skipped.
/// Not read: type III with frames of other kinds.
/// Network: nothing.
struct erspan {
    static constexpr tunnel_set bit = tunnels::erspan;
    static constexpr std::string_view name = "erspan";
    static constexpr std::array carried_by{protocol_id::gre(0x88be), protocol_id::gre(0x22eb)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        switch (std::to_integer<unsigned>(content.bytes[0]) >> 4) {
        case 1: return tunnel_payload{link_type::ethernet, content.subview(8)};
        case 2: {
            if (!content.has(12)) return content.truncation_error(12);
            const auto fields = load_big<std::uint16_t>(content.bytes.data() + 10);
            const bool has_platform_header = (fields & 1) != 0;
            const std::size_t length = has_platform_header ? 20 : 12;
            if (!content.has(length)) return content.truncation_error(length);
            switch (fields >> 10 & 0x1f) { // the type of the frame
            case 0: return tunnel_payload{link_type::ethernet, content.subview(length)};
            case 2: return ip_by_version(content.subview(length));
            default: return packet_outcome::not_tcp;
            }
        }
        default: return packet_outcome::not_tcp;
        }
    }
};

} // namespace tcplens::inline v1::detail
