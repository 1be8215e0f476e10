// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/byte_order.hpp"
#include "../capture/link_type.hpp"
#include "ether_tags.hpp"
#include "ether_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// Ethernet: two addresses and an EtherType, or a length and 802.2 LLC (IEEE 802.3 3.2).
struct ethernet {
    static constexpr std::array types{link_type::ethernet};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type, const layer& frame) noexcept {
        constexpr std::size_t header = 14;
        if (!frame.has(header)) return frame.shortfall(header);
        return skip_tags({ether_type{load_big<std::uint16_t>(frame.bytes.data() + 12)}, frame.after(header)});
    }
};

} // namespace tcplens
