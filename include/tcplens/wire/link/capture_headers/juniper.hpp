// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ethernet.hpp"
#include "../point_to_point/cisco_hdlc.hpp"
#include "../point_to_point/frame_relay.hpp"
#include "../point_to_point/ppp.hpp"
#include "../point_to_point/raw_ip.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Captures of Juniper's routers.
///
/// Read: extensions, then an Ethernet, PPP, Frame Relay or Cisco HDLC frame, or without a link layer an IP packet.
/// Not read: link types whose frames begin with a service card's cookie.
struct juniper {
    static constexpr std::array types{link_type::juniper_ether, link_type::juniper_ppp, link_type::juniper_frelay,
                                      link_type::juniper_chdlc};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        std::size_t header = 4;
        if (!frame.has(header)) return frame.truncation_error(header);
        const std::uint32_t magic_and_flags = load_big<std::uint32_t>(frame.bytes.data());
        enum flag_bits : std::uint32_t { without_link_layer = 0x02, has_extensions = 0x80 };
        if (magic_and_flags >> 8 != 0x4d4743) return packet_outcome::malformed;
        if ((magic_and_flags & has_extensions) != 0) {
            if (!frame.has(header + 2)) return frame.truncation_error(header + 2);
            header += 2 + std::size_t{load_big<std::uint16_t>(frame.bytes.data() + header)};
        }
        const bool bare = (magic_and_flags & without_link_layer) != 0;
        if (bare) header += 4;
        if (!frame.has(header)) return frame.truncation_error(header);
        const frame_view content = frame.subview(header);
        if (bare) return raw_ip::payload(link_type::raw, content);
        switch (link) {
        case link_type::juniper_ppp: return ppp_payload(content);
        case link_type::juniper_frelay: return frame_relay_payload(content);
        case link_type::juniper_chdlc: return cisco_hdlc_payload(content);
        default: return ethernet::payload(link_type::ethernet, content);
        }
    }
};

} // namespace tcplens::inline v1::detail
