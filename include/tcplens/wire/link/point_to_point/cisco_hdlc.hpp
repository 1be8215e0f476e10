// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/llc.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// What a Cisco HDLC frame carries: address (0x0f unicast, 0x8f multicast), a zero byte, an EtherType (RFC 1547 section 4.3.1).
[[nodiscard]] constexpr parse_result<network_payload> cisco_hdlc_payload(const frame_view& frame) noexcept {
    constexpr std::size_t header = 4;
    if (!frame.has(header)) return frame.truncation_error(header);
    const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + 2);
    constexpr std::uint16_t ppp_address_and_control =
        0xff03; // RFC 1662 3.1: some call PPP so, as Wireshark's "chdlc" may be either
    if (load_big<std::uint16_t>(frame.bytes.data()) == ppp_address_and_control)
        return other_payload(link_type::ppp, frame);
    if (protocol < lowest_ether_type) return packet_outcome::not_tcp;
    return network_payload{ether_type{protocol}, frame.subview(header)};
}

/// Cisco HDLC (RFC 1547 section 4.3.1), with or without a direction byte.
///
/// Read: an address, a zero byte, an EtherType.
/// Not read: SLARP, CDP and other protocols without an EtherType.
struct cisco_hdlc {
    static constexpr std::array types{link_type::cisco_hdlc, link_type::cisco_hdlc_with_direction};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const std::size_t direction = link == link_type::cisco_hdlc_with_direction ? 1 : 0;
        if (!frame.has(direction)) return frame.truncation_error(direction);
        return cisco_hdlc_payload(frame.subview(direction));
    }
};

} // namespace tcplens::inline v1::detail
