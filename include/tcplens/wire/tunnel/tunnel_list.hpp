// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/contains.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../protocol_id.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::detail {

/// A header that leads to another one:
/// - `bit`, the tunnel's constant in namespace tunnels, and `name`, the same in text;
/// - `carried_by`, an array of the protocols that the tunnel is found by, default UDP ports among them;
/// - `payload(carrier, content)`, what the tunnel carries, or why that cannot be read. `carrier` is one of `carried_by`.
///   A tunnel that is found by a UDP port returns not_tcp if its header is invalid, since other programs may use the port.
template <class Tunnel>
concept tunnel = requires(protocol_id carrier, const frame_view& content) {
    { Tunnel::bit } -> std::convertible_to<tunnel_set>;
    { Tunnel::name } -> std::convertible_to<std::string_view>;
    { Tunnel::carried_by.front() } -> std::convertible_to<protocol_id>;
    { Tunnel::payload(carrier, content) }
    noexcept->std::same_as<parse_result<tunnel_payload>>;
};

/// Finds tunnels by the protocols that carry them.
template <tunnel... Tunnels>
struct tunnel_list {
    static constexpr std::size_t size = sizeof...(Tunnels);
    static constexpr std::array<tunnel_set, size> bits{Tunnels::bit...};
    static constexpr std::array<std::string_view, size> names{Tunnels::name...};

    /// Whether a tunnel of `among` is carried by this protocol.
    [[nodiscard]] static constexpr bool opens(protocol_id carrier, tunnel_set among) noexcept {
        return (opens_one<Tunnels>(carrier, among) || ...);
    }

    /// What the tunnel carries; not_tcp if no tunnel of `among` is carried by this protocol.
    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id carrier, const frame_view& content,
                                                                        tunnel_set among) noexcept {
        parse_result<tunnel_payload> found = packet_outcome::not_tcp;
        static_cast<void>(
            ((opens_one<Tunnels>(carrier, among) && (found = Tunnels::payload(carrier, content), true)) || ...));
        return found;
    }

    /// The port by which a tunnel that was given another one is found; no protocol for tunnels without a UDP port.
    [[nodiscard]] static constexpr protocol_id own_port(tunnel_set one) noexcept {
        protocol_id found;
        const auto look_at = [&]<class Tunnel>(const Tunnel*) {
            if (Tunnel::bit != one) return;
            for (const protocol_id carrier : Tunnel::carried_by) {
                if (carrier.in == protocol_id::registry::udp_port && found.in == protocol_id::registry::none)
                    found = carrier;
            }
        };
        (look_at(static_cast<const Tunnels*>(nullptr)), ...);
        return found;
    }

private:
    template <class Tunnel>
    [[nodiscard]] static constexpr bool opens_one(protocol_id carrier, tunnel_set among) noexcept {
        return contains_all(among, Tunnel::bit) && contains(Tunnel::carried_by, carrier);
    }

    static_assert(((std::popcount(set_bits(Tunnels::bit)) == 1) && ...), "the bit of a tunnel is one bit");
    static_assert(std::popcount((std::uint64_t{0} | ... | set_bits(Tunnels::bit))) == int{size},
                  "two tunnels have the same bit: take the lowest that no other tunnel has");
};

} // namespace tcplens::inline v1::detail
