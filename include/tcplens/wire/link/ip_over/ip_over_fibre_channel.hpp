// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "../ethernet/ether_tags.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// IP over Fibre Channel (RFC 2625 section 3).
///
/// Read: a network header of two 8-byte addresses, IEEE 802.2 LLC.
struct ip_over_fibre_channel {
    static constexpr std::array types{link_type::ip_over_fc};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 16;
        if (!frame.has(header)) return frame.truncation_error(header);
        return payload_behind_llc(frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
