// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../bundle_kind.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "nflog.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// What Netlink messages of this family carry. @pre `messages` is what follows the header of a cooked capture.
[[nodiscard]] constexpr parse_result<network_payload> netlink_payload(std::uint16_t family,
                                                                      const frame_view& messages) noexcept {
    constexpr std::uint16_t netfilter = 12;
    if (family != netfilter) return packet_outcome::not_tcp;
    return other_payload(bundle_of(bundle_kind::netlink), messages);
}

/// Linux Netlink, as from a device nlmon.
///
/// Read: messages of netfilter's log (NFLOG) and queue (NFQUEUE), all of those in a datagram.
/// Not read: messages of other families and subsystems.
struct netlink {
    static constexpr std::array types{link_type::netlink};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 16; // as of a cooked capture, with the family in place of the protocol
        if (!frame.has(header)) return frame.truncation_error(header);
        return netlink_payload(load_big<std::uint16_t>(frame.bytes.data() + 14), frame.subview(header));
    }
};

/// Netlink messages: each has a length, a type, flags, a sequence number and a port (RFC 3549 section 2.3.2).
struct netlink_messages {
    static constexpr bundle_kind kind = bundle_kind::netlink;
    static constexpr bool sampled = false;

    [[nodiscard]] static constexpr parse_result<network_payload> take(frame_view& rest) noexcept {
        constexpr std::size_t header = 16;
        const frame_view message = rest;
        rest = {};
        if (!message.has(header)) return message.truncation_error(header);
        // In the byte order of the capturing host. The length of a message fits, which shows the order.
        const std::byte* const fields = message.bytes.data();
        const bool big_endian = load_little<std::uint32_t>(fields) > load_big<std::uint32_t>(fields);
        const std::size_t length = big_endian ? load_big<std::uint32_t>(fields) : load_little<std::uint32_t>(fields);
        const auto type = big_endian ? load_big<std::uint16_t>(fields + 4) : load_little<std::uint16_t>(fields + 4);
        if (length < header || length > message.wire_length) return packet_outcome::malformed;
        rest = message.behind((length + 3) / 4 * 4);
        const frame_view content = message.limited_to(length).subview(header);
        enum message_type : std::uint16_t { log_packet = 0x0400, queue_packet = 0x0300 }; // subsystem and message
        if (type == log_packet) return nflog::payload(link_type::nflog, content);
        if (type == queue_packet) return nflog::payload_of(nflog::packet_of_queue, content);
        return packet_outcome::not_tcp;
    }
};

} // namespace tcplens::inline v1::detail
