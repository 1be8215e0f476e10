// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// 802.11 frames between Aruba's access points and controllers: GRE with protocol types from 0x8200 to 0x8370, which
/// tell a queue and an encryption that is not in the frame.
struct aruba_gre {
    static constexpr tunnel_set name = tunnel_set::aruba_gre;
    static constexpr std::array<protocol_id, 24> carried_by = [] {
        std::array<protocol_id, 24> all{};
        std::uint16_t number = 0x8200;
        for (protocol_id& each : all) {
            each = protocol_id::gre(number);
            number = static_cast<std::uint16_t>(number + 0x10);
        }
        return all;
    }();

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{link_type::ieee802_11, content};
    }
};

} // namespace tcplens::inline v0::detail
