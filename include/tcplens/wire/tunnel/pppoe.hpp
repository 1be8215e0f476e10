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

/// PPP over Ethernet, session stage (RFC 2516).
inline constexpr tunnel_set pppoe{1u << 7};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: EtherType 0x8864.
/// Read: PPP packets.
/// Not read: the discovery stage, which carries no TCP.
/// Network: the session ID.
struct pppoe {
    static constexpr tunnel_set bit = tunnels::pppoe;
    static constexpr std::string_view name = "pppoe";
    static constexpr std::array<protocol_id, 1> carried_by{ether_type::pppoe_session};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(6)) return content.truncation_error(6);
        constexpr std::uint16_t version_type_and_code = 0x1100;
        if (load_big<std::uint16_t>(content.bytes.data()) != version_type_and_code) return packet_outcome::not_tcp;
        return tunnel_payload{
            link_type::ppp, content.subview(6), {load_big<std::uint16_t>(content.bytes.data() + 2), 16}};
    }
};

} // namespace tcplens::inline v1::detail
