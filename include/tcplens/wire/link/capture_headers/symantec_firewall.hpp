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

namespace tcplens::inline v1::detail {

/// Captures of Symantec's firewall.
///
/// Read: a header of 44 bytes with an EtherType at byte 6, or of 56 bytes (version 3) with an EtherType at byte 22.
struct symantec_firewall {
    static constexpr std::array types{link_type::symantec_firewall};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        if (!frame.has(8)) return frame.truncation_error(8);
        auto type = load_big<std::uint16_t>(frame.bytes.data() + 6);
        std::size_t header = 44;
        if (type == 0) { // version 3
            header = 56;
            if (!frame.has(header)) return frame.truncation_error(header);
            type = load_big<std::uint16_t>(frame.bytes.data() + 22);
        }
        if (!frame.has(header)) return frame.truncation_error(header);
        if (type < lowest_ether_type) return packet_outcome::not_tcp;
        return skip_tags({ether_type{type}, frame.subview(header)});
    }
};

} // namespace tcplens::inline v1::detail
