// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// The authentication header behind an IPv4 header (RFC 4302). In IPv6 it is an extension header, which is always
/// skipped.
inline constexpr tunnel_set authentication_header{1u << 1};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: IP protocol 51.
/// Read: what follows the header. In transport mode that belongs to the same IP packet and is no tunnel.
/// Not read: the integrity check value.
/// Network: nothing.
struct authentication_header {
    static constexpr tunnel_set bit = tunnels::authentication_header;
    static constexpr std::string_view name = "authentication_header";
    static constexpr std::array<protocol_id, 1> carried_by{ip_protocol::authentication};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        // RFC 4302 section 2.2: the length is in words of four bytes, less two. The check value may be empty.
        const std::size_t length = (std::to_integer<std::size_t>(content.bytes[1]) + 2) * 4;
        if (length < 12) return packet_outcome::malformed;
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{ip_protocol{std::to_integer<std::uint8_t>(content.bytes[0])}, content.subview(length)};
    }
};

} // namespace tcplens::inline v1::detail
