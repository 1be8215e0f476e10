// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/maybe.hpp"
#include "../frame_view.hpp"
#include "../icmp_notice.hpp"
#include "../ip_payload.hpp"
#include "../ip_protocol.hpp"
#include "ip_layer.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// What the type and code of an ICMP message say; nullopt for those that are no errors.
[[nodiscard]] constexpr maybe<icmp_notice::subject> icmp_subject(bool v6, unsigned type, unsigned code) noexcept {
    using enum icmp_notice::subject;
    constexpr unsigned fragmentation_needed = 4; // RFC 792: code of type 3
    if (v6) {
        switch (type) {
        case 1: return unreachable;
        case 2: return packet_too_big;
        case 3: return time_exceeded;
        case 4: return parameter_problem;
        default: return std::nullopt;
        }
    }
    switch (type) {
    case 3: return code == fragmentation_needed ? packet_too_big : unreachable;
    case 4: return source_quench;
    case 5: return redirect;
    case 11: return time_exceeded;
    case 12: return parameter_problem;
    default: return std::nullopt;
    }
}

/// Reads an ICMP error that quotes the first bytes of a TCP segment: at least 8 of them (RFC 792, RFC 1812 section 4.3.2.3, RFC 4443).
/// False for anything else; `into` is changed only if it is true.
/// @pre `message` is what ICMP or ICMPv6 carries, by the protocol of `message`.
[[nodiscard]] TCPLENS_NOINLINE constexpr bool read_icmp_notice(const ip_payload& message, icmp_notice& into) noexcept {
    constexpr std::size_t header = 8;
    if (!message.content.has(header)) return false;
    const std::byte* const fields = message.content.bytes.data();
    const bool v6 = message.protocol == ip_protocol::icmp6;
    const auto type = std::to_integer<std::uint8_t>(fields[0]);
    const auto code = std::to_integer<std::uint8_t>(fields[1]);
    const auto about = icmp_subject(v6, type, code);
    if (!about) return false;
    const auto quoted = ip_payload_of({v6 ? ether_type::ipv6 : ether_type::ipv4, message.content.subview(header)});
    constexpr std::size_t ports_and_sequence = 8;
    if (!quoted || quoted->protocol != ip_protocol::tcp || !quoted->content.has(ports_and_sequence)) return false;
    const bool later_fragment =
        v6 ? quoted->fragment : (load_big<std::uint16_t>(fields + header + 6) & 0x1fff) != 0; // RFC 791 section 3.1
    if (later_fragment) return false;
    const std::byte* const tcp = quoted->content.bytes.data();
    into.about = *about;
    into.v6 = v6;
    into.type = type;
    into.code = code;
    into.mtu = 0;
    if (*about == icmp_notice::subject::packet_too_big)
        into.mtu = v6 ? load_big<std::uint32_t>(fields + 4) : load_big<std::uint16_t>(fields + 6); // RFC 1191 section 4
    into.sender = message.source;
    into.receiver = message.destination;
    into.quoted_source = {quoted->source, load_big<std::uint16_t>(tcp)};
    into.quoted_destination = {quoted->destination, load_big<std::uint16_t>(tcp + 2)};
    into.quoted_sequence = {load_big<std::uint32_t>(tcp + 4)};
    into.quoted_length = quoted->length;
    into.quoted_id = std::optional<std::uint16_t>{};
    if (quoted->has_id) into.quoted_id = quoted->id;
    return true;
}

} // namespace tcplens::inline v1::detail
