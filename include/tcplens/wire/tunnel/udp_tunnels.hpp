// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../ip/plausible_ip.hpp"
#include "../ip_protocol.hpp"
#include "../link/ethernet/ether_tags.hpp"
#include "../link/link_layers.hpp"
#include "../parse_result.hpp"
#include "../protocol_id.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"
#include "tunnels.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tcplens::inline v1 {

/// The name of a tunnel: that of its constant in namespace tunnels, such as "vxlan". Empty for a set that is not one tunnel.
[[nodiscard]] constexpr std::string_view to_string(tunnel_set one) noexcept {
    for (std::size_t i = 0; i < detail::known_tunnels::size; ++i) {
        if (detail::known_tunnels::bits[i] == one) return detail::known_tunnels::names[i];
    }
    return {};
}

} // namespace tcplens::inline v1

namespace tcplens::inline v1::tunnels {

/// The tunnel with this name that is found by a UDP port, for decode_options::ports: "vxlan", "geneve", "gtp". `nullopt` for any other
/// name.
/// A template, to reduce the compile time of programs that do not use it.
template <class Tunnel = tunnel_set>
[[nodiscard]] constexpr std::optional<Tunnel> with_udp_port(std::string_view name) noexcept {
    for (std::size_t i = 0; i < detail::known_tunnels::size; ++i) {
        const Tunnel one = detail::known_tunnels::bits[i];
        if (detail::known_tunnels::names[i] == name &&
            detail::known_tunnels::own_port(one).in == protocol_id::registry::udp_port)
            return one;
    }
    return std::nullopt;
}

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Whether an IP packet whose header is sound begins there, or in the Ethernet frame or PPP packet that begins there. The error is
/// `truncated` if too little was captured to say.
[[nodiscard]] constexpr parse_result<bool> leads_to_sound_ip(const tunnel_payload& found) noexcept {
    ether_type type{};
    frame_view content = found.content;
    if (found.what.in == protocol_id::registry::link_type) {
        const auto network = link_layers::payload(link_type{found.what.number}, content);
        if (!network) return network.error();
        type = network->type;
        content = network->content;
    } else if (found.what.in == protocol_id::registry::ether_type ||
               found.what.in == protocol_id::registry::gre_protocol) {
        type = static_cast<ether_type>(found.what.number);
        if (type == ether_type::transparent_ethernet) {
            const auto network = ethernet::payload(link_type::ethernet, content);
            if (!network) return network.error();
            type = network->type;
            content = network->content;
        }
    }
    if (type != ether_type::ipv4 && type != ether_type::ipv6) return false;
    const auto sound = plausible_ip(content);
    if (!sound) return sound.error();
    if (*sound != type) return false;
    if (type == ether_type::ipv4) return true;
    const auto header = ipv6_header::parse(content);
    switch (header->next_header()) { // there is no checksum, so more is asked
    case ip_protocol::tcp:
    case ip_protocol::udp:
    case ip_protocol::icmp6:
    case ip_protocol::hop_by_hop:
    case ip_protocol::routing:
    case ip_protocol::fragment:
    case ip_protocol::destination_options: return true;
    default: return false;
    }
}

/// The tunnels that a datagram at any port may be taken for, those with the most certain headers first.
inline constexpr std::array recognised_tunnels{tunnels::geneve, tunnels::vxlan,  tunnels::gtp,  tunnels::l2tp,
                                               tunnels::capwap, tunnels::lwapp,  tunnels::tzsp, tunnels::gre,
                                               tunnels::ayiya,  tunnels::teredo, tunnels::lisp, tunnels::mpls};

/// The place of the bit of the tunnel that a datagram looks like, and 1; 0 if it looks like none of `among`, or if it may look like a more
/// certain one and too little was captured to say. `content` is what follows the UDP header.
[[nodiscard]] TCPLENS_NOINLINE constexpr std::uint8_t resembled_tunnel(const frame_view& content,
                                                                       tunnel_set among) noexcept {
    constexpr std::size_t shortest = 20; // of an IP packet
    if (content.bytes.size() < shortest) return 0;
    for (const tunnel_set one : recognised_tunnels) {
        if (!contains_all(among, one)) continue;
        const auto found = known_tunnels::payload(known_tunnels::own_port(one), content, one);
        const parse_result<bool> sound = found ? leads_to_sound_ip(*found) : found.error();
        if (!sound && sound.error() == packet_outcome::truncated) return 0;
        if (sound && *sound) return static_cast<std::uint8_t>(std::countr_zero(set_bits(one)) + 1);
    }
    constexpr std::uint32_t sflow_version = 5;
    if (contains_all(among, tunnels::sflow) && load_big<std::uint32_t>(content.bytes.data()) == sflow_version &&
        known_tunnels::payload(known_tunnels::own_port(tunnels::sflow), content, tunnels::sflow))
        return static_cast<std::uint8_t>(std::countr_zero(set_bits(tunnels::sflow)) + 1);
    return 0;
}

} // namespace tcplens::inline v1::detail
