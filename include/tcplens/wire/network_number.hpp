// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_type.hpp"
#include "layer.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Adds the number of a network to that of the one around it, 0 for none; `kind` is the registry number by which a VLAN tag or
/// a tunnel is known. Never 0. Of two networks of a kind with nothing around them, the numbers differ; deeper ones are as
/// good as random.
[[nodiscard]] constexpr std::uint32_t network_within(std::uint32_t around, std::uint32_t kind,
                                                     std::uint32_t number) noexcept {
    // Odd factors and shifts to the right can be undone: nothing is lost of `number`.
    std::uint32_t mixed = (around ^ kind) * 0x9e3779b1u + number;
    mixed = (mixed ^ mixed >> 16) * 0x85ebca6bu;
    mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35u;
    mixed ^= mixed >> 16;
    return mixed != 0 ? mixed : 1;
}

/// Adds what the tags of a frame say: VLANs (IEEE 802.1Q 9.6; 0 means none) and backbone service instances (9.7), which are
/// the same in both directions. \pre the link layer gave what the frame carries
[[nodiscard]] constexpr std::uint32_t network_of_tags(std::uint32_t around, link_type link,
                                                      const layer& frame) noexcept {
    std::size_t at = 12;      // where the first EtherType stands,
    std::size_t tag = at + 2; // and what follows it
    if (link == link_type::linux_sll) {
        at = 14;
        tag = at + 2;
    } else if (link == link_type::linux_sll2) {
        at = 0;
        tag = 20;
    } else if (link != link_type::ethernet) {
        return around;
    }
    while (frame.has(tag + 4)) {
        const auto type = ether_type{load_big<std::uint16_t>(frame.bytes.data() + at)};
        const std::byte* fields = frame.bytes.data() + tag;
        if (type == ether_type::vlan || type == ether_type::provider_vlan || type == ether_type::old_qinq) {
            const unsigned vlan = load_big<std::uint16_t>(fields) & 0xfffu;
            if (vlan != 0) around = network_within(around, static_cast<std::uint32_t>(ether_type::vlan), vlan);
            at = tag + 2;
        } else if (type == ether_type::backbone_service) {
            const std::uint32_t service = load_big<std::uint32_t>(fields) & 0xff'ffffu;
            around = network_within(around, static_cast<std::uint32_t>(type), service);
            at = tag + 16;
        } else {
            break;
        }
        tag = at + 2;
    }
    return around;
}

} // namespace tcplens
