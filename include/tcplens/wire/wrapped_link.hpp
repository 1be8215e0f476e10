// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ethernet.hpp"
#include "ieee802_11.hpp"
#include "link_layer_list.hpp"
#include "null_loopback.hpp"
#include "ppp.hpp"
#include "raw_ip.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// A header that tells its own length and the link type of the frame behind it: PPI (version, flags, length in two bytes,
/// link type in four, from the fourth on) and Apple's PKTAP (length in four, kind in four, link type in four), both
/// least significant byte first. Frames that wrap another one so, again, are not supported: neither happens.
struct wrapped_link {
    static constexpr std::array types{link_type::ppi, link_type::pktap};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        const bool ppi = link == link_type::ppi;
        const std::size_t shortest = ppi ? 8 : 12;
        if (!frame.has(shortest)) return frame.shortfall(shortest);
        const std::byte* const header = frame.bytes.data();
        const std::size_t length = ppi ? load_little<std::uint16_t>(header + 2) : load_little<std::uint32_t>(header);
        if (length < shortest) return packet_outcome::malformed;
        if (!frame.has(length)) return frame.shortfall(length);
        constexpr std::uint32_t no_frame = 0; // PKTAP: only an event
        if (!ppi && load_little<std::uint32_t>(header + 4) == no_frame) return packet_outcome::not_tcp;
        using inner = link_layer_list<ethernet, raw_ip, null_loopback, ieee802_11, ppp>;
        return inner::payload(link_type{load_little<std::uint32_t>(header + shortest - 4)}, frame.after(length));
    }
};

} // namespace tcplens
