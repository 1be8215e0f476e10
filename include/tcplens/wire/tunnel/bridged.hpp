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

/// Whole frames behind an EtherType of their own, Ethernet (RFC 1701, RFC 7637) and PPP (RFC 9542).
inline constexpr tunnel_set bridged{1u << 19};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: EtherTypes 0x6558 and 0x880b.
/// Read: Ethernet frames, PPP packets.
/// Network: nothing.
struct bridged {
    static constexpr tunnel_set bit = tunnels::bridged;
    static constexpr std::string_view name = "bridged";
    static constexpr std::array<protocol_id, 2> carried_by{ether_type::transparent_ethernet, ether_type::ppp};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{carrier == ether_type::ppp ? link_type::ppp : link_type::ethernet, content};
    }
};

} // namespace tcplens::inline v1::detail
