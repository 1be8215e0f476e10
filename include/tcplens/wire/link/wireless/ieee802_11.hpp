// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// What an IEEE 802.11 frame carries (sections 9.2 and 9.3.2): LLC in a data frame that is not protected. Of an A-MSDU the
/// first frame is read, of a fragmented frame the first fragment, by its IP length. With `padded`, the header is padded to a
/// multiple of four.
[[nodiscard]] constexpr parse_result<network_payload> ieee802_11_payload(const frame_view& frame,
                                                                         bool padded = false) noexcept {
    if (!frame.has(2)) return frame.truncation_error(2);
    const auto control = load_little<std::uint16_t>(frame.bytes.data());
    enum control_bits : std::uint16_t {
        version_and_type = 0x000f,
        data = 0x0008,
        without_data = 0x0040,
        quality_of_service = 0x0080,
        to_and_from_distribution = 0x0300,
        is_protected = 0x4000,
        order = 0x8000,
    };
    if ((control & version_and_type) != data || (control & (without_data | is_protected)) != 0)
        return packet_outcome::not_tcp;

    std::size_t header = 24;
    if ((control & to_and_from_distribution) == to_and_from_distribution) header += 6; // there is a fourth address
    const std::size_t service_at = header;
    const bool has_service = (control & quality_of_service) != 0;
    if (has_service) header += (control & order) != 0 ? 6u : 2u; // and HT control
    const std::size_t header_and_pad = padded ? (header + 3) / 4 * 4 : header;
    if (!frame.has(header_and_pad)) return frame.truncation_error(header_and_pad);
    const auto fragment = load_little<std::uint16_t>(frame.bytes.data() + 22) & 0xf;
    if (fragment != 0) return packet_outcome::not_tcp;

    const frame_view body = frame.subview(header_and_pad);
    const bool aggregate = has_service && (frame.bytes[service_at] & std::byte{0x80}) != std::byte{};
    if (!aggregate) return payload_behind_llc(body);
    constexpr std::size_t subframe_header = 14; // two addresses and a length (section 9.3.2.2.2)
    if (!body.has(subframe_header)) return body.truncation_error(subframe_header);
    return payload_behind_llc(body.subview(subframe_header));
}

/// What follows a Radiotap header (radiotap.org): a version, a pad, the length, bit maps of the fields, the fields.
[[nodiscard]] constexpr parse_result<network_payload> radiotap_payload(const frame_view& frame) noexcept {
    constexpr std::size_t shortest = 8;
    if (!frame.has(shortest)) return frame.truncation_error(shortest);
    const auto length = load_little<std::uint16_t>(frame.bytes.data() + 2);
    if (frame.bytes[0] != std::byte{} || length < shortest) return packet_outcome::malformed;
    if (!frame.has(length)) return frame.truncation_error(length);

    // One flag matters: the adapter may have padded the header of the frame.
    const auto present = load_little<std::uint32_t>(frame.bytes.data() + 4);
    enum present_bits : std::uint32_t { has_time = 1, has_flags = 2, has_more_maps = 0x8000'0000 };
    std::size_t at = shortest;
    for (std::uint32_t map = present; (map & has_more_maps) != 0; at += 4) {
        if (at + 4 > length) return packet_outcome::malformed;
        map = load_little<std::uint32_t>(frame.bytes.data() + at);
    }
    bool padded = false;
    if ((present & has_flags) != 0) {
        if ((present & has_time) != 0) at = (at + 7) / 8 * 8 + 8;
        if (at >= length) return packet_outcome::malformed;
        padded = (frame.bytes[at] & std::byte{0x20}) != std::byte{};
    }
    return ieee802_11_payload(frame.subview(length), padded);
}

/// What follows a Prism or AVS header, whose length is in the bytes 4 to 7. AVS uses network byte order, Prism that of the
/// capturing host, so the smaller reading is right.
[[nodiscard]] constexpr parse_result<network_payload> prism_or_avs_payload(const frame_view& frame) noexcept {
    constexpr std::size_t shortest = 8;
    if (!frame.has(shortest)) return frame.truncation_error(shortest);
    const auto big = load_big<std::uint32_t>(frame.bytes.data() + 4);
    const auto little = load_little<std::uint32_t>(frame.bytes.data() + 4);
    const std::uint32_t length = big < little ? big : little;
    if (length < shortest) return packet_outcome::malformed;
    if (!frame.has(length)) return frame.truncation_error(length);
    return ieee802_11_payload(frame.subview(length));
}

/// IEEE 802.11, bare or behind a Radiotap, Prism or AVS header (IEEE 802.11 section 9, radiotap.org).
///
/// Read: data frames with IEEE 802.2 LLC. Of an A-MSDU the first frame, of a fragmented frame the first fragment.
/// Not read: management, control, protected (encrypted) frames, later fragments, later frames of an A-MSDU.
struct ieee802_11 {
    static constexpr std::array types{link_type::ieee802_11, link_type::ieee802_11_prism,
                                      link_type::ieee802_11_radiotap, link_type::ieee802_11_avs};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        switch (link) {
        case link_type::ieee802_11_radiotap: return radiotap_payload(frame);
        case link_type::ieee802_11_prism:
        case link_type::ieee802_11_avs: return prism_or_avs_payload(frame);
        default: return ieee802_11_payload(frame);
        }
    }
};

} // namespace tcplens::inline v0::detail
