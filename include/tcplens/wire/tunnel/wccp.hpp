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

/// Packets that a router redirects to a web cache (draft-wilson-wrec-wccp-v2).
inline constexpr tunnel_set wccp{1u << 4};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: GRE protocol 0x883e.
/// Read: IPv4, behind the redirect header of version 2 or without it (version 1).
/// Network: nothing.
struct wccp {
    static constexpr tunnel_set bit = tunnels::wccp;
    static constexpr std::string_view name = "wccp";
    static constexpr std::array carried_by{protocol_id::gre(0x883e)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(1)) return content.truncation_error(1);
        // The redirect header never begins with IPv4's version.
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 == 4) return tunnel_payload{ether_type::ipv4, content};
        if (!content.has(4)) return content.truncation_error(4);
        return tunnel_payload{ether_type::ipv4, content.subview(4)};
    }
};

} // namespace tcplens::inline v1::detail
