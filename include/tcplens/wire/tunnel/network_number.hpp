// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../capture/link_type.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Adds the number of a network to that of the one around it, 0 for none; `kind` is the registry number by which a VLAN
/// tag or a tunnel is known. Never 0. Of two networks of a kind with nothing around them, the numbers differ; deeper
/// ones are as good as random.
[[nodiscard]] constexpr std::uint32_t network_within(std::uint32_t around, std::uint32_t kind,
                                                     std::uint32_t number) noexcept {
    // Odd factors and shifts to the right can be undone: nothing is lost of `number`.
    std::uint32_t mixed = (around ^ kind) * 0x9e3779b1u + number;
    mixed = (mixed ^ mixed >> 16) * 0x85ebca6bu;
    mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35u;
    mixed ^= mixed >> 16;
    return mixed != 0 ? mixed : 1;
}

/// Adds what a stack of tags says, of which `type` is the first and `behind` follows its EtherType: VLANs (IEEE 802.1Q
/// 9.6; 0 means none) and backbone service instances (9.7), which are the same in both directions.
[[nodiscard]] constexpr std::uint32_t network_of_tags(std::uint32_t around, ether_type type,
                                                      frame_view behind) noexcept {
    for (;;) {
        std::size_t next = 2; // where the EtherType of what follows stands
        if (!behind.has(4)) return around;
        const std::byte* fields = behind.bytes.data();
        if (type == ether_type::vlan || type == ether_type::provider_vlan || type == ether_type::old_qinq) {
            const unsigned vlan = load_big<std::uint16_t>(fields) & 0xfffu;
            if (vlan != 0) around = network_within(around, static_cast<std::uint32_t>(ether_type::vlan), vlan);
        } else if (type == ether_type::backbone_service) {
            next = 16; // behind the customer's addresses
            const std::uint32_t service = load_big<std::uint32_t>(fields) & 0xff'ffffu;
            around = network_within(around, static_cast<std::uint32_t>(type), service);
        } else {
            return around;
        }
        if (!behind.has(next + 2)) return around;
        type = ether_type{load_big<std::uint16_t>(fields + next)};
        behind = behind.subview(next + 2);
    }
}

/// Adds what the tags of a frame say. \pre the link layer gave what the frame carries
[[nodiscard]] constexpr std::uint32_t network_of_frame(std::uint32_t around, link_type link,
                                                       const frame_view& frame) noexcept {
    std::size_t type_at = 12;
    std::size_t header = 14;
    switch (link) {
    case link_type::ethernet: break;
    case link_type::linux_sll:
        type_at = 14;
        header = 16;
        break;
    case link_type::linux_sll2:
        type_at = 0;
        header = 20;
        break;
    default: return around;
    }
    if (!frame.has(header)) return around;
    return network_of_tags(around, ether_type{load_big<std::uint16_t>(frame.bytes.data() + type_at)},
                           frame.subview(header));
}

} // namespace tcplens::inline v0::detail
