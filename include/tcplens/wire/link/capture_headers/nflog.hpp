// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../header_limits.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "address_family.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Linux netfilter's log, NFLOG.
///
/// Read: the attribute with the packet, by address family or, for bridges, by the EtherType of the packet header
/// attribute.
/// Not read: versions other than 0, logs without a packet.
struct nflog {
    static constexpr std::array types{link_type::nflog};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::uint16_t packet_of_log = 9;
        return payload_of(packet_of_log, frame);
    }

    /// The packet of a log, or of a queue, whose attributes differ in the type of the packet.
    [[nodiscard]] static constexpr parse_result<network_payload> payload_of(std::uint16_t whole_packet,
                                                                            const frame_view& frame) noexcept {
        constexpr std::size_t header = 4; // family, version, resource
        if (!frame.has(header)) return frame.truncation_error(header);
        const auto family = load_big<std::uint8_t>(frame.bytes.data());
        if (frame.bytes[1] != std::byte{}) return packet_outcome::not_tcp; // another version
        ether_type hardware_protocol{};
        frame_view rest = frame.subview(header);
        for (int attributes = 0; rest.wire_length != 0 && attributes < max_repeats; ++attributes) {
            const auto next = attribute::parse(rest);
            if (!next) return next.error();
            constexpr std::uint16_t packet_header = 1;
            if (next->type == whole_packet) return packet_of(rest, *next, family, hardware_protocol);
            if (next->type == packet_header) { // of a queue: an identifier, then the protocol
                const std::size_t at = attribute::header + (whole_packet == packet_of_queue ? 4 : 0);
                if (!rest.has(at + 2)) return rest.truncation_error(at + 2);
                hardware_protocol = ether_type{load_big<std::uint16_t>(rest.bytes.data() + at)};
            }
            const std::size_t padded = (next->length + 3) / 4 * 4;
            if (!rest.has(padded)) return rest.truncation_error(padded);
            rest = rest.subview(padded);
        }
        return packet_outcome::not_tcp;
    }

    static constexpr std::uint16_t packet_of_queue = 10;

private:
    /// A length, a type and a value, which is padded to a multiple of four.
    struct attribute {
        static constexpr std::size_t header = 4;
        std::size_t length = 0; ///< of header and value
        std::uint16_t type = 0;

        [[nodiscard]] static constexpr parse_result<attribute> parse(const frame_view& from) noexcept {
            if (!from.has(header)) return from.truncation_error(header);
            // Attributes are in the byte order of the capturing host. A type is less than 256, which shows the order.
            const bool big_endian = from.bytes[2] == std::byte{};
            const auto load_field = [&](std::size_t at) {
                const std::byte* const field = from.bytes.data() + at;
                return big_endian ? load_big<std::uint16_t>(field) : load_little<std::uint16_t>(field);
            };
            const attribute found{.length = load_field(0), .type = load_field(2)};
            if (found.length < header) return packet_outcome::malformed;
            return found;
        }
    };

    [[nodiscard]] static constexpr parse_result<network_payload> packet_of(const frame_view& at,
                                                                           const attribute& packet, std::uint8_t family,
                                                                           ether_type hardware_protocol) noexcept {
        if (packet.length > at.wire_length) return packet_outcome::malformed;
        const frame_view content = at.limited_to(packet.length).subview(attribute::header);
        const auto by_family = family_payload(family, content);
        const bool has_family = by_family || by_family.error() != packet_outcome::not_tcp;
        if (has_family || hardware_protocol == ether_type{}) return by_family;
        return network_payload{hardware_protocol, content}; // a bridge's log has no address family
    }
};

} // namespace tcplens::inline v1::detail
