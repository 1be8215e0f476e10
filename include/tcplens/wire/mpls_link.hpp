// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/link_type.hpp"
#include "ether_type.hpp"

#include <array>

namespace tcplens {

/// No link layer: the packet begins with its MPLS label stack (LINKTYPE_MPLS).
struct mpls_link {
    static constexpr std::array types{link_type::mpls};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type, const layer& packet) noexcept {
        if (!packet.has(1)) return packet.shortfall(1);
        return network_payload{ether_type::mpls, packet};
    }
};

} // namespace tcplens
