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

/// FDDI (ISO 9314-2, RFC 1390).
///
/// Read: frame control, two long addresses, IEEE 802.2 LLC.
/// Not read: station management, tokens, frames with short addresses.
struct fddi {
    static constexpr std::array types{link_type::fddi};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 13;
        if (!frame.has(header)) return frame.truncation_error(header);
        // Long addresses and LLC. The highest bit distinguishes synchronous from asynchronous frames, the lowest are a priority.
        if ((frame.bytes[0] & std::byte{0x70}) != std::byte{0x50}) return packet_outcome::not_tcp;
        return payload_behind_llc(frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
