// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../ether_type.hpp"
#include "../frame_view.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"
#include "internet_checksum.hpp"
#include "ipv4.hpp"
#include "ipv6.hpp"

#include <cstddef>

namespace tcplens::inline v1::detail {

/// Whether bytes whose protocol nothing names are an IPv4 header: its length fits, and its checksum is right or left to the network
/// adapter. Of other bytes, one in some millions passes. False if the header was not captured.
[[nodiscard]] constexpr bool is_plausible_ipv4(const frame_view& packet) noexcept {
    const auto header = ipv4_header::parse(packet);
    if (!header || header->total_length() > packet.wire_length) return false;
    if (load_big<std::uint16_t>(packet.bytes.data() + 10) == 0) return true;
    return ones_complement_sum{}.add(packet.bytes.first(header->length())).verifies();
}

/// Whether bytes whose protocol nothing names are an IPv6 header: its length fits. False if the header was not captured.
[[nodiscard]] constexpr bool is_plausible_ipv6(const frame_view& packet) noexcept {
    const auto header = ipv6_header::parse(packet);
    return header && header->payload_length() != 0 &&
           ipv6_header::length + header->payload_length() <= packet.wire_length;
}

/// Whether too little was captured to say whether the bytes are an IP header.
[[nodiscard]] constexpr bool is_undecided_ip(const frame_view& packet) noexcept {
    if (packet.bytes.size() >= packet.wire_length) return false;
    if (packet.bytes.empty()) return true;
    const auto first = std::to_integer<std::size_t>(packet.bytes[0]);
    std::size_t header = 0; // none
    if (first >> 4 == 4 && (first & 0xf) * 4 >= ipv4_header::min_length) header = (first & 0xf) * 4;
    if (first >> 4 == 6) header = ipv6_header::length;
    return !packet.has(header) && header <= packet.wire_length;
}

/// The EtherType of the IP packet that the bytes are; not_tcp if they are none.
[[nodiscard]] constexpr parse_result<ether_type> plausible_ip(const frame_view& packet) noexcept {
    if (is_plausible_ipv4(packet)) return ether_type::ipv4;
    if (is_plausible_ipv6(packet)) return ether_type::ipv6;
    return is_undecided_ip(packet) ? packet_outcome::truncated : packet_outcome::not_tcp;
}

/// The EtherType that a packet should have whose header is malformed, since it is of the other IP version than it is named as: some
/// writers say IPv4 before either. malformed if that is not so.
[[nodiscard]] TCPLENS_NOINLINE constexpr parse_result<ether_type>
other_ip_version(const network_payload& packet) noexcept {
    const frame_view& content = packet.content;
    if (content.wire_length < ipv4_header::min_length) return packet_outcome::malformed;
    if (content.bytes.empty()) return packet_outcome::truncated;
    const bool is_v4 = std::to_integer<unsigned>(content.bytes[0]) >> 4 == 4;
    if (is_v4 == (packet.type == ether_type::ipv4)) return packet_outcome::malformed; // for another reason
    const auto found = plausible_ip(content);
    if (!found && found.error() == packet_outcome::not_tcp) return packet_outcome::malformed;
    return found;
}

} // namespace tcplens::inline v1::detail
