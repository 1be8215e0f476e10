// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../capture/link_type.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../link/link_layers.hpp"
#include "../network_payload.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Mixes the number of a network with that of the network around it, which is 0 if there is none. `kind` is the registry number
/// of the VLAN tag or tunnel. The result is never 0. For two networks of one kind with no other network around them the results
/// always differ; for deeper ones they are as good as random.
[[nodiscard]] constexpr std::uint32_t network_within(std::uint32_t around, std::uint32_t kind,
                                                     std::uint32_t number) noexcept {
    // Multiplying by odd factors and shifting to the right are invertible: no information in `number` is lost.
    std::uint32_t mixed = (around ^ kind) * 0x9e3779b1u + number;
    mixed = (mixed ^ mixed >> 16) * 0x85ebca6bu;
    mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35u;
    mixed ^= mixed >> 16;
    return mixed != 0 ? mixed : 1;
}

/// Mixes in the networks of a stack of tags, of which `type` is the first and `behind` follows that EtherType. VLANs (IEEE 802.1Q
/// section 9.6; 0 means no VLAN) and backbone service instances (section 9.7) are the same in both directions.
[[nodiscard]] constexpr std::uint32_t network_of_tags(std::uint32_t around, ether_type type,
                                                      frame_view behind) noexcept {
    for (int tags = 0; tags <= max_repeats; ++tags) {
        std::size_t next = 2; // offset of the next EtherType
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
    return around;
}

/// Mixes in the networks of the tags of a frame. \pre The link layer gave what the frame carries.
[[nodiscard]] constexpr std::uint32_t network_of_frame(std::uint32_t around, link_type link,
                                                       const frame_view& frame) noexcept {
    const network_payload tagged = link_layers::tagged_payload(link, frame);
    return network_of_tags(around, tagged.type, tagged.content);
}

} // namespace tcplens::inline v1::detail
