// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ethernet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Linux "cooked" capture, as of the `any` device. The hardware type (an ARPHRD_ value) says what the protocol field is:
/// for Netlink, Frame Relay and Radiotap it is no EtherType (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2).
struct linux_cooked {
    static constexpr std::array types{link_type::linux_sll, link_type::linux_sll2};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        const bool first = link == link_type::linux_sll;
        const std::size_t header = first ? 16 : 20;
        if (!frame.has(header)) return frame.shortfall(header);
        const auto hardware = load_big<std::uint16_t>(frame.bytes.data() + (first ? 2 : 8));
        enum arphrd : std::uint16_t { frame_relay = 770, radiotap = 803, netlink = 824 };
        if (hardware == frame_relay || hardware == radiotap || hardware == netlink) return packet_outcome::not_tcp;
        const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + (first ? 14 : 0));
        return skip_vlan_tags({ether_type{protocol}, frame.after(header)});
    }
};

} // namespace tcplens
