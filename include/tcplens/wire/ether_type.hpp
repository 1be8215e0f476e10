// SPDX-License-Identifier: MIT
#pragma once

#include "layer.hpp"

#include <cstdint>

namespace tcplens {

/// The protocol above a link layer: an EtherType of the IEEE registry. Any value can be held.
enum class ether_type : std::uint16_t {
    ipv4 = 0x0800,
    vlan = 0x8100, ///< IEEE 802.1Q
    ipv6 = 0x86dd,
    provider_vlan = 0x88a8, ///< IEEE 802.1ad
    old_qinq = 0x9100,      ///< double tags before 802.1ad
};

/// What a link layer carries.
struct network_payload {
    ether_type type{};
    layer content{};
};

} // namespace tcplens
