// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_type.hpp"
#include "llc.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Cisco's HDLC: address (0x0f unicast, 0x8f multicast), a zero, an EtherType (RFC 1547 4.3.1).
[[nodiscard]] constexpr parsed<network_payload> cisco_hdlc_payload(const layer& frame) noexcept {
    constexpr std::size_t header = 4;
    if (!frame.has(header)) return frame.shortfall(header);
    const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + 2);
    if (protocol < lowest_ether_type) return packet_outcome::not_tcp;
    return network_payload{ether_type{protocol}, frame.after(header)};
}

/// LINKTYPE_C_HDLC, and with a byte before it that tells the direction: LINKTYPE_C_HDLC_WITH_DIR.
struct cisco_hdlc {
    static constexpr std::array types{link_type::cisco_hdlc, link_type::cisco_hdlc_with_direction};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        const std::size_t direction = link == link_type::cisco_hdlc_with_direction ? 1 : 0;
        if (!frame.has(direction)) return frame.shortfall(direction);
        return cisco_hdlc_payload(frame.after(direction));
    }
};

} // namespace tcplens
