// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../base/minimum.hpp"
#include "../../../capture/link_type.hpp"
#include "../../bundle_kind.hpp"
#include "../../frame_view.hpp"
#include "../../header_limits.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Skips the mesh control in a data frame of a mesh (IEEE 802.11 section 9.2.4.8.3): flags, hop limit, a sequence number, and up
/// to two addresses. Some senders set the bit that announces it without one: then IEEE 802.2 LLC follows at once, which cannot be
/// mistaken for flags.
[[nodiscard]] constexpr parse_result<frame_view> behind_mesh_control(const frame_view& body) noexcept {
    if (!body.has(1)) return body.truncation_error(1);
    const auto flags = std::to_integer<unsigned>(body.bytes[0]);
    constexpr unsigned most_addresses = 2; // the other bits are reserved
    if (flags > most_addresses) return body;
    const std::size_t length = 6 + std::size_t{flags} * 6;
    if (!body.has(length)) return body.truncation_error(length);
    return body.subview(length);
}

/// The bytes of an IEEE 802.11 frame up to its body (sections 9.2 and 9.3.2).
struct ieee802_11_header {
    std::size_t length = 0;
    bool aggregate = false; ///< an A-MSDU follows
    bool mesh = false;      ///< a mesh control follows, of an A-MSDU in each subframe
};

/// The header of a data frame that is not protected, by its frame control field. Of a fragmented frame only that of the first fragment
/// is one. With `padded`, the header is padded to a multiple of four.
[[nodiscard]] constexpr parse_result<ieee802_11_header>
read_ieee802_11_header(const frame_view& frame, std::uint16_t control, bool padded) noexcept {
    enum control_bits : std::uint16_t {
        version_and_type = 0x000f,
        data = 0x0008,
        without_data = 0x0040,
        quality_of_service = 0x0080,
        from_distribution = 0x0200,
        to_and_from_distribution = 0x0300,
        is_protected = 0x4000,
        order = 0x8000,
    };
    if ((control & version_and_type) != data || (control & (without_data | is_protected)) != 0)
        return packet_outcome::not_tcp;

    ieee802_11_header header{.length = 24};
    if ((control & to_and_from_distribution) == to_and_from_distribution) header.length += 6; // a fourth address
    const std::size_t service_at = header.length;
    const bool has_service = (control & quality_of_service) != 0;
    if (has_service) header.length += (control & order) != 0 ? 6u : 2u; // and HT control
    if (padded) header.length = (header.length + 3) / 4 * 4;
    if (!frame.has(header.length)) return frame.truncation_error(header.length);
    const auto fragment = load_little<std::uint16_t>(frame.bytes.data() + 22) & 0xf;
    if (fragment != 0) return packet_outcome::not_tcp;
    if (!has_service) return header;
    header.aggregate = (frame.bytes[service_at] & std::byte{0x80}) != std::byte{};
    // A station of a mesh sends either with four addresses or, to a group, from the distribution system.
    header.mesh = (control & from_distribution) != 0 && (frame.bytes[service_at + 1] & std::byte{0x01}) != std::byte{};
    return header;
}

/// What an IEEE 802.11 frame carries: LLC in a data frame that is not protected. Of a fragmented frame the first fragment is read, by
/// its IP length.
[[nodiscard]] constexpr parse_result<network_payload> ieee802_11_payload(const frame_view& frame, std::uint16_t control,
                                                                         bool padded) noexcept {
    const auto header = read_ieee802_11_header(frame, control, padded);
    if (!header) return header.error();
    const frame_view body = frame.subview(header->length);
    if (header->aggregate) {
        return other_payload(bundle_of(header->mesh ? bundle_kind::mesh_aggregate : bundle_kind::aggregate), body);
    }
    if (!header->mesh) return payload_behind_llc(body);
    const auto behind = behind_mesh_control(body);
    return behind ? payload_behind_llc(*behind) : behind.error();
}
[[nodiscard]] constexpr parse_result<network_payload> ieee802_11_payload(const frame_view& frame,
                                                                         bool padded = false) noexcept {
    if (!frame.has(2)) return frame.truncation_error(2);
    return ieee802_11_payload(frame, load_little<std::uint16_t>(frame.bytes.data()), padded);
}

/// What an IEEE 802.11 frame carries whose two bytes of frame control may be swapped, as Cisco's access points send them to their
/// controllers. If both orders make a data frame, LLC at the place of the usual order decides; where that was not captured, nothing does.
[[nodiscard]] constexpr parse_result<network_payload> swapped_ieee802_11_payload(const frame_view& frame) noexcept {
    if (!frame.has(2)) return frame.truncation_error(2);
    const auto usual = ieee802_11_payload(frame, load_little<std::uint16_t>(frame.bytes.data()), false);
    if (usual || usual.error() == packet_outcome::truncated) return usual;
    const auto swapped = ieee802_11_payload(frame, load_big<std::uint16_t>(frame.bytes.data()), false);
    return swapped || swapped.error() != packet_outcome::not_tcp ? swapped : usual;
}

/// The subframes of an A-MSDU (section 9.3.2.2): each has two addresses and a length, and all but the last are padded to a multiple of
/// four.
template <bool Mesh>
struct aggregate_subframes {
    static constexpr bundle_kind kind = Mesh ? bundle_kind::mesh_aggregate : bundle_kind::aggregate;
    static constexpr bool sampled = false;

    [[nodiscard]] static constexpr parse_result<network_payload> take(frame_view& rest) noexcept {
        constexpr std::size_t header = 14;
        const frame_view subframe = rest;
        rest = {};
        if (!subframe.has(header))
            return subframe.truncation_error(header); // behind the last: padding, a check sequence
        const std::size_t length = load_big<std::uint16_t>(subframe.bytes.data() + 12);
        if (length == 0) return packet_outcome::not_tcp; // padding
        rest = subframe.behind((header + length + 3) / 4 * 4);
        const frame_view behind_header = subframe.subview(header);
        const frame_view content = behind_header.limited_to(lesser(length, behind_header.wire_length));
        if constexpr (Mesh) {
            const auto behind = behind_mesh_control(content);
            return behind ? payload_behind_llc(*behind) : behind.error();
        }
        return payload_behind_llc(content);
    }
};

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
    int maps = 0;
    for (std::uint32_t map = present; (map & has_more_maps) != 0; at += 4) {
        if (++maps > max_repeats) return packet_outcome::not_tcp;
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
/// Read: data frames with IEEE 802.2 LLC, also in a mesh (802.11s). All frames of an A-MSDU, of a fragmented frame the first
/// fragment.
/// Not read: management, control, protected (encrypted) frames, later fragments.
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

} // namespace tcplens::inline v1::detail
