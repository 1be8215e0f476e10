// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../link/wireless/ieee802_11.hpp"
#include "../parse_result.hpp"
#include "tunnel_payload.hpp"

namespace tcplens::inline v1::detail {

/// A tunnel's IEEE 802.11 frame, whose two bytes of frame control may be swapped.
[[nodiscard]] constexpr parse_result<tunnel_payload> swapped_ieee802_11_tunnel(const frame_view& frame) noexcept {
    const auto found = swapped_ieee802_11_payload(frame);
    if (!found) return found.error();
    return tunnel_payload{found->what(), found->content};
}

} // namespace tcplens::inline v1::detail
