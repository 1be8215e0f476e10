// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../capture/link_type.hpp"
#include "../frame_view.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// A capture header that names the link type of the frame behind it, PPI and Apple's PKTAP.
///
/// Read: any link type of this table.
/// Not read: events without a frame.
struct wrapped_link {
    static constexpr std::array types{link_type::ppi, link_type::pktap};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        const bool ppi = link == link_type::ppi;
        const std::size_t shortest = ppi ? 8 : 12;
        if (!frame.has(shortest)) return frame.truncation_error(shortest);
        const std::byte* const header = frame.bytes.data();
        const std::size_t length = ppi ? load_little<std::uint16_t>(header + 2) : load_little<std::uint32_t>(header);
        if (length < shortest) return packet_outcome::malformed;
        if (!frame.has(length)) return frame.truncation_error(length);
        constexpr std::uint32_t no_frame = 0; // PKTAP: only an event
        if (!ppi && load_little<std::uint32_t>(header + 4) == no_frame) return packet_outcome::not_tcp;
        return other_payload(link_type{load_little<std::uint32_t>(header + shortest - 4)}, frame.subview(length));
    }
};

} // namespace tcplens::inline v1::detail
