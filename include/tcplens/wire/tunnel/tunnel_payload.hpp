// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../protocol_id.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The number of a network, if a tunnel has one. Any number is valid, also 0.
struct tunnel_network {
    std::uint32_t number = 0;
    std::uint8_t bits = 0; ///< how many bits the number may have, up to 32; 0 if there is no number

    constexpr tunnel_network() noexcept = default;
    constexpr tunnel_network(std::uint32_t value, std::uint8_t width) noexcept : number(value), bits(width) {}
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

/// Whether there is an Ethernet header whose EtherType leads to TCP, with what it names behind it: an IP version, or a tag.
/// @pre content.has(15)
[[nodiscard]] constexpr bool is_plausible_ethernet(const frame_view& content) noexcept {
    const unsigned version = std::to_integer<unsigned>(content.bytes[14]) >> 4;
    switch (ether_type{load_big<std::uint16_t>(content.bytes.data() + 12)}) {
    case ether_type::ipv4: return version == 4;
    case ether_type::ipv6: return version == 6;
    case ether_type::vlan:
    case ether_type::provider_vlan:
    case ether_type::mpls:
    case ether_type::pppoe_session: return true;
    default: return false;
    }
}

/// IPv4 or IPv6 or, if the first bytes are no IP header whose length fits, an Ethernet frame or a PPP packet that leads to IP; not_tcp
/// for anything else.
[[nodiscard]] constexpr parse_result<tunnel_payload> ip_or_frame(const frame_view& content,
                                                                 tunnel_network network = {}) noexcept {
    if (!content.has(1)) return content.truncation_error(1);
    const auto first = std::to_integer<unsigned>(content.bytes[0]);
    constexpr std::size_t shortest = 20; // a shorter packet carries no TCP in any of these ways
    if (content.wire_length < shortest) return ip_by_version(content, network);
    if (!content.has(shortest)) return packet_outcome::truncated;
    const auto second_word = load_big<std::uint16_t>(content.bytes.data() + 2);
    const auto third_word = load_big<std::uint16_t>(content.bytes.data() + 4);
    // The address of an Ethernet frame's receiver may begin as IP does: then the length decides.
    const bool ethernet = is_plausible_ethernet(content);
    const bool v4 = first >> 4 == 4 && (first & 0xf) >= 5;
    const bool v6 = first >> 4 == 6;
    if (v4 && (ethernet ? second_word == content.wire_length : second_word <= content.wire_length))
        return tunnel_payload{ether_type::ipv4, content, network};
    if (v6 && (ethernet ? third_word + 40u == content.wire_length : third_word + 40u <= content.wire_length))
        return tunnel_payload{ether_type::ipv6, content, network};
    if (ethernet) return tunnel_payload{link_type::ethernet, content, network};
    const auto ppp = load_big<std::uint32_t>(content.bytes.data());
    const bool leads_to_ip = ppp == 0xff03'0021 || ppp == 0xff03'0057 || ppp >> 16 == 0x0021 || ppp >> 16 == 0x0057;
    if (leads_to_ip) return tunnel_payload{link_type::ppp, content, network};
    return ip_by_version(content, network);
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

} // namespace tcplens::inline v1::detail
