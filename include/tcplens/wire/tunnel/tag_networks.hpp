// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../capture/link_type.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../link/ethernet/ether_tags.hpp"
#include "../link/link_layers.hpp"
#include "../network_id.hpp"
#include "../network_payload.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// Adds the networks of a stack of tags, of which `type` is the first and `behind` follows that EtherType. VLANs (IEEE 802.1Q
/// section 9.6; 0 means no VLAN) and backbone service instances (section 9.7) are the same in both directions. False if there are more
/// than a network_id holds: then `network` means nothing.
[[nodiscard]] constexpr bool add_network_of_tags(network_id& network, ether_type type, frame_view behind) noexcept {
    for (int tags = 0; tags <= max_repeats; ++tags) {
        std::size_t next = 2; // offset of the next EtherType
        if (!behind.has(4)) return true;
        const std::byte* fields = behind.bytes.data();
        std::optional<network_id> within = network;
        if (is_vlan(type)) {
            const unsigned vlan = load_big<std::uint16_t>(fields) & 0xfffu;
            if (vlan != 0) within = network.inner(ether_type::vlan, 12, vlan);
        } else if (type == ether_type::backbone_service) {
            next = 16; // behind the customer's addresses
            within = network.inner(type, 24, load_big<std::uint32_t>(fields) & 0xff'ffffu);
        } else {
            return true;
        }
        if (!within) return false;
        network = *within;
        if (!behind.has(next + 2)) return true;
        type = ether_type{load_big<std::uint16_t>(fields + next)};
        behind = behind.subview(next + 2);
    }
    return true;
}

/// Adds the networks of the tags of a frame. False as above. @pre The link layer gave what the frame carries.
[[nodiscard]] constexpr bool add_network_of_frame(network_id& network, link_type link,
                                                  const frame_view& frame) noexcept {
    const network_payload tagged = link_layers::tagged_payload(link, frame);
    return add_network_of_tags(network, tagged.type, tagged.content);
}

} // namespace tcplens::inline v1::detail
