// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../capture/link_type.hpp"
#include "../../capture/packet.hpp"
#include "../checksum_state.hpp"
#include "../decode_options.hpp"
#include "../decode_result.hpp"
#include "../decode_statistics.hpp"
#include "../frame_view.hpp"
#include "../ip/verify_checksums.hpp"
#include "../ip_protocol.hpp"
#include "../link/link_layers.hpp"
#include "../network_payload.hpp"
#include "../segment.hpp"
#include "../segment_with_payload.hpp"
#include "../tcp/tcp_header.hpp"
#include "decode_memory.hpp"
#include "header_walk.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1 {

namespace detail {

/// Writes the segment that an IP packet carries. `Segment` is segment, or segment_with_payload for those who need its data.
template <class Segment>
TCPLENS_ALWAYS_INLINE constexpr void write_segment(const packet& from, std::size_t wire_length,
                                                   const ip_payload& carries, const tcp_header& tcp,
                                                   Segment& into) noexcept {
    // Each field on its own: g++ would build a whole segment elsewhere first, and copy it.
    into.time = clamp_for_arithmetic(from.time);
    into.packet_number = from.number;
    into.source.address = carries.source;
    into.destination.address = carries.destination;
    into.ip_length = carries.length;
    into.wire_length = static_cast<std::uint32_t>(wire_length);
    if (carries.has_id) into.ip_id.emplace() = carries.id;
    else into.ip_id = std::optional<std::uint16_t>{};
    into.hop_limit = carries.hop_limit;
    into.ecn = carries.ecn;
    into.source.port = tcp.source_port();
    into.destination.port = tcp.destination_port();
    into.sequence = tcp.sequence();
    into.acknowledgment = tcp.acknowledgment();
    into.payload_length = static_cast<std::uint32_t>(tcp.payload_length());
    into.payload_beyond_frame = static_cast<std::uint32_t>(tcp.payload_beyond_frame());
    into.captured_payload = static_cast<std::uint32_t>(tcp.captured_payload());
    into.window = tcp.window();
    into.flags = tcp.flags();
    into.checksum = checksum_state::not_verified;
    into.sampled = false;
    into.tunnel_depth = 0;
    into.oddities = segment::oddity_set::none;
    if (tcp.may_be_odd()) [[unlikely]]
        into.oddities = tcp.oddities();
    tcp.read_options(into.options);
    into.network = {};
    if constexpr (std::same_as<Segment, segment_with_payload>) {
        into.payload = tcp.payload();
        into.urgent_pointer = tcp.urgent_pointer();
    }
}

/// Writes the segment that an IP packet carries, if it is one.
template <class Segment>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool decode_tcp(const packet& from, std::size_t wire_length,
                                                              const ip_payload& carries, Segment& into) noexcept {
    auto tcp = tcp_header::parse(carries.content);
    if (tcp) write_segment(from, wire_length, carries, *tcp, into);
    return static_cast<bool>(tcp);
}

/// Writes the segment, if the network layer is IPv4 without options or IPv6 without extension headers, is no fragment and carries
/// TCP. False for anything else.
template <class Segment>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool
decode_plain(const packet& from, std::size_t wire_length, const network_payload& network, Segment& into) noexcept {
    // Not by a common path, so that fields go straight from the header into the segment. No local variable is const: g++ 12 keeps
    // those in memory.
    if (network.type == ether_type::ipv4) {
        if (!ipv4_header::begins_plainly(network.content)) return false;
        auto header = ipv4_header::parse(network.content);
        return header && header->protocol() == ip_protocol::tcp && !header->fragment() &&
               decode_tcp(from, wire_length, header->payload(), into);
    }
    if (network.type == ether_type::ipv6) {
        auto header = ipv6_header::parse(network.content);
        return header && header->next_header() == ip_protocol::tcp &&
               decode_tcp(from, wire_length, header->plain_content(), into);
    }
    return false;
}

/// The packet as it was on the wire. A caller that makes its own packets may leave out the length.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr frame_view frame_of(const packet& from) noexcept {
    return {from.bytes, std::max<std::size_t>(from.wire_length, from.bytes.size())};
}

/// decode_plain(), for Ethernet without tags.
template <class Segment>
[[nodiscard]] constexpr bool decode_plain(const packet& from, Segment& into) noexcept {
    frame_view frame = frame_of(from);
    return from.link == link_type::ethernet && frame.has(ethernet::header_length) &&
           decode_plain(from, frame.wire_length, ethernet::behind_header(frame), into);
}

/// Writes the segment to which a walk leads from `at` on. False if there is none: then walk.stopped says why.
template <class Memory, class Segment>
[[nodiscard]] constexpr bool walk_to_segment(const packet& from, header_walk<Memory>& walk, protocol_id at,
                                             const frame_view& content, int headers, Segment& into) {
    if (!walk.find_tcp(at, content, headers)) return false;
    const auto tcp = tcp_header::parse(walk.carries.content);
    if (!tcp) {
        walk.stopped = {tcp.error(), ip_protocol::tcp};
        return false;
    }
    write_segment(from, walk.wire_length, walk.carries, *tcp, into);
    if (walk.options.verify_checksums) into.checksum = verify_checksums(walk.around, walk.carries);
    if (walk.carries.tiny_fragment) into.oddities |= segment::oddity_set::tiny_fragment;
    into.tunnel_depth = walk.depth;
    into.network = walk.network;
    into.sampled = walk.sampled;
    return true;
}

/// Goes on with what is left of the bundles of a packet, until there is a segment or a notice. `stopped`: why there was none so far.
template <class Memory, class Segment>
[[nodiscard]] TCPLENS_NOINLINE constexpr decode_result decode_bundles(const packet& from, header_walk<Memory>& walk,
                                                                      decode_result stopped, Segment& into) {
    while (!stopped.has_notice && !walk.memory.bundles.empty()) {
        int headers = 0;
        const auto next = walk.next_in_bundle(headers);
        if (!next) {
            walk.stopped.outcome = next.error();
        } else if (walk_to_segment(from, walk, next->what, next->content, headers, into)) {
            decode_result found{packet_outcome::tcp, ip_protocol::tcp};
            found.more = true;
            return found;
        }
        // Without any segment it counts that the capture was cut before one could be found; otherwise what came first.
        const bool cut =
            walk.stopped.outcome == packet_outcome::truncated && stopped.outcome != packet_outcome::truncated;
        if (cut || walk.stopped.has_notice) stopped = walk.stopped;
    }
    if constexpr (Memory::reads_notices) walk.memory.notice.packet_number = from.number;
    stopped.more = !walk.memory.bundles.empty();
    return stopped;
}

/// decode() for packets that decode_plain() does not read.
template <class Memory, class Segment>
[[nodiscard]] constexpr decode_result decode_walking(const packet& from, const network_payload& network, Segment& into,
                                                     const decode_options& options, Memory& memory) {
    const frame_view frame = frame_of(from);
    memory.bundles.clear();
    header_walk<Memory> walk{options, memory, clamp_for_arithmetic(from.time)};
    walk.wire_length = frame.wire_length;
    if (options.identify_networks && !add_network_of_frame(walk.network, from.link, frame))
        return {packet_outcome::not_tcp, from.link};
    const bool found = walk_to_segment(from, walk, network.what(), network.content, 0, into);
    if (!found) {
        if (!walk.stopped.has_notice && walk.memory.bundles.empty()) return walk.stopped;
        return decode_bundles(from, walk, walk.stopped, into);
    }
    decode_result result{packet_outcome::tcp, ip_protocol::tcp};
    result.more = walk.sampled || !walk.memory.bundles.empty();
    return result;
}

/// Finds the next segment or notice of a packet of which decode() or this function said that there is more.
template <class Memory, class Segment>
[[nodiscard]] TCPLENS_NOINLINE constexpr decode_result decode_more(const packet& from, Segment& into,
                                                                   const decode_options& options, Memory& memory) {
    header_walk<Memory> walk{options, memory, clamp_for_arithmetic(from.time)};
    return decode_bundles(from, walk, {}, into);
}

/// decode() for packets that are not in Ethernet frames without tags.
template <class Memory, class Segment>
[[nodiscard]] TCPLENS_NOINLINE constexpr decode_result decode_framed(const packet& from, Segment& into,
                                                                     const decode_options& options, Memory& memory) {
    const frame_view frame = frame_of(from);
    const auto network = link_layers::payload(from.link, frame);
    if (!network) return {network.error(), from.link};
    if (!options.verify_checksums && !options.identify_networks &&
        decode_plain(from, frame.wire_length, *network, into))
        return {packet_outcome::tcp, ip_protocol::tcp};
    return decode_walking(from, *network, into, options, memory);
}

/// decode(), with a memory: see decoder_memory.
template <class Memory, class Segment>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr decode_result decode_with(const packet& from, Segment& into,
                                                                        const decode_options& options, Memory& memory) {
    if (!options.verify_checksums && !options.identify_networks && decode_plain(from, into))
        return {packet_outcome::tcp, ip_protocol::tcp};
    return decode_framed(from, into, options, memory);
}

} // namespace detail

/// Whether tcplens can decode packets of this link type. For others the outcome is packet_outcome::unsupported_link.
///
/// Link types that name another one for each frame (LINKTYPE_PPI, LINKTYPE_PKTAP) can be decoded, though some of their frames are
/// still unsupported.
[[nodiscard]] constexpr bool can_decode(link_type link) noexcept {
    return detail::link_layers::supports(link);
}

/// Finds the TCP segment in a packet: the innermost one, in all tunnels of decode_options::tunnels around it.
///
/// `into` is written if, and only if, the outcome is packet_outcome::tcp. Does not allocate and keeps no state: of several segments in
/// one packet it finds the first, a fragmented IP packet is packet_outcome::fragment, and what ICMP errors say is not read. Class
/// decoder does all of that.
template <std::derived_from<segment> Segment>
[[nodiscard]] constexpr decode_result decode(const packet& from, Segment& into,
                                             const decode_options& options = {}) noexcept {
    detail::no_memory none;
    return detail::decode_with(from, into, options, none);
}

} // namespace tcplens::inline v1
