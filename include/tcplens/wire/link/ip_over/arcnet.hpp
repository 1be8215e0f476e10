// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// ARCNET (ATA 878.1), with IPv4 (RFC 1201, RFC 1051) or IPv6 (RFC 2497).
///
/// Read: IPv4 and IPv6. Of a packet in several frames, the first.
/// Not read: later frames of a packet, ARP and other protocols.
struct arcnet {
    static constexpr std::array types{link_type::arcnet_bsd, link_type::arcnet_linux};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const std::size_t protocol = link == link_type::arcnet_linux ? 4 : 2;
        if (!frame.has(protocol + 1)) return frame.truncation_error(protocol + 1);
        ether_type type{};
        switch (std::to_integer<unsigned>(frame.bytes[protocol])) {
        case 0xf0: return network_payload{ether_type::ipv4, frame.subview(protocol + 1)}; // RFC 1051: no more header
        case 0xc4: type = ether_type::ipv6; break;
        case 0xd4: type = ether_type::ipv4; break;
        default: return packet_outcome::not_tcp;
        }
        // RFC 1201: a split flag and a sequence number. Behind 0xff (the exception packet of section 2.2) the protocol is
        // repeated before them.
        std::size_t split = protocol + 1;
        if (!frame.has(split + 3)) return frame.truncation_error(split + 3);
        if (frame.bytes[split] == std::byte{0xff}) {
            split += 4;
            if (!frame.has(split + 3)) return frame.truncation_error(split + 3);
        }
        // 0: a whole packet; odd: the first part of one
        const auto flag = std::to_integer<unsigned>(frame.bytes[split]);
        if (flag != 0 && flag % 2 == 0) return packet_outcome::not_tcp;
        return network_payload{type, frame.subview(split + 3)};
    }
};

} // namespace tcplens::inline v1::detail
