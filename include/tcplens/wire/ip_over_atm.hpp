// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_tags.hpp"
#include "ether_type.hpp"
#include "raw_ip.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// AAL5 frames with 802.2 LLC (LINKTYPE_ATM_RFC1483); those of Linux's classical IP may go without, which shows
/// since no IP packet begins as LLC does (LINKTYPE_ATM_CLIP).
struct ip_over_atm {
    static constexpr std::array types{link_type::atm_rfc1483, link_type::atm_clip};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        if (!frame.has(1)) return frame.shortfall(1);
        if (link == link_type::atm_clip && frame.bytes[0] != std::byte{0xaa})
            return raw_ip::payload(link_type::raw, frame);
        const auto found = payload_behind_llc(frame);
        // RFC 2684 5.2: a bridged frame of Ethernet stands behind two bytes of padding.
        if (found && found->type == ether_type::transparent_ethernet) {
            if (!found->content.has(2)) return found->content.shortfall(2);
            return network_payload{found->type, found->content.after(2)};
        }
        return found;
    }
};

} // namespace tcplens
