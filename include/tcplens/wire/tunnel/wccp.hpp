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

/// Packets that a router redirects to a web cache (draft-wilson-wrec-wccp-v2 3.13): IPv4 in GRE, behind a header of
/// four bytes in version 2, and without one in version 1. They have one EtherType.
struct wccp {
    static constexpr tunnel_set name = tunnel_set::wccp;
    static constexpr std::array carried_by{protocol_id::gre(0x883e)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(1)) return content.truncation_error(1);
        // The redirect header begins with a type of 0 or 1 bits and zeros, never with IPv4's version.
        if (std::to_integer<unsigned>(content.bytes[0]) >> 4 == 4) return tunnel_payload{ether_type::ipv4, content};
        if (!content.has(4)) return content.truncation_error(4);
        return tunnel_payload{ether_type::ipv4, content.subview(4)};
    }
};

} // namespace tcplens::inline v0::detail
