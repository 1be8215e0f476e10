// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "ethernet.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// DOCSIS (CM-SP-MULPIv3.1 section 6.2).
///
/// Read: frame control, length, extended header and header check sequence, then an Ethernet frame.
/// Not read: management, fragments, concatenated frames.
struct docsis {
    static constexpr std::array types{link_type::docsis};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        std::size_t header = 6;
        if (!frame.has(header)) return frame.truncation_error(header);
        if ((frame.bytes[0] & std::byte{0xfe}) != std::byte{}) return packet_outcome::not_tcp;
        const bool extended = (frame.bytes[0] & std::byte{1}) != std::byte{};
        if (extended) header += std::to_integer<std::size_t>(frame.bytes[1]);
        if (!frame.has(header)) return frame.truncation_error(header);
        return ethernet::payload(link_type::ethernet, frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
