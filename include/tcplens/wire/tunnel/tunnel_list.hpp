// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <algorithm>

namespace tcplens::inline v0::detail {

/// Tunnels by the protocols that name them. A tunnel has `name`; `carried_by`, the protocols that it is known by; and
/// `payload(carrier, content)`, which gives what is in it or why that can't be told. One that only a port tells says
/// not_tcp where its header is not as it should be: the port may be anybody's.
template <class... Tunnels>
struct tunnel_list {
    /// Whether one of `among` is known by this protocol.
    [[nodiscard]] static constexpr bool opens(protocol_id carrier, tunnel_set among) noexcept {
        return (is<Tunnels>(carrier, among) || ...);
    }

    /// What is in the tunnel; not_tcp if none of `among` is known by this protocol.
    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier, const frame_view& content,
                                                                        tunnel_set among) noexcept {
        parse_result<tunnel_payload> found = packet_outcome::not_tcp;
        static_cast<void>(((is<Tunnels>(carrier, among) && (found = Tunnels::payload(carrier, content), true)) || ...));
        return found;
    }

private:
    template <class Tunnel>
    [[nodiscard]] static constexpr bool is(protocol_id carrier, tunnel_set among) noexcept {
        return contains_all(among, Tunnel::name) &&
               std::find(Tunnel::carried_by.begin(), Tunnel::carried_by.end(), carrier) != Tunnel::carried_by.end();
    }
};

} // namespace tcplens::inline v0::detail
