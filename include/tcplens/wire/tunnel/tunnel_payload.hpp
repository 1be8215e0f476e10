// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../protocol_id.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// The number of a network, if a tunnel has one. Any number is valid, also 0.
struct tunnel_network {
    std::uint32_t number = 0;
    bool known = false;

    constexpr tunnel_network() noexcept = default;
    constexpr tunnel_network(std::uint32_t value) noexcept : number(value), known(true) {}
};

/// What a tunnel carries.
struct tunnel_payload {
    protocol_id what{}; ///< the protocol of the content: a link type, an EtherType, an IP protocol, ...
    frame_view content{};
    /// The number of the content's network, if the tunnel has one that is the same in both directions.
    tunnel_network network{};
};

/// IPv4 or IPv6, by the first four bits; not_tcp for anything else.
[[nodiscard]] constexpr parse_result<tunnel_payload> ip_by_version(const frame_view& content,
                                                                   tunnel_network network = {}) noexcept {
    if (!content.has(1)) return content.truncation_error(1);
    switch (std::to_integer<unsigned>(content.bytes[0]) >> 4) {
    case 4: return tunnel_payload{ether_type::ipv4, content, network};
    case 6: return tunnel_payload{ether_type::ipv6, content, network};
    default: return packet_outcome::not_tcp;
    }
}

/// The content by the next protocol of VXLAN-GPE and NSH, which is one byte (IANA: NSH Next Protocol).
[[nodiscard]] constexpr parse_result<tunnel_payload> by_next_protocol(std::byte protocol, const frame_view& content,
                                                                      tunnel_network network = {}) noexcept {
    switch (std::to_integer<unsigned>(protocol)) {
    case 1: return tunnel_payload{ether_type::ipv4, content, network};
    case 2: return tunnel_payload{ether_type::ipv6, content, network};
    case 3: return tunnel_payload{link_type::ethernet, content, network};
    case 4: return tunnel_payload{ether_type::nsh, content, network};
    case 5: return tunnel_payload{ether_type::mpls, content, network};
    default: return packet_outcome::not_tcp;
    }
}

} // namespace tcplens::inline v0::detail
