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

/// The GPRS tunnelling protocol's user plane: version 1 with extension headers (3GPP TS 29.281 5), and version 0 (3GPP
/// TS 09.60 6). Its tunnel endpoint identifiers are the receiver's, and differ by direction.
struct gtp {
    static constexpr tunnel_set name = tunnel_set::gtp;
    static constexpr std::array carried_by{protocol_id::udp_port(2152), protocol_id::udp_port(3386)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        const auto flags = std::to_integer<unsigned>(content.bytes[0]);
        constexpr std::byte user_data{255};
        const bool is_gtp = (flags & 0x10) != 0; // and not GTP', which carries bills
        if (!is_gtp || content.bytes[1] != user_data) return packet_outcome::not_tcp;
        std::size_t length = 20;
        if (flags >> 5 == 1) {
            length = 8;
            if ((flags & 0x07) != 0) { // any of the optional fields: then all have room
                length = 12;
                if (!content.has(length)) return content.truncation_error(length);
                bool more = (flags & 0x04) != 0 && content.bytes[11] != std::byte{};
                while (more) { // 5.2.1: a length in words of four bytes, and the next one's type at the end
                    if (!content.has(length + 1)) return content.truncation_error(length + 1);
                    const std::size_t extension = std::to_integer<std::size_t>(content.bytes[length]) * 4;
                    if (extension == 0) return packet_outcome::not_tcp;
                    length += extension;
                    if (!content.has(length)) return content.truncation_error(length);
                    more = content.bytes[length - 1] != std::byte{};
                }
            }
        } else if (flags >> 5 != 0) {
            return packet_outcome::not_tcp;
        }
        if (!content.has(length)) return content.truncation_error(length);
        return ip_by_version(content.subview(length));
    }
};

} // namespace tcplens::inline v0::detail
