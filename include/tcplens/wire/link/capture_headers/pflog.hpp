// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "address_family.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// OpenBSD's packet filter log, also the format before OpenBSD 3.4.
///
/// Read: an address family, then the IP packet.
/// Not read: what the filter decided.
struct pflog {
    static constexpr std::array types{link_type::pflog_old, link_type::pflog};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type link,
                                                                         const frame_view& frame) noexcept {
        if (link == link_type::pflog_old) {
            constexpr std::size_t header = 28;
            if (!frame.has(header)) return frame.truncation_error(header);
            return family_payload(load_family(frame.bytes.data()), frame.subview(header));
        }
        if (!frame.has(2)) return frame.truncation_error(2);
        const std::size_t header = (std::to_integer<std::size_t>(frame.bytes[0]) + 3) / 4 * 4;
        constexpr std::size_t shortest = 48;
        if (header < shortest) return packet_outcome::malformed;
        if (!frame.has(header)) return frame.truncation_error(header);
        return family_payload(load_big<std::uint8_t>(frame.bytes.data() + 1), frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
