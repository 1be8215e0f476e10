// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "ether_tags.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// Token Ring (IEEE 802.5 section 3).
///
/// Read: access control, frame control, two addresses, source routing (IEEE 802.1D section C.3.3), IEEE 802.2 LLC.
/// Not read: frames of the ring itself.
struct token_ring {
    static constexpr std::array types{link_type::token_ring};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        std::size_t header = 14;
        if (!frame.has(header)) return frame.truncation_error(header);
        if ((frame.bytes[1] & std::byte{0xc0}) != std::byte{0x40})
            return packet_outcome::not_tcp; // a frame of the ring itself
        const bool routed = (frame.bytes[8] & std::byte{0x80}) != std::byte{};
        if (routed) { // IEEE 802.1D section C.3.3: the first byte has the length of the routing information
            if (!frame.has(header + 1)) return frame.truncation_error(header + 1);
            const auto length = std::to_integer<std::size_t>(frame.bytes[header] & std::byte{0x1f});
            if (length < 2 || length % 2 != 0) return packet_outcome::malformed;
            header += length;
            if (!frame.has(header)) return frame.truncation_error(header);
        }
        return payload_behind_llc(frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
