// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "raw_ip.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// SLIP (RFC 1055).
///
/// Read: a direction byte, 15 bytes of compressor state, then the IP packet, which the capturing host has decompressed.
struct slip {
    static constexpr std::array types{link_type::slip};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 16;
        if (!frame.has(header)) return frame.truncation_error(header);
        return raw_ip::payload(link_type::raw, frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
