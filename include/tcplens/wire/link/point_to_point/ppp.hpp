// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "cisco_hdlc.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The protocol field of a PPP packet (RFC 1661 section 2) and the length of what stands before its content. The address and control
/// fields of HDLC-like framing may be there or not (RFC 1662 section 3.1), and the protocol may be one byte (RFC 1661 section 6.5).
struct ppp_header {
    std::uint16_t protocol = 0;
    std::size_t length = 0;

    [[nodiscard]] static constexpr parse_result<ppp_header> parse(const frame_view& frame) noexcept {
        if (!frame.has(1)) return frame.truncation_error(1);
        ppp_header found;
        if (frame.bytes[0] == std::byte{0xff}) { // all stations: never a protocol
            if (!frame.has(3)) return frame.truncation_error(3);
            if (frame.bytes[1] != std::byte{0x03}) return packet_outcome::not_tcp; // numbered (RFC 1663)
            found.length = 2;
        }
        found.protocol = load_big<std::uint8_t>(frame.bytes.data() + found.length);
        if (found.protocol % 2 == 0) { // only the last byte of a protocol is odd
            if (!frame.has(found.length + 2)) return frame.truncation_error(found.length + 2);
            found.protocol = load_big<std::uint16_t>(frame.bytes.data() + found.length);
            ++found.length;
        }
        ++found.length;
        return found;
    }
};

/// What a PPP packet carries that is not a part of others. Compressed packets (RFC 1144, RFC 1962) cannot be read from one packet
/// alone: they count as not_tcp.
[[nodiscard]] constexpr parse_result<network_payload> whole_ppp_payload(const frame_view& frame) noexcept {
    const auto found = ppp_header::parse(frame);
    if (!found) return found.error();
    std::size_t header = found->length;
    switch (found->protocol) {
    case 0x0021: return network_payload{ether_type::ipv4, frame.subview(header)};
    case 0x0057: return network_payload{ether_type::ipv6, frame.subview(header)}; // RFC 5072
    case 0x0281: return network_payload{ether_type::mpls, frame.subview(header)}; // RFC 3032 section 4.3
    case 0x0283: return network_payload{ether_type::mpls_multicast, frame.subview(header)};
    case 0x0031: { // a bridged frame behind flags, its kind and perhaps a LAN identifier (RFC 3518 section 4.2)
        if (!frame.has(header + 2)) return frame.truncation_error(header + 2);
        constexpr std::byte has_lan_number{0x40};
        constexpr std::byte kind_ethernet{1};
        if (frame.bytes[header + 1] != kind_ethernet) return packet_outcome::not_tcp;
        header += (frame.bytes[header] & has_lan_number) != std::byte{} ? 6u : 2u;
        if (!frame.has(header)) return frame.truncation_error(header);
        return network_payload{ether_type::transparent_ethernet, frame.subview(header)};
    }
    default: return packet_outcome::not_tcp;
    }
}

/// What a multilink packet carries (RFC 1990 section 3) if it is not a fragment. Only the two ends know whether they agreed on the
/// short header, so that is tried if nothing that leads to TCP follows the long one.
[[nodiscard]] constexpr parse_result<network_payload> ppp_multilink_payload(const frame_view& packet) noexcept {
    constexpr std::size_t long_header = 4;
    constexpr std::size_t short_header = 2;
    if (!packet.has(long_header)) return packet.truncation_error(long_header);
    constexpr std::byte begins_and_ends{0xc0};
    if ((packet.bytes[0] & begins_and_ends) != begins_and_ends) return packet_outcome::not_tcp;
    const auto found = whole_ppp_payload(packet.subview(long_header));
    if (found || found.error() != packet_outcome::not_tcp) return found;
    return whole_ppp_payload(packet.subview(short_header));
}

/// What a PPP packet carries, also of a multilink packet that is not a fragment.
[[nodiscard]] constexpr parse_result<network_payload> ppp_payload(const frame_view& frame) noexcept {
    constexpr std::uint16_t multilink = 0x003d;
    const auto header = ppp_header::parse(frame);
    if (header && header->protocol == multilink) return ppp_multilink_payload(frame.subview(header->length));
    return whole_ppp_payload(frame);
}

/// PPP (RFC 1661), with or without HDLC-like framing (RFC 1662), a direction byte or a PPPoE header (RFC 2516).
///
/// Read: IPv4, IPv6 (RFC 5072), MPLS (RFC 3032), bridged Ethernet (RFC 3518), also in multilink packets that are not fragments (RFC
/// 1990). Cisco HDLC is recognised by its address.
/// Not read: compressed packets (RFC 1144, RFC 1962), numbered mode (RFC 1663), control protocols, other bridged
/// frames, fragments of multilink packets.
struct ppp {
    static constexpr std::array types{link_type::ppp, link_type::ppp_hdlc, link_type::ppp_ether, link_type::ppp_pppd,
                                      link_type::ppp_with_direction};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        switch (link) {
        case link_type::ppp_ether:
            if (!frame.has(1)) return frame.truncation_error(1);
            return network_payload{ether_type::pppoe_session, frame};
        case link_type::ppp_with_direction:
            if (!frame.has(1)) return frame.truncation_error(1);
            return ppp_payload(frame.subview(1));
        case link_type::ppp_pppd:
            if (!frame.has(2)) return frame.truncation_error(2);
            return ppp_payload(frame.subview(2));
        default:
            if (!frame.has(1)) return frame.truncation_error(1);
            if (frame.bytes[0] == std::byte{0x0f} || frame.bytes[0] == std::byte{0x8f})
                return cisco_hdlc_payload(frame);
            return ppp_payload(frame);
        }
    }
};

} // namespace tcplens::inline v1::detail
