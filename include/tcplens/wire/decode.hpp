// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/out_of_line.hpp"
#include "../capture/packet.hpp"
#include "checksum_state.hpp"
#include "decode_options.hpp"
#include "decode_statistics.hpp"
#include "layer_walk.hpp"
#include "link_layers.hpp"
#include "segment.hpp"
#include "tcp.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// The segment that an IP packet carries. `into` is written if, and only if, the answer is packet_outcome::tcp.
/// \pre `carries` is what is in `network`, and whole, and its protocol TCP
[[nodiscard]] constexpr decode_result decode_segment(const packet& from, std::size_t wire_length,
                                                     const network_payload& network, const ip_payload& carries,
                                                     const decode_options& options, segment& into) noexcept {
    const auto tcp = tcp_header::parse(carries.content);
    if (!tcp) return {tcp.reason(), carries.protocol};
    // Field by field, all of them: a whole segment would be built elsewhere first, and copied.
    into.time = subtractable(from.time);
    into.packet_number = from.number;
    into.source = {carries.source, tcp->source_port()};
    into.destination = {carries.destination, tcp->destination_port()};
    into.sequence = tcp->sequence();
    into.acknowledgment = tcp->acknowledgment();
    into.payload_length = static_cast<std::uint32_t>(tcp->payload_length());
    into.payload_beyond_frame = static_cast<std::uint32_t>(tcp->payload_beyond_frame());
    into.captured_payload = static_cast<std::uint32_t>(tcp->captured_payload());
    into.ip_length = carries.length;
    into.wire_length = static_cast<std::uint32_t>(wire_length);
    into.window = tcp->window();
    into.flags = tcp->flags();
    into.checksum = options.verify_checksums ? verify_checksums(network, carries) : checksum_state::not_verified;
    into.ip_id = carries.id;
    into.hop_limit = carries.hop_limit;
    into.ecn = carries.ecn;
    into.tunnel_depth = 0;
    into.options = tcp->options();
    into.network = 0;
    return {packet_outcome::tcp, carries.protocol};
}

/// What decode() does with any packet but the plainest.
template <class Fragments>
[[nodiscard]] TCPLENS_OUT_OF_LINE constexpr decode_result
decode_walking(const packet& from, std::size_t wire_length, const network_payload& network, segment& into,
               const decode_options& options, Fragments& fragments) {
    layer_walk<Fragments> walk{options, fragments, subtractable(from.time)};
    if (options.identify_networks) walk.network = network_of_frame(0, from.link, {from.bytes, wire_length});
    decode_result result = walk.find_tcp(network.type, network.content);
    if (result.outcome != packet_outcome::tcp) return result;
    result = decode_segment(from, wire_length, walk.around, walk.carries, options, into);
    if (result.outcome != packet_outcome::tcp) return result;
    into.tunnel_depth = walk.depth;
    into.network = walk.network;
    return result;
}

/// decode(), with a place for fragments: see keep_no_fragments.
template <class Fragments>
[[nodiscard]] constexpr decode_result decode_with(const packet& from, segment& into, const decode_options& options,
                                                  Fragments& fragments) {
    // Whoever makes packets of its own may leave out the length on the wire.
    const std::size_t wire_length = std::max<std::size_t>(from.wire_length, from.bytes.size());
    const auto network = link_layers::payload(from.link, {from.bytes, wire_length});
    if (!network) return {network.reason(), from.link};
    const auto ip = ip_payload_of(*network);
    if (!ip || ip->protocol != ip_protocol::tcp || ip->fragment || options.identify_networks)
        return decode_walking(from, wire_length, *network, into, options, fragments);
    return decode_segment(from, wire_length, *network, *ip, options, into);
}

/// Finds the TCP segment in a packet: the innermost, in whatever tunnels lead to it. `into` is written if, and only if,
/// the answer is packet_outcome::tcp. It remembers nothing, so fragments stay fragments: decoder puts them together.
[[nodiscard]] constexpr decode_result decode(const packet& from, segment& into,
                                             const decode_options& options = {}) noexcept {
    keep_no_fragments none;
    return decode_with(from, into, options, none);
}

} // namespace tcplens
