// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/timestamp.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../decode_statistics.hpp"
#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../ip/icmp.hpp"
#include "../ip/ip_fragment.hpp"
#include "../ip/ip_layer.hpp"
#include "../ip/ipv6.hpp"
#include "../ip/plausible_ip.hpp"
#include "../ip_protocol.hpp"
#include "../link/ethernet/ether_tags.hpp"
#include "../link/link_layers.hpp"
#include "../network_id.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"
#include "../tunnel/tag_networks.hpp"
#include "../tunnel/tunnels.hpp"
#include "../tunnel/udp_tunnels.hpp"
#include "bundle_stack.hpp"
#include "bundles.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace tcplens::inline v1::detail {

/// Reads one header after the other, from a link layer's payload to the TCP segment in it. `Memory` is decoder_memory or like it.
template <class Memory>
struct header_walk {
    const decode_options& options;
    Memory& memory;
    timestamp time{};
    network_payload around{};    ///< the innermost IP packet
    ip_payload carries{};        ///< what that packet carries
    std::uint8_t depth = 0;      ///< number of tunnels around that packet
    network_id network{};        ///< the innermost network
    std::size_t wire_length = 0; ///< bytes of the packet on the wire; of one in a bundle, its own
    bool sampled = false;        ///< the packet is one of those that a device chose
    decode_result stopped{};     ///< of what is not TCP

    /// Fills in the members above if it returns true: there is TCP. The TCP header itself is not read yet. Otherwise `stopped` says where
    /// decoding ended. `headers`: how many were read before.
    [[nodiscard]] constexpr bool find_tcp(protocol_id at, frame_view content, int headers = 0) {
        for (; headers < max_headers; ++headers) {
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
                    return true;
                }
                next = by_ip_protocol(at, content);
                break;
            case protocol_id::registry::udp_port: next = enter(at, content); break; // an exported packet
            case protocol_id::registry::bundle: next = open(at, content, headers); break;
            default: break;
            }
            if (!next) return stop({next.error(), at});
            at = next->what;
            content = next->content;
        }
        return stop({packet_outcome::not_tcp, at});
    }

    /// The next packet of the innermost bundle, from which find_tcp() can go on; in `headers`, how many headers were read before it. An
    /// error if that packet cannot be read: the one behind it may be.
    /// @pre !memory.bundles.empty()
    [[nodiscard]] constexpr parse_result<tunnel_payload> next_in_bundle(int& headers) {
        bundle_stack::entry& from = memory.bundles.top();
        const bundle_kind kind = from.kind;
        headers = from.headers;
        depth = from.depth;
        network = from.network;
        sampled = from.sampled;
        frame_view rest = from.rest();
        const std::size_t before = rest.wire_length;
        const auto found = known_bundles::take(kind, rest);
        if (memory.bundles.count_taken() == max_bundled) memory.bundles.clear();
        else if (rest.wire_length == 0) memory.bundles.pop();
        else from.keep(rest);
        stopped = {packet_outcome::not_tcp, carrier_of(kind)};
        if (!found) return found.error();
        wire_length = sampled ? found->content.wire_length : before - rest.wire_length;
        return tunnel_payload{found->what(), found->content};
    }

private:
    /// The protocol that a result names in the place of a bundle.
    [[nodiscard]] static constexpr protocol_id carrier_of(bundle_kind kind) noexcept {
        switch (kind) {
        case bundle_kind::netlink: return link_type::netlink;
        case bundle_kind::sflow_samples:
        case bundle_kind::sflow_records: return known_tunnels::own_port(tunnels::sflow);
        default: return link_type::ieee802_11;
        }
    }

    /// Remembers where decoding ended.
    constexpr bool stop(const decode_result& where) noexcept {
        stopped.outcome = where.outcome;
        stopped.stopped_at = where.stopped_at;
        if (where.stopped_at.in == protocol_id::registry::bundle)
            stopped.stopped_at = carrier_of(static_cast<bundle_kind>(where.stopped_at.number));
        return false;
    }

    /// Opens a bundle: what its first packet carries.
    [[nodiscard]] constexpr parse_result<tunnel_payload> open(protocol_id what, const frame_view& content,
                                                              int headers) {
        if (memory.bundles.full()) return packet_outcome::not_tcp;
        const auto kind = static_cast<bundle_kind>(what.number);
        bundle_stack::entry begun{.kind = kind,
                                  .sampled = sampled || known_bundles::sampled(kind),
                                  .depth = depth,
                                  .headers = static_cast<std::uint8_t>(headers),
                                  .network = network,
                                  .data = nullptr,
                                  .captured = 0,
                                  .wire_length = 0,
                                  .beyond_frame = 0};
        begun.keep(content);
        memory.bundles.push(begun);
        return next_in_bundle(headers);
    }

    /// Enters what an IP packet carries, if that is no TCP.
    [[nodiscard]] constexpr parse_result<tunnel_payload> by_ip_protocol(protocol_id& at, const frame_view& content) {
        if (at == ip_protocol::udp) return udp(content, at);
        if (at == ip_protocol::icmp || at == ip_protocol::icmp6) {
            carries.protocol = static_cast<ip_protocol>(at.number);
            carries.content = content;
            if constexpr (Memory::reads_notices) {
                stopped.has_notice = read_icmp_notice(carries, memory.notice);
                memory.notice.network = network;
                memory.notice.time = time;
            }
            return packet_outcome::not_tcp;
        }
        return enter(at, content);
    }

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
        if (options.identify_networks && inner->network.bits != 0) {
            const auto within = network.inner(carrier, inner->network.bits, inner->network.number);
            if (!within) return packet_outcome::not_tcp;
            network = *within;
        }
        return inner;
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> frame(link_type link, const frame_view& content) {
        const auto found = link_layers::payload(link, content);
        if (!found) return found.error();
        if (options.identify_networks && !add_network_of_frame(network, link, content)) return packet_outcome::not_tcp;
        return tunnel_payload{found->what(), found->content};
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> by_ether_type(protocol_id& at, const frame_view& content) {
        const network_payload found{static_cast<ether_type>(at.number), content};
        if (found.type == ether_type::ipv4 || found.type == ether_type::ipv6) return ip(found, at);
        if (at.number >= lowest_ether_type) { // link layers have skipped their tags, but tunnels have not
            const auto untagged = skip_tags(found);
            if (!untagged) return untagged.error();
            if (untagged->type != found.type) {
                if (options.identify_networks && !add_network_of_tags(network, found.type, content))
                    return packet_outcome::not_tcp;
                return tunnel_payload{untagged->type, untagged->content};
            }
        }
        return enter(at, content);
    }

    [[nodiscard]] constexpr parse_result<tunnel_payload> ip(network_payload packet, protocol_id& at) {
        auto found = ip_payload_of(packet);
        if (!found && found.error() == packet_outcome::malformed) {
            const auto right = other_ip_version(packet);
            if (right) {
                packet.type = *right;
                at = *right;
                found = ip_payload_of(packet);
            } else if (right.error() == packet_outcome::truncated) {
                return packet_outcome::truncated;
            }
        }
        if (!found || found->fragment) {
            if constexpr (std::remove_cvref_t<decltype(memory.fragments)>::keeps) {
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
            memory.fragments.ignore(part, network, time);
            return packet_outcome::not_tcp;
        }
        if (is_unusable_first(part)) {
            memory.fragments.ignore(part, network, time);
            ip_payload alone = part.part;
            alone.fragment = false;
            return whole(packet, alone, at);
        }
        const auto all = memory.fragments.add(part, network, time);
        if (!all) return at == ip_protocol::tcp ? packet_outcome::fragment : packet_outcome::not_tcp;
        if (packet.type == ether_type::ipv4) return whole(packet, *all, at);
        const auto behind = ipv6_header::behind_extension_headers(*all);
        if (!behind) return behind.error();
        return whole(packet, *behind, at);
    }

    /// Whether the fragment begins with TCP, its length is not a multiple of eight (RFC 791 section 3.1), and the capture cut it. Only fields
    /// that were overwritten say so, as in captures of fuzzers. A whole one is what a host sent, which its peer will not take.
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
                               [&](protocol_id port) { return carrier_at(port).in != protocol_id::registry::none; });
        }
        case ip_protocol::routing:
        case ip_protocol::destination_options:
        case ip_protocol::authentication: return true;
        default: return known_tunnels::opens(fragment.part.protocol, options.tunnels);
        }
    }

    /// Both ports as protocols that may carry a tunnel. The destination's comes first: a client sends to a registered port.
    /// @pre udp.has(4)
    [[nodiscard]] static constexpr std::array<protocol_id, 2> ports_of(const frame_view& udp) noexcept {
        return {protocol_id::udp_port(load_big<std::uint16_t>(udp.bytes.data() + 2)),
                protocol_id::udp_port(load_big<std::uint16_t>(udp.bytes.data()))};
    }

    /// The carrier of the tunnel at a UDP port: the port itself, or that of the tunnel to which the port was given. No protocol if there
    /// is no tunnel.
    [[nodiscard]] constexpr protocol_id carrier_at(protocol_id port) const noexcept {
        if (!options.ports.empty()) {
            const tunnel_set given = options.ports.at(static_cast<std::uint16_t>(port.number));
            if (given != tunnel_set::none)
                return contains_all(options.tunnels, given) ? known_tunnels::own_port(given) : protocol_id{};
        }
        return known_tunnels::opens(port, options.tunnels) ? port : protocol_id{};
    }

    /// Enters UDP (RFC 768) if one of its ports belongs to a tunnel.
    [[nodiscard]] constexpr parse_result<tunnel_payload> udp(const frame_view& datagram, protocol_id& at) {
        constexpr std::size_t header = 8;
        if (!datagram.has(4)) {
            const bool cut = datagram.wire_length >= 4 && options.tunnels != tunnel_set::none;
            return cut ? packet_outcome::truncated : packet_outcome::not_tcp;
        }
        parse_result<tunnel_payload> found = packet_outcome::not_tcp;
        bool any = false;
        for (const protocol_id port : ports_of(datagram)) {
            const protocol_id carrier = carrier_at(port);
            if (carrier.in == protocol_id::registry::none) continue;
            any = true;
            at = port;
            if (!datagram.has(header)) return datagram.truncation_error(header);
            const std::size_t length = load_big<std::uint16_t>(datagram.bytes.data() + 4);
            if (length != 0 && length < header) return packet_outcome::not_tcp;
            // 0: the length does not fit (RFC 2675 section 4), or the network adapter is to segment the packet
            const frame_view content =
                length == 0 ? datagram : datagram.limited_to((std::min)(length, datagram.wire_length));
            found = enter(carrier, content.subview(header));
            if (!found && found.error() == packet_outcome::malformed) found = packet_outcome::not_tcp;
            if (found || found.error() != packet_outcome::not_tcp) break;
        }
        if (!any) note_ports(datagram);
        return found;
    }

    /// Remembers the ports of a datagram without a known tunnel, and what it looks like. @pre datagram.has(4)
    TCPLENS_NOINLINE constexpr void note_ports(const frame_view& datagram) noexcept {
        stopped.source_port = load_big<std::uint16_t>(datagram.bytes.data());
        stopped.destination_port = load_big<std::uint16_t>(datagram.bytes.data() + 2);
        if (datagram.has(8)) stopped.resembled_bit = resembled_tunnel(datagram.subview(8), options.tunnels);
    }
};

} // namespace tcplens::inline v1::detail
