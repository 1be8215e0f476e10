// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/maybe.hpp"
#include "../ether_type.hpp"
#include "../ip_payload.hpp"
#include "../ip_protocol.hpp"
#include "../network_payload.hpp"
#include "ip_layer.hpp"
#include "ipv4.hpp"
#include "ipv6.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// A part of a fragmented IP packet (RFC 791 section 2.3, RFC 8200 section 4.5).
struct ip_fragment {
    /// The fields of its header, and the fragment's bytes. For IPv6 the protocol is that of the fragment header.
    ip_payload part{};
    bool v6 = false;
    std::uint32_t id = 0;
    std::uint32_t offset = 0; ///< in bytes
    bool more = false;        ///< it is not the last fragment
    /// Bytes of the whole packet before the fragmented part: its header, and the extension headers before the fragment header.
    std::uint32_t header_length = 0;
};

/// The fragment in a packet; nullopt if the packet is whole, or too little of it was captured.
[[nodiscard]] constexpr maybe<ip_fragment> fragment_of(const network_payload& network) noexcept {
    if (network.type == ether_type::ipv4) {
        const auto header = ipv4_header::parse(network.content);
        const auto part = ip_payload_of(network);
        if (!header || !part || !part->fragment) return std::nullopt;
        return ip_fragment{.part = *part,
                           .v6 = false,
                           .id = header->id(),
                           .offset = header->fragment_offset() * 8u,
                           .more = header->more_fragments(),
                           .header_length = static_cast<std::uint32_t>(header->length())};
    }
    if (network.type != ether_type::ipv6) return std::nullopt;
    const auto header = ipv6_header::parse(network.content);
    if (!header) return std::nullopt;
    const auto content = header->content();
    if (!content) return std::nullopt;
    const auto before = ipv6_header::before_fragment(*content);
    if (!before || before->protocol != ip_protocol::fragment || !before->content.has(8)) return std::nullopt;
    const std::byte* fields = before->content.bytes.data();
    const auto offset_and_more = load_big<std::uint16_t>(fields + 2);
    if ((offset_and_more & 0xfff9) == 0) return std::nullopt; // atomic (RFC 6946)
    ip_fragment made{.part = *before,
                     .v6 = true,
                     .id = load_big<std::uint32_t>(fields + 4),
                     .offset = offset_and_more & 0xfff8u,
                     .more = (offset_and_more & 1) != 0};
    made.part.protocol = ip_protocol{std::to_integer<std::uint8_t>(fields[0])};
    made.part.content = before->content.subview(8);
    made.part.fragment = true;
    made.header_length = static_cast<std::uint32_t>(made.part.length - before->content.wire_length);
    return made;
}

} // namespace tcplens::inline v1::detail
