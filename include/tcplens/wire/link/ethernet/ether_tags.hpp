// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../base/compiler.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../header_limits.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "llc.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Whether it is the EtherType of a VLAN tag: of IEEE 802.1Q or 802.1ad, or one that vendors used for outer tags before.
[[nodiscard]] constexpr bool is_vlan(ether_type type) noexcept {
    return type == ether_type::vlan || type == ether_type::provider_vlan || type == ether_type::old_qinq ||
           type == ether_type::old_qinq_9200 || type == ether_type::old_qinq_9300;
}

/// The number of bytes of a tag after its own EtherType. The last two are the EtherType of what follows. 0 if `payload` does
/// not begin with a tag; not_tcp for a tag whose content cannot be read.
[[nodiscard]] constexpr parse_result<std::size_t> tag_length(const network_payload& payload) noexcept {
    constexpr std::size_t ethernet_header = 14; // of the frame in the tag
    const frame_view& tag = payload.content;
    if (is_vlan(payload.type)) return 4; // IEEE 802.1Q 9.3
    switch (payload.type) {
    case ether_type::vn_tag:
    case ether_type::redundancy_tag:  // IEC 62439-3 section 5.7
    case ether_type::r_tag: return 6; // IEEE 802.1CB section 7.8
    case ether_type::e_tag:           // IEEE 802.1BR 7.4
    case ether_type::marvell_edsa: return 8;
    case ether_type::backbone_service: return 4 + ethernet_header; // IEEE 802.1Q 9.7: the customer's addresses too
    case ether_type::fabric_path: return 2 + ethernet_header;
    case ether_type::cisco_metadata: // a version, a length in words of four bytes, the options
        if (!tag.has(2)) return tag.truncation_error(2);
        return std::size_t{load_big<std::uint8_t>(tag.bytes.data() + 1)} * 4 + 4;
    case ether_type::arista_time: {
        if (!tag.has(4)) return tag.truncation_error(4);
        constexpr std::uint16_t timestamp_subtype = 1;
        if (load_big<std::uint16_t>(tag.bytes.data()) != timestamp_subtype) return 0;
        switch (std::to_integer<unsigned>(tag.bytes[3]) >> 4) { // the format; the other four bits are the hardware
        case 1: return 4 + 8 + 2;
        case 2: return 4 + 6 + 2;
        default: return 0;
        }
    }
    case ether_type::trill: { // RFC 6325 3: options in words of four bytes
        if (!tag.has(2)) return tag.truncation_error(2);
        const unsigned option_words = load_big<std::uint16_t>(tag.bytes.data()) >> 6 & 0x1f;
        return 6 + std::size_t{option_words} * 4 + ethernet_header;
    }
    case ether_type::macsec: { // IEEE 802.1AE 9.3
        if (!tag.has(1)) return tag.truncation_error(1);
        const auto control = load_big<std::uint8_t>(tag.bytes.data());
        const bool encrypted = (control & 0x08) != 0;
        const bool changed = (control & 0x04) != 0;
        if (encrypted || changed) return packet_outcome::not_tcp;
        const bool has_channel = (control & 0x20) != 0;
        return has_channel ? std::size_t{16} : std::size_t{8};
    }
    default: return 0;
    }
}

/// skip_tags() for frames other than plain IP.
[[nodiscard]] TCPLENS_NOINLINE constexpr parse_result<network_payload> skip_any_tags(network_payload payload) noexcept {
    for (int tags = 0; tags <= max_repeats; ++tags) {
        if (payload.type == ether_type::ipv4 || payload.type == ether_type::ipv6) return payload;
        constexpr std::uint16_t longest =
            1500; // IEEE 802.3 section 3.2.6: numbers up to the lowest EtherType are neither
        const auto length_field = static_cast<std::uint16_t>(payload.type);
        if (length_field <= longest) {
            // The length excludes padding. If a tool cut the frame, the length on the wire is less, and counts.
            if (length_field < payload.content.wire_length) payload.content = payload.content.limited_to(length_field);
            const auto behind = llc_payload(payload.content);
            if (!behind) return behind;
            payload = *behind;
            continue;
        }
        if (payload.type == ether_type::jumbo_llc) {
            const auto behind = llc_payload(payload.content);
            if (!behind) return behind;
            payload = *behind;
            continue;
        }
        const auto length = tag_length(payload);
        if (!length) return length.error();
        if (*length == 0) return payload;
        if (!payload.content.has(*length)) return payload.content.truncation_error(*length);
        payload = {ether_type{load_big<std::uint16_t>(payload.content.bytes.data() + *length - 2)},
                   payload.content.subview(*length)};
    }
    return packet_outcome::not_tcp;
}

/// Skips any stack of tags: VLANs, MACsec without encryption, backbone bridges and fabrics with the Ethernet header in them. If
/// there is a length in place of an EtherType, skips IEEE 802.2 LLC, too (IEEE 802.3 section 3.2.6).
[[nodiscard]] constexpr parse_result<network_payload> skip_tags(const network_payload& payload) noexcept {
    if (payload.type == ether_type::ipv4 || payload.type == ether_type::ipv6) return payload;
    return skip_any_tags(payload);
}

/// What follows IEEE 802.2 LLC and any tags behind it.
[[nodiscard]] constexpr parse_result<network_payload> payload_behind_llc(const frame_view& frame) noexcept {
    const auto behind = llc_payload(frame);
    return behind ? skip_tags(*behind) : behind;
}

} // namespace tcplens::inline v1::detail
