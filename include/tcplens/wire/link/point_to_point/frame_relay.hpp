// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/llc.hpp"
#include "ppp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// What a Frame Relay frame carries behind its address of two to four bytes (ITU-T Q.922 section 3.3): unnumbered information
/// with a network layer protocol identifier (RFC 2427 section 3), or an EtherType (Cisco).
[[nodiscard]] constexpr parse_result<network_payload> frame_relay_payload(const frame_view& frame) noexcept {
    std::size_t at = 0;
    for (bool more = true; more; ++at) {
        if (at == 4) return packet_outcome::malformed;
        if (!frame.has(at + 1)) return frame.truncation_error(at + 1);
        more = (frame.bytes[at] & std::byte{1}) == std::byte{};
    }
    if (at < 2) return packet_outcome::malformed;

    if (!frame.has(at + 2)) return frame.truncation_error(at + 2);
    constexpr std::byte unnumbered_information{0x03};
    if (frame.bytes[at] != unnumbered_information) {
        const auto type = load_big<std::uint16_t>(frame.bytes.data() + at);
        if (type < lowest_ether_type) return packet_outcome::not_tcp;
        return network_payload{ether_type{type}, frame.subview(at + 2)};
    }
    ++at;
    if (frame.bytes[at] == std::byte{}) { // a pad to an even offset
        ++at;
        if (!frame.has(at + 1)) return frame.truncation_error(at + 1);
    }
    switch (load_big<std::uint8_t>(frame.bytes.data() + at)) {
    case 0x80: return snap_payload(frame.subview(at + 1));
    case 0x8e: return network_payload{ether_type::ipv6, frame.subview(at + 1)};
    case 0xcc: return network_payload{ether_type::ipv4, frame.subview(at + 1)};
    case 0xcf: return ppp_payload(frame.subview(at + 1)); // RFC 1973
    default: return packet_outcome::not_tcp;
    }
}

/// Frame Relay (ITU-T Q.922 section 3.3, RFC 2427), with or without a direction byte.
///
/// Read: an address of two to four bytes, then a network layer protocol identifier (IPv4, IPv6, SNAP, PPP), or an
/// EtherType (Cisco).
/// Not read: other protocol identifiers, fragments (FRF.12).
struct frame_relay {
    static constexpr std::array types{link_type::frame_relay, link_type::frame_relay_with_direction};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const std::size_t direction = link == link_type::frame_relay_with_direction ? 1 : 0;
        if (!frame.has(direction)) return frame.truncation_error(direction);
        return frame_relay_payload(frame.subview(direction));
    }
};

} // namespace tcplens::inline v1::detail
