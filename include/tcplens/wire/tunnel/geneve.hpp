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

/// Generic network virtualization encapsulation (RFC 8926).
inline constexpr tunnel_set geneve{1u << 10};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 6081.
/// Read: whatever its EtherType names. Options are skipped.
/// Not read: versions other than 0.
/// Network: the virtual network identifier (VNI).
struct geneve {
    static constexpr tunnel_set bit = tunnels::geneve;
    static constexpr std::string_view name = "geneve";
    static constexpr std::array carried_by{protocol_id::udp_port(6081)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        const auto first = std::to_integer<unsigned>(content.bytes[0]);
        if (first >> 6 != 0) return packet_outcome::not_tcp; // its version
        const std::size_t length = 8 + std::size_t{first & 0x3f} * 4;
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{ether_type{load_big<std::uint16_t>(content.bytes.data() + 2)},
                              content.subview(length),
                              {load_big<std::uint32_t>(content.bytes.data() + 4) >> 8, 24}};
    }
};

} // namespace tcplens::inline v1::detail
