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

/// Data of the locator/ID separation protocol (RFC 9300).
inline constexpr tunnel_set lisp{1u << 15};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 4341.
/// Read: IP packets.
/// Not read: the instance ID.
/// Network: nothing.
struct lisp {
    static constexpr tunnel_set bit = tunnels::lisp;
    static constexpr std::string_view name = "lisp";
    static constexpr std::array carried_by{protocol_id::udp_port(4341)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        return ip_by_version(content.subview(8));
    }
};

} // namespace tcplens::inline v1::detail
