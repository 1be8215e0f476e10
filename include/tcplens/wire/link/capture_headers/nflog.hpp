// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "address_family.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Linux netfilter's log (LINKTYPE_NFLOG): family, version, resource, then attributes, each a length, a type and a
/// value padded to a multiple of four; one of them is the packet.
struct nflog {
    static constexpr std::array types{link_type::nflog};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 4;
        if (!frame.has(header)) return frame.truncation_error(header);
        const auto family = load_big<std::uint8_t>(frame.bytes.data());
        if (frame.bytes[1] != std::byte{}) return packet_outcome::not_tcp; // another version
        ether_type hardware_protocol{};
        frame_view rest = frame.subview(header);
        while (rest.wire_length != 0) {
            constexpr std::size_t attribute_header = 4;
            if (!rest.has(attribute_header)) return rest.truncation_error(attribute_header);
            // They are in the byte order of the machine that captured: a type has one byte, so that it shows.
            const bool big_endian = rest.bytes[2] == std::byte{};
            const auto load = [&](std::size_t at) {
                const std::byte* const field = rest.bytes.data() + at;
                return big_endian ? load_big<std::uint16_t>(field) : load_little<std::uint16_t>(field);
            };
            const std::size_t length = load(0);
            if (length < attribute_header) return packet_outcome::malformed;
            enum attribute : std::uint16_t { packet_header = 1, whole_packet = 9 };
            const auto type = load(2);
            if (type == whole_packet) {
                if (length > rest.wire_length) return packet_outcome::malformed;
                const frame_view content = rest.limited_to(length).subview(attribute_header);
                const auto known = family_payload(family, content);
                if (known || hardware_protocol == ether_type{}) return known;
                return network_payload{hardware_protocol, content}; // of a bridge, of no one family
            }
            if (type == packet_header) {
                if (!rest.has(attribute_header + 2)) return rest.truncation_error(attribute_header + 2);
                hardware_protocol = ether_type{load_big<std::uint16_t>(rest.bytes.data() + attribute_header)};
            }
            const std::size_t padded = (length + 3) / 4 * 4;
            if (!rest.has(padded)) return rest.truncation_error(padded);
            rest = rest.subview(padded);
        }
        return packet_outcome::not_tcp;
    }
};

} // namespace tcplens::inline v0::detail
