// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// IEEE 802.11 frames between Aruba's access points and controllers, in GRE.
inline constexpr tunnel_set aruba_gre{1u << 5};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: GRE protocols 0x8200, 0x8210, ... 0x8370.
/// Read: IEEE 802.11 data frames.
/// Not read: frames that the access point encrypted.
/// Network: nothing.
struct aruba_gre {
    static constexpr tunnel_set bit = tunnels::aruba_gre;
    static constexpr std::string_view name = "aruba_gre";
    static constexpr std::array<protocol_id, 24> carried_by = [] {
        std::array<protocol_id, 24> all{};
        std::uint16_t number = 0x8200;
        for (protocol_id& carrier : all) {
            carrier = protocol_id::gre(number);
            number = static_cast<std::uint16_t>(number + 0x10);
        }
        return all;
    }();

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        return tunnel_payload{link_type::ieee802_11, content};
    }
};

} // namespace tcplens::inline v1::detail
