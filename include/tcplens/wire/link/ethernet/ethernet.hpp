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

namespace tcplens::inline v1::detail {

/// Ethernet (IEEE 802.3 section 3.2).
///
/// Read: two addresses, any stack of tags, then an EtherType, or a length with IEEE 802.2 LLC. The tags are VLAN (IEEE
/// 802.1Q, 802.1ad, 0x9100), backbone service (802.1ah), MACsec (802.1AE), E-tag (802.1BR), R-tag (802.1CB), VN-tag,
/// HSR, TRILL (RFC 6325), FabricPath, Cisco metadata and Arista's timestamp. LLC in jumbo frames (0x8870).
/// Not read: encrypted MACsec, Novell's 802.3 without LLC.
struct ethernet {
    static constexpr std::array types{link_type::ethernet};

    static constexpr std::size_t header_length = 14;

    /// What follows the header, which may be a tag. \pre frame.has(header_length)
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr network_payload
    behind_header(const frame_view& frame) noexcept {
        return {ether_type{load_big<std::uint16_t>(frame.bytes.data() + 12)}, frame.subview(header_length)};
    }

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        if (!frame.has(header_length)) return frame.truncation_error(header_length);
        return skip_tags(behind_header(frame));
    }

    [[nodiscard]] static constexpr network_payload tagged_payload(link_type, const frame_view& frame) noexcept {
        return behind_header(frame);
    }
};

} // namespace tcplens::inline v1::detail
