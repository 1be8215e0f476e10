// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/timestamp.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../decode_statistics.hpp"
#include "../frame_view.hpp"
#include "../ip/ip_fragment.hpp"
#include "../ip/ip_layer.hpp"
#include "../ip/ipv6.hpp"
#include "../ip_protocol.hpp"
#include "../link/ethernet/ether_tags.hpp"
#include "../link/link_layers.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"
#include "../tunnel/network_number.hpp"
#include "../tunnel/tunnels.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v0::detail {

/// A store of fragments that keeps none.
struct no_reassembly {
    static constexpr bool keeps = false;
};

/// Reads one header after the other, from a link layer's payload to the TCP segment in it. `Fragments` stores the fragments of IP
/// packets: no_reassembly, or ip_reassembly.
template <class Fragments>
struct header_walk {
    /// The most headers between the link layer and TCP: those of IP, UDP and tunnels, and of the frames in tunnels. A segment
    /// behind more of them is not found. Ten nested tunnels have about thirty.
    static constexpr int max_headers = 32;

    const decode_options& options;
    Fragments& fragments;
    timestamp time{};
    network_payload around{};  ///< the innermost IP packet
    ip_payload carries{};      ///< what that packet carries
    std::uint8_t depth = 0;    ///< number of tunnels around that packet
    std::uint32_t network = 0; ///< number of the innermost network, mixed with those around it

    /// Fills in the members above if the outcome is packet_outcome::tcp. The TCP header itself is not read yet.
    [[nodiscard]] constexpr decode_result find_tcp(protocol_id at, frame_view content) {
        for (int headers = 0; headers < max_headers; ++headers) {
            parse_result<tunnel_payload> next = packet_outcome::not_tcp;
            switch (at.in) {
            case protocol_id::registry::link_type: next = frame(link_type{at.number}, content); break;
            case protocol_id::registry::gre_protocol:
                if (known_tunnels::opens(at, options.tunnels)) {
                    next = enter(at, content);
                } else if (at.number >= lowest_ether_type) {
                    at.in = protocol_id::registry::ether_type;
                    continue;
                }
                break;
            case protocol_id::registry::ether_type: next = by_ether_type(at, content); break;
            case protocol_id::registry::ip_protocol:
                if (at == ip_protocol::tcp) {
                    carries.protocol = ip_protocol::tcp; // an authentication header may have come before
                    carries.content = content;
                    return {packet_outcome::tcp, at};
                }
                next = at == ip_protocol::udp ? udp(content, at) : enter(at, content);
                break;
            default: break;
            }
            if (!next) return {next.error(), at};
            at = next->what;
            content = next->content;
        }
        return {packet_outcome::not_tcp, at};
    }

private:
    /// Enters a tunnel.
    [[nodiscard]] constexpr parse_result<tunnel_payload> enter(protocol_id carrier, const frame_view& content) {
        const auto inner = known_tunnels::payload(carrier, content, options.tunnels);
        if (!inner) return inner;
        // A header that only names the format of what follows does not count as a tunnel.
        const bool leads_on = (inner->what.in == protocol_id::registry::gre_protocol &&
                               known_tunnels::opens(inner->what, options.tunnels)) ||
                              inner->what.in == protocol_id::registry::ip_protocol ||
                              carrier == ether_type::transparent_ethernet || carrier == ether_type::ppp;
        if (!leads_on) ++depth;
        if (options.identify_networks && inner->network.known)
            network = network_within(network, carrier.number, inner->network.number);
        return inner;
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> frame(link_type link, const frame_view& content) {
        const auto found = link_layers::payload(link, content);
        if (!found) return found.error();
        if (options.identify_networks) network = network_of_frame(network, link, content);
        return tunnel_payload{found->type, found->content};
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> by_ether_type(protocol_id& at, const frame_view& content) {
        const network_payload found{static_cast<ether_type>(at.number), content};
        if (found.type == ether_type::ipv4 || found.type == ether_type::ipv6) return ip(found, at);
        if (at.number >= lowest_ether_type) { // link layers have skipped their tags, but tunnels have not
            const auto untagged = skip_tags(found);
            if (!untagged) return untagged.error();
            if (untagged->type != found.type) {
                if (options.identify_networks) network = network_of_tags(network, found.type, content);
                return tunnel_payload{untagged->type, untagged->content};
            }
        }
        return enter(at, content);
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> ip(const network_payload& packet, protocol_id& at) {
        const auto found = ip_payload_of(packet);
        if (!found || found->fragment) {
            if constexpr (Fragments::keeps) {
                if (const auto part = fragment_of(packet)) return reassembled(packet, *part, at);
            }
        }
        if (!found) return found.error();
        return whole(packet, *found, at);
    }

    /// Continues with what a whole IP packet carries.
    [[nodiscard]] constexpr parse_result<tunnel_payload> whole(const network_payload& packet, const ip_payload& found,
                                                               protocol_id& at) {
        if (found.fragment) {
            at = found.protocol;
            return found.protocol == ip_protocol::tcp ? packet_outcome::fragment : packet_outcome::not_tcp;
        }
        around = packet;
        carries = found;
        return tunnel_payload{found.protocol, found.content};
    }

    [[nodiscard]] parse_result<tunnel_payload> reassembled(const network_payload& packet, const ip_fragment& part,
                                                           protocol_id& at) {
        at = part.part.protocol;
        if (!leads_to_tcp(part)) {
            fragments.ignore(part, network, time);
            return packet_outcome::not_tcp;
        }
        if (is_unusable_first(part)) {
            fragments.ignore(part, network, time);
            ip_payload alone = part.part;
            alone.fragment = false;
            return whole(packet, alone, at);
        }
        const std::optional<ip_payload> all = fragments.add(part, network, time);
        if (!all) return at == ip_protocol::tcp ? packet_outcome::fragment : packet_outcome::not_tcp;
        if (packet.type == ether_type::ipv4) return whole(packet, *all, at);
        const auto behind = ipv6_header::behind_extension_headers(*all);
        if (!behind) return behind.error();
        return whole(packet, *behind, at);
    }

    /// Whether the fragment begins with TCP and cannot be put together with others: the capture cut it, and its length is not
    /// a multiple of eight.
    [[nodiscard]] static constexpr bool is_unusable_first(const ip_fragment& fragment) noexcept {
        const frame_view& content = fragment.part.content;
        return fragment.part.protocol == ip_protocol::tcp && fragment.offset == 0 && !fragment.v6 && fragment.more &&
               content.wire_length % 8 != 0 && content.bytes.size() < content.wire_length;
    }

    /// Whether a fragmented packet may carry TCP, as far as this fragment shows.
    [[nodiscard]] constexpr bool leads_to_tcp(const ip_fragment& fragment) const noexcept {
        if (fragment.v6 && fragment.offset != 0)
            return true; // RFC 8200 section 4.5: only the first one's protocol counts
        switch (fragment.part.protocol) {
        case ip_protocol::tcp: return true;
        case ip_protocol::udp: {
            if (fragment.offset != 0 || !fragment.part.content.has(4)) return true;
            const auto ports = ports_of(fragment.part.content);
            return std::any_of(ports.begin(), ports.end(),
                               [&](protocol_id port) { return known_tunnels::opens(port, options.tunnels); });
        }
        case ip_protocol::routing:
        case ip_protocol::destination_options:
        case ip_protocol::authentication: return true;
        default: return known_tunnels::opens(fragment.part.protocol, options.tunnels);
        }
    }

    /// Both ports as protocols that may carry a tunnel. The destination's comes first: a client sends to a registered port.
    /// \pre udp.has(4)
    [[nodiscard]] static constexpr std::array<protocol_id, 2> ports_of(const frame_view& udp) noexcept {
        return {protocol_id::udp_port(load_big<std::uint16_t>(udp.bytes.data() + 2)),
                protocol_id::udp_port(load_big<std::uint16_t>(udp.bytes.data()))};
    }

    /// Enters UDP (RFC 768) if one of its ports belongs to a tunnel.
    [[nodiscard]] constexpr parse_result<tunnel_payload> udp(const frame_view& datagram, protocol_id& at) {
        constexpr std::size_t header = 8;
        if (!datagram.has(4)) {
            const bool cut = datagram.wire_length >= 4 && options.tunnels != tunnel_set::none;
            return cut ? packet_outcome::truncated : packet_outcome::not_tcp;
        }
        parse_result<tunnel_payload> found = packet_outcome::not_tcp;
        for (const protocol_id port : ports_of(datagram)) {
            if (!known_tunnels::opens(port, options.tunnels)) continue;
            at = port;
            if (!datagram.has(header)) return datagram.truncation_error(header);
            const std::size_t length = load_big<std::uint16_t>(datagram.bytes.data() + 4);
            if (length != 0 && length < header) return packet_outcome::not_tcp;
            // 0: the length does not fit (RFC 2675 section 4), or the network adapter is to segment the packet
            const frame_view content =
                length == 0 ? datagram : datagram.limited_to((std::min)(length, datagram.wire_length));
            found = enter(port, content.subview(header));
            if (!found && found.error() == packet_outcome::malformed) found = packet_outcome::not_tcp;
            if (found || found.error() != packet_outcome::not_tcp) break;
        }
        return found;
    }
};

} // namespace tcplens::inline v0::detail
