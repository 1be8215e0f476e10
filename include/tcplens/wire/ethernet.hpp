// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Passes over any stack of VLAN tags (IEEE 802.1Q 9.3): each is two bytes and the EtherType of what follows.
[[nodiscard]] constexpr parsed<network_payload> skip_vlan_tags(network_payload payload) noexcept {
    while (payload.type == ether_type::vlan || payload.type == ether_type::provider_vlan ||
           payload.type == ether_type::old_qinq) {
        if (!payload.content.has(4)) return payload.content.shortfall(4);
        payload = {ether_type{load_big<std::uint16_t>(payload.content.bytes.data() + 2)}, payload.content.after(4)};
    }
    return payload;
}

/// Ethernet II: two addresses and an EtherType (IEEE 802.3 3.2).
struct ethernet {
    static constexpr std::array types{link_type::ethernet};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type, const layer& frame) noexcept {
        constexpr std::size_t header = 14;
        if (!frame.has(header)) return frame.shortfall(header);
        return skip_vlan_tags({ether_type{load_big<std::uint16_t>(frame.bytes.data() + 12)}, frame.after(header)});
    }
};

} // namespace tcplens
