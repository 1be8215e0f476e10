// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"
#include "../point_to_point/raw_ip.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// AAL5 frames over ATM (RFC 2684), and Linux's classical IP over ATM (RFC 2225).
///
/// Read: IEEE 802.2 LLC with SNAP. With LINKTYPE_ATM_CLIP also IP without LLC.
/// Not read: multiplexing by virtual circuit, apart from IP.
struct ip_over_atm {
    static constexpr std::array types{link_type::atm_rfc1483, link_type::atm_clip};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        if (!frame.has(1)) return frame.truncation_error(1);
        if (link == link_type::atm_clip && frame.bytes[0] != std::byte{0xaa})
            return raw_ip::payload(link_type::raw, frame);
        const auto found = payload_behind_llc(frame);
        // RFC 2684 section 5.2: a bridged Ethernet frame follows two bytes of padding.
        if (found && found->type == ether_type::transparent_ethernet) {
            if (!found->content.has(2)) return found->content.truncation_error(2);
            return network_payload{found->type, found->content.subview(2)};
        }
        return found;
    }
};

} // namespace tcplens::inline v1::detail
