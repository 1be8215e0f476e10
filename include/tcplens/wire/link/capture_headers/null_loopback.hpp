// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../ip/plausible_ip.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "address_family.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// BSD loopback.
///
/// Read: an address family of four bytes in either byte order. Some tools write an EtherType there, which is read, too. Behind any other
/// number an IP packet is found by its lengths and its checksum.
/// Not read: other address families.
struct null_loopback {
    static constexpr std::array types{link_type::null, link_type::loop};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 4;
        if (!frame.has(header)) return frame.truncation_error(header);
        const std::uint32_t family = load_family(frame.bytes.data());
        // Some tools write an EtherType where the family belongs.
        if (family == static_cast<std::uint32_t>(ether_type::ipv4) ||
            family == static_cast<std::uint32_t>(ether_type::ipv6))
            return network_payload{static_cast<ether_type>(family), frame.subview(header)};
        const auto by_family = family_payload(family, frame.subview(header));
        if (by_family || by_family.error() != packet_outcome::not_tcp) return by_family;
        const auto by_packet = plausible_ip(frame.subview(header)); // others write a number that is neither
        if (!by_packet) return by_packet.error();
        return network_payload{*by_packet, frame.subview(header)};
    }
};

} // namespace tcplens::inline v1::detail
