// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The smallest EtherType. Smaller numbers have other meanings, such as a length (IEEE 802.3 section 3.2.6).
inline constexpr std::uint16_t lowest_ether_type = 0x0600;

/// What follows a SNAP header, which has five bytes: organisation and protocol (IEEE 802 section 10.3).
[[nodiscard]] constexpr parse_result<network_payload> snap_payload(const frame_view& frame) noexcept {
    constexpr std::size_t header = 5;
    if (!frame.has(header)) return frame.truncation_error(header);
    const std::uint32_t organisation = load_big<std::uint32_t>(frame.bytes.data()) >> 8;
    const auto protocol = load_big<std::uint16_t>(frame.bytes.data() + 3);
    switch (organisation) {
    case 0x000000: // the protocol is an EtherType (RFC 1042)
    case 0x0000f8: // likewise, and a bridge marks that the frame came from an Ethernet (IEEE 802.1H)
        if (protocol < lowest_ether_type) return packet_outcome::not_tcp;
        return network_payload{ether_type{protocol}, frame.subview(header)};
    case 0x0080c2: // a bridged Ethernet frame, with check sequence or without (RFC 2427 section 4.2)
        if (protocol != 0x0001 && protocol != 0x0007) return packet_outcome::not_tcp;
        return network_payload{ether_type::transparent_ethernet, frame.subview(header)};
    default: return packet_outcome::not_tcp;
    }
}

/// What follows an IEEE 802.2 LLC header, which has two service access points and a control field: SNAP, or IP by its own
/// access point (RFC 1042), in unnumbered information.
[[nodiscard]] constexpr parse_result<network_payload> llc_payload(const frame_view& frame) noexcept {
    constexpr std::size_t header = 3;
    if (!frame.has(header)) return frame.truncation_error(header);
    constexpr std::byte unnumbered_information{0x03};
    if (frame.bytes[2] != unnumbered_information) return packet_outcome::not_tcp;
    switch (load_big<std::uint16_t>(frame.bytes.data())) {
    case 0xaaaa: return snap_payload(frame.subview(header));
    case 0x0606: return network_payload{ether_type::ipv4, frame.subview(header)};
    default: return packet_outcome::not_tcp;
    }
}

} // namespace tcplens::inline v1::detail
