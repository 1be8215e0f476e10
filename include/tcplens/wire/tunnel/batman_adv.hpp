// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// Mesh networks of B.A.T.M.A.N. advanced (Linux's batman-adv).
inline constexpr tunnel_set batman_adv{1u << 20};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: EtherType 0x4305.
/// Read: Ethernet frames to one station or to all, of versions 14 and 15.
/// Not read: routing and management, fragments, coded packets, multicast with a list of receivers.
/// Network: nothing.
struct batman_adv {
    static constexpr tunnel_set bit = tunnels::batman_adv;
    static constexpr std::string_view name = "batman_adv";
    static constexpr std::array<protocol_id, 1> carried_by{ether_type::batman_adv};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(2)) return content.truncation_error(2);
        std::size_t length = 0;
        // A type and a version, which changes the types; then a time to live, a number, addresses.
        switch (load_big<std::uint16_t>(content.bytes.data())) {
        case 0x030e:
        case 0x400f: length = 10; break; // to one station
        case 0x090e:
        case 0x420f: length = 18; break; // with the sender's address
        case 0x040e:
        case 0x010f: length = 14; break; // to all stations
        default: return packet_outcome::not_tcp;
        }
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{link_type::ethernet, content.subview(length)};
    }
};

} // namespace tcplens::inline v1::detail
