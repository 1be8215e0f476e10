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

/// IP over InfiniBand (RFC 4391 section 6).
///
/// Read: a global routing header of 40 bytes, an EtherType, two reserved bytes.
struct ip_over_infiniband {
    static constexpr std::array types{link_type::ipoib};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 44;
        if (!frame.has(header)) return frame.truncation_error(header);
        return network_payload{ether_type{load_big<std::uint16_t>(frame.bytes.data() + 40)}, frame.subview(header)};
    }
};

} // namespace tcplens::inline v1::detail
