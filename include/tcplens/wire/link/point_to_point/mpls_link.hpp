// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../ether_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"

#include <array>

namespace tcplens::inline v1::detail {

/// No link layer, the packet begins with its MPLS label stack (RFC 3032).
///
/// Read: as the tunnel `mpls`.
struct mpls_link {
    static constexpr std::array types{link_type::mpls};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& packet) noexcept {
        if (!packet.has(1)) return packet.truncation_error(1);
        return network_payload{ether_type::mpls, packet};
    }
};

} // namespace tcplens::inline v1::detail
