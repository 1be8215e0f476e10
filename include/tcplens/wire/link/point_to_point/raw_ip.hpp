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

/// No link layer, the packet begins with its IP header.
///
/// Read: IPv4 and IPv6 by the version field. LINKTYPE_IPV4 and LINKTYPE_IPV6 name the version.
struct raw_ip {
    static constexpr std::array types{link_type::raw, link_type::ipv4, link_type::ipv6, link_type::raw_dlt,
                                      link_type::raw_bsd};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& packet) noexcept {
        if (link == link_type::ipv4) return network_payload{ether_type::ipv4, packet};
        if (link == link_type::ipv6) return network_payload{ether_type::ipv6, packet};
        if (!packet.has(1)) return packet.truncation_error(1);
        const auto version = std::to_integer<unsigned>(packet.bytes[0]) >> 4;
        if (version == 4) return network_payload{ether_type::ipv4, packet};
        if (version == 6) return network_payload{ether_type::ipv6, packet};
        return packet_outcome::not_tcp;
    }
};

} // namespace tcplens::inline v1::detail
