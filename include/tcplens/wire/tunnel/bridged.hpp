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

/// A whole frame by an EtherType of its own: Ethernet (RFC 1701, RFC 7637 3.2), PPP (RFC 9542 B.2).
struct bridged {
    static constexpr tunnel_set name = tunnel_set::bridged;
    static constexpr std::array<protocol_id, 2> carried_by{ether_type::transparent_ethernet, ether_type::ppp};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{carrier == ether_type::ppp ? link_type::ppp : link_type::ethernet, content};
    }
};

} // namespace tcplens::inline v0::detail
