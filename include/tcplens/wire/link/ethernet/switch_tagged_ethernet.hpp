// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "ether_tags.hpp"
#include "ethernet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Ethernet with the tag of a switch chip by Broadcom or Marvell.
///
/// Read: the tag of 4 bytes (of EDSA 8) between addresses and EtherType, or before the addresses; then as Ethernet.
/// Not read: what the tag says.
struct switch_tagged_ethernet {
    static constexpr std::array types{link_type::dsa_tag_brcm, link_type::dsa_tag_brcm_prepend, link_type::dsa_tag_dsa,
                                      link_type::dsa_tag_edsa};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const std::size_t header = link == link_type::dsa_tag_edsa ? 22 : 18;
        if (!frame.has(header)) return frame.truncation_error(header);
        return skip_tags({ether_type{load_big<std::uint16_t>(frame.bytes.data() + header - 2)}, frame.subview(header)});
    }
};

} // namespace tcplens::inline v1::detail
