// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/packet.hpp"
#include "checksum_state.hpp"
#include "decode_options.hpp"
#include "decode_statistics.hpp"
#include "ipv4.hpp"
#include "ipv6.hpp"
#include "link_layers.hpp"
#include "segment.hpp"
#include "tcp.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// What the network layer that `from` names carries.
[[nodiscard]] constexpr parsed<ip_payload> ip_payload_of(const network_payload& from) noexcept {
    if (from.type == ether_type::ipv4) {
        const auto header = ipv4_header::parse(from.content);
        if (!header) return header.reason();
        return header->payload();
    }
    if (from.type == ether_type::ipv6) {
        const auto header = ipv6_header::parse(from.content);
        if (!header) return header.reason();
        return header->payload();
    }
    return packet_outcome::not_tcp;
}

/// Finds the TCP segment in a packet. `into` is written if, and only if, the answer is packet_outcome::tcp.
[[nodiscard]] constexpr decode_result decode(const packet& from, segment& into,
                                             const decode_options& options = {}) noexcept {
    // Whoever makes packets of its own may leave out the length on the wire.
    const std::size_t wire_length = std::max<std::size_t>(from.wire_length, from.bytes.size());
    const auto network = link_layers::payload(from.link, {from.bytes, wire_length});
    if (!network) return {network.reason(), from.link};
    const auto ip = ip_payload_of(*network);
    if (!ip) return {ip.reason(), network->type};
    if (ip->protocol != ip_protocol::tcp) return {packet_outcome::not_tcp, ip->protocol};
    if (ip->fragment) return {packet_outcome::fragment, ip->protocol};
    const auto tcp = tcp_header::parse(ip->content);
    if (!tcp) return {tcp.reason(), ip->protocol};

    into = {.time = subtractable(from.time),
            .packet_number = from.number,
            .source = {ip->source, tcp->source_port()},
            .destination = {ip->destination, tcp->destination_port()},
            .sequence = tcp->sequence(),
            .acknowledgment = tcp->acknowledgment(),
            .payload_length = static_cast<std::uint32_t>(tcp->payload_length()),
            .payload_beyond_frame = static_cast<std::uint32_t>(tcp->payload_beyond_frame()),
            .captured_payload = static_cast<std::uint32_t>(tcp->captured_payload()),
            .ip_length = ip->length,
            .wire_length = static_cast<std::uint32_t>(wire_length),
            .window = tcp->window(),
            .flags = tcp->flags(),
            .checksum = options.verify_checksums ? verify_checksums(*network, *ip) : checksum_state::not_verified,
            .ip_id = ip->id,
            .hop_limit = ip->hop_limit,
            .ecn = ip->ecn,
            .options = tcp->options()};
    return {packet_outcome::tcp, ip->protocol};
}

} // namespace tcplens
