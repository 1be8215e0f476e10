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

namespace tcplens::inline v0::detail {

/// Ethernet with the tag of a switch chip between the addresses and the EtherType, four bytes of Broadcom's
/// (LINKTYPE_DSA_TAG_BRCM) or Marvell's (LINKTYPE_DSA_TAG_DSA), eight of Marvell's that begin with an EtherType
/// (LINKTYPE_DSA_TAG_EDSA), or before all of it (LINKTYPE_DSA_TAG_BRCM_PREPEND).
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

} // namespace tcplens::inline v0::detail
