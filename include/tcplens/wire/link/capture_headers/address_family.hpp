// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <cstdint>

namespace tcplens::inline v0::detail {

/// What a packet of an address family is. The number for IPv6 differs from system to system, and none means another
/// family elsewhere that is ever seen in such a header.
[[nodiscard]] constexpr parse_result<network_payload> family_payload(std::uint32_t family,
                                                                     const frame_view& content) noexcept {
    switch (family) {
    case 2: // AF_INET everywhere
        return network_payload{ether_type::ipv4, content};
    case 10: // AF_INET6 of Linux,
    case 23: // Windows,
    case 24: // NetBSD, OpenBSD and BSD/OS,
    case 28: // FreeBSD and DragonFly BSD,
    case 30: // Darwin
        return network_payload{ether_type::ipv6, content};
    default: return packet_outcome::not_tcp;
    }
}

/// A family in four bytes whose order nobody told: it fits in one byte or two, so whichever reading gives the smaller
/// number.
/// \pre four bytes can be read at `at`
[[nodiscard]] constexpr std::uint32_t load_family(const std::byte* at) noexcept {
    const auto big = load_big<std::uint32_t>(at);
    const auto little = load_little<std::uint32_t>(at);
    return big < little ? big : little;
}

} // namespace tcplens::inline v0::detail
