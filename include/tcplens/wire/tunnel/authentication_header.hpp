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

namespace tcplens::inline v0::detail {

/// The IP authentication header (RFC 4302 2) behind an IPv4 header: what follows is of the same packet, and not
/// encrypted.
struct authentication_header {
    static constexpr tunnel_set name = tunnel_set::authentication_header;
    static constexpr std::array<protocol_id, 1> carried_by{ip_protocol::authentication};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        // 2.2: the length counts words of four bytes, less two; three words and a check value, which may be empty
        const std::size_t length = (std::to_integer<std::size_t>(content.bytes[1]) + 2) * 4;
        if (length < 12) return packet_outcome::malformed;
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{ip_protocol{std::to_integer<std::uint8_t>(content.bytes[0])}, content.subview(length)};
    }
};

} // namespace tcplens::inline v0::detail
