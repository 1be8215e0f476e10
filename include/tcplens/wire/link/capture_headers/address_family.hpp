// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The payload by its address family. The number for IPv6 differs from system to system, and some writers say IPv4 before either: where
/// the version field contradicts the family, that counts.
[[nodiscard]] constexpr parse_result<network_payload> family_payload(std::uint32_t family,
                                                                     const frame_view& content) noexcept {
    bool is_v6 = false;
    switch (family) {
    case 2: // AF_INET everywhere
        break;
    case 10: // AF_INET6 of Linux,
    case 23: // Windows,
    case 24: // NetBSD, OpenBSD and BSD/OS,
    case 26: // Solaris,
    case 28: // FreeBSD and DragonFly BSD,
    case 30: // Darwin
        is_v6 = true;
        break;
    default: return packet_outcome::not_tcp;
    }
    if (!content.has(1)) return content.truncation_error(1); // either, so nothing is known of its length
    const unsigned version = std::to_integer<unsigned>(content.bytes[0]) >> 4;
    if (version == 4 || version == 6) is_v6 = version == 6;
    return network_payload{is_v6 ? ether_type::ipv6 : ether_type::ipv4, content};
}

/// An address family in four bytes of unknown order. A family fits into two bytes, so the smaller reading is right.
/// @pre Four bytes can be read at `at`.
[[nodiscard]] constexpr std::uint32_t load_family(const std::byte* at) noexcept {
    const auto big = load_big<std::uint32_t>(at);
    const auto little = load_little<std::uint32_t>(at);
    return big < little ? big : little;
}

} // namespace tcplens::inline v1::detail
