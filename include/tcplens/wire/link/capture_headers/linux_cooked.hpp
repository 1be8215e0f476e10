// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"
#include "../ethernet/ethernet.hpp"
#include "../ethernet/llc.hpp"
#include "../point_to_point/frame_relay.hpp"
#include "../point_to_point/ppp.hpp"
#include "../wireless/ieee802_11.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Linux cooked capture, versions 1 and 2, as from the device `any`.
///
/// Read: by hardware type (ARPHRD) and protocol: EtherTypes with any tags, Ethernet, IEEE 802.2 LLC, PPP, Frame Relay,
/// Radiotap.
/// Not read: Netlink, CAN, Novell's 802.3.
struct linux_cooked {
    static constexpr std::array types{link_type::linux_sll, link_type::linux_sll2};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const bool first = link == link_type::linux_sll;
        const std::size_t header = first ? 16 : 20;
        if (!frame.has(header)) return frame.truncation_error(header);
        const frame_view content = frame.subview(header);
        // The hardware type decides what the protocol field means: an EtherType or one of Linux's own numbers below those.
        // For Netlink it is another family of numbers, for Frame Relay and Radiotap it says nothing.
        enum arphrd : std::uint16_t { frame_relay = 770, radiotap = 803, netlink = 824 };
        switch (load_big<std::uint16_t>(frame.bytes.data() + (first ? 2 : 8))) {
        case frame_relay: return frame_relay_payload(content);
        case radiotap: return radiotap_payload(content);
        case netlink: return packet_outcome::not_tcp;
        default: break;
        }
        const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0));
        enum eth_p : std::uint16_t { whole_frame = 0x0003, ieee802_2 = 0x0004, wan_ppp = 0x0007 };
        switch (protocol) {
        case whole_frame: return ethernet::payload(link_type::ethernet, content);
        case ieee802_2: return payload_behind_llc(content);
        case wan_ppp: return ppp_payload(content);
        default:
            if (protocol < lowest_ether_type) return packet_outcome::not_tcp; // Novell's 802.3, CAN, …
            return skip_tags({ether_type{protocol}, content});
        }
    }

    [[nodiscard]] static constexpr network_payload tagged_payload(link_type link, const frame_view& frame) noexcept {
        const bool first = link == link_type::linux_sll;
        const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0));
        return {ether_type{protocol}, frame.subview(first ? 16 : 20)};
    }
};

} // namespace tcplens::inline v0::detail
