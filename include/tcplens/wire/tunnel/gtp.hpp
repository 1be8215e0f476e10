// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// The user plane of the GPRS tunnelling protocol, version 1 (3GPP TS 29.281) and version 0 (3GPP TS 09.60).
inline constexpr tunnel_set gtp{1u << 11};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 2152, and 3386 for version 0.
/// Read: IP packets, Ethernet frames and PPP packets with IP; the header does not say which. Extension headers are skipped.
/// Not read: control messages, GTP' (charging), other PDUs.
/// Network: nothing, since tunnel endpoint identifiers differ by direction.
struct gtp {
    static constexpr tunnel_set bit = tunnels::gtp;
    static constexpr std::string_view name = "gtp";
    static constexpr std::array carried_by{protocol_id::udp_port(2152), protocol_id::udp_port(3386)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        const auto flags = std::to_integer<unsigned>(content.bytes[0]);
        constexpr std::byte user_data{255};
        const bool is_gtp = (flags & 0x10) != 0; // and not GTP' (charging)
        if (!is_gtp || content.bytes[1] != user_data) return packet_outcome::not_tcp;
        std::size_t length = 20; // of version 0
        switch (flags >> 5) {    // the version
        case 0: break;
        case 1: {
            const auto found = version_1_header(content, flags);
            if (!found) return found.error();
            length = *found;
            break;
        }
        default: return packet_outcome::not_tcp;
        }
        if (!content.has(length)) return content.truncation_error(length);
        return ip_or_frame(content.subview(length));
    }

private:
    /// The length of the header of version 1, with its optional fields and extension headers.
    [[nodiscard]] static constexpr parse_result<std::size_t> version_1_header(const frame_view& content,
                                                                              unsigned flags) noexcept {
        enum flag_bits : unsigned { has_extensions = 0x04, has_optional_fields = 0x07 };
        if ((flags & has_optional_fields) == 0) return std::size_t{8};
        std::size_t length = 12; // if any of the optional fields is present, all of them take up room
        if (!content.has(length)) return content.truncation_error(length);
        bool more = (flags & has_extensions) != 0 && content.bytes[11] != std::byte{};
        for (
            int extensions = 0; more;
            ++extensions) { // 3GPP TS 29.281 section 5.2.1: a length in words of four bytes, the next type in the last byte
            if (extensions == max_repeats) return packet_outcome::not_tcp;
            if (!content.has(length + 1)) return content.truncation_error(length + 1);
            const std::size_t extension = std::to_integer<std::size_t>(content.bytes[length]) * 4;
            if (extension == 0) return packet_outcome::not_tcp;
            length += extension;
            if (!content.has(length)) return content.truncation_error(length);
            more = content.bytes[length - 1] != std::byte{};
        }
        return length;
    }
};

} // namespace tcplens::inline v1::detail
