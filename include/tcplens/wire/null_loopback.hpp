// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// BSD loopback: the address family in four bytes, LINKTYPE_LOOP's in network byte order, LINKTYPE_NULL's in that of the
/// capturing machine, which the file does not always know.
struct null_loopback {
    static constexpr std::array types{link_type::null, link_type::loop};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type, const layer& frame) noexcept {
        constexpr std::size_t header = 4;
        if (!frame.has(header)) return frame.shortfall(header);
        // A family fits in one byte or two, so the byte order shows: whichever reading gives the smaller number.
        const auto big = load_big<std::uint32_t>(frame.bytes.data());
        const auto little = load_little<std::uint32_t>(frame.bytes.data());
        switch (big < little ? big : little) {
        case 2: // AF_INET everywhere
            return network_payload{ether_type::ipv4, frame.after(header)};
        case 10: // AF_INET6 of Linux,
        case 23: // Windows,
        case 24: // NetBSD, OpenBSD and BSD/OS,
        case 28: // FreeBSD and DragonFly BSD,
        case 30: // Darwin
            return network_payload{ether_type::ipv6, frame.after(header)};
        // Some tools write an EtherType where the family belongs.
        case static_cast<std::uint32_t>(ether_type::ipv4):
        case static_cast<std::uint32_t>(ether_type::ipv6):
            return network_payload{static_cast<ether_type>(big < little ? big : little), frame.after(header)};
        default: return packet_outcome::not_tcp;
        }
    }
};

} // namespace tcplens
