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
/// 802.1Q, 802.1ad, 0x9100 to 0x9300), backbone service (802.1ah), MACsec (802.1AE), E-tag (802.1BR), R-tag (802.1CB), VN-tag,
/// HSR, TRILL (RFC 6325), FabricPath, Cisco metadata, Marvell's EDSA and Arista's timestamp. LLC in jumbo frames (0x8870). Cisco's
/// Inter-Switch Link, which puts a whole frame behind a header of its own.
/// Not read: encrypted MACsec, Novell's 802.3 without LLC.
struct ethernet {
    static constexpr std::array types{link_type::ethernet};

    static constexpr std::size_t header_length = 14;

    /// What follows the header, which may be a tag. @pre frame.has(header_length)
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr network_payload
    behind_header(const frame_view& frame) noexcept {
        return {ether_type{load_big<std::uint16_t>(frame.bytes.data() + 12)}, frame.subview(header_length)};
    }

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        if (!frame.has(header_length)) return frame.truncation_error(header_length);
        const network_payload behind = behind_header(frame);
        if (behind.type == ether_type::ipv4 || behind.type == ether_type::ipv6) return behind;
        if (is_to_inter_switch_group(frame)) {
            if (!frame.has(organisation_end) && frame.wire_length >= organisation_end)
                return packet_outcome::truncated; // the capture cut what tells
            constexpr std::size_t isl_header = 26;
            if (has_organisation_of_cisco(frame)) {
                if (!frame.has(isl_header)) return frame.truncation_error(isl_header);
                return other_payload(link_type::ethernet, frame.subview(isl_header));
            }
        }
        return skip_any_tags(behind);
    }

    [[nodiscard]] static constexpr network_payload tagged_payload(link_type, const frame_view& frame) noexcept {
        return behind_header(frame);
    }

private:
    static constexpr std::size_t organisation_end = 20; // of LLC with SNAP

    /// Whether the receiver is the group of Cisco's Inter-Switch Link.
    /// @pre frame.has(header_length)
    [[nodiscard]] static constexpr bool is_to_inter_switch_group(const frame_view& frame) noexcept {
        const auto group = load_big<std::uint32_t>(frame.bytes.data()) & ~0x0200'0000u; // 01-00-0c-00-00 or 03-...
        return group == 0x0100'0c00 && frame.bytes[4] == std::byte{0};
    }
    /// Whether LLC with Cisco's number follows, as in all frames of Inter-Switch Link.
    [[nodiscard]] static constexpr bool has_organisation_of_cisco(const frame_view& frame) noexcept {
        return frame.has(organisation_end) && load_big<std::uint32_t>(frame.bytes.data() + 14) == 0xaaaa'0300 &&
               load_big<std::uint16_t>(frame.bytes.data() + 18) == 0x000c;
    }
};

} // namespace tcplens::inline v1::detail
