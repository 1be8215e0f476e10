// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../base/compiler.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "ether_tags.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Ethernet: two addresses and an EtherType, or a length and 802.2 LLC (IEEE 802.3 3.2).
struct ethernet {
    static constexpr std::array types{link_type::ethernet};

    static constexpr std::size_t header_length = 14;

    /// What follows the header, perhaps a tag. \pre has(header_length)
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr network_payload
    behind_header(const frame_view& frame) noexcept {
        return {ether_type{load_big<std::uint16_t>(frame.bytes.data() + 12)}, frame.subview(header_length)};
    }

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        if (!frame.has(header_length)) return frame.truncation_error(header_length);
        return skip_tags(behind_header(frame));
    }
};

} // namespace tcplens::inline v0::detail
