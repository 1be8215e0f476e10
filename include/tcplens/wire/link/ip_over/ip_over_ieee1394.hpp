// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/byte_order.hpp"
#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// IP over IEEE 1394 (FireWire), as Apple's systems capture it.
///
/// Read: two 8-byte addresses, an EtherType.
/// Not read: fragments (RFC 2734).
struct ip_over_ieee1394 {
    static constexpr std::array types{link_type::apple_ip_over_ieee1394};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 18;
        if (!frame.has(header)) return frame.truncation_error(header);
        return network_payload{ether_type{load_big<std::uint16_t>(frame.bytes.data() + 16)}, frame.subview(header)};
    }
};

} // namespace tcplens::inline v1::detail
