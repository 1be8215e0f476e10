// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Whether Zeek 9.1's standard scripts (base/protocols) register a port for TCP servers.
[[nodiscard]] constexpr bool is_likely_server_port(std::uint16_t port) noexcept {
    constexpr std::array<std::uint16_t, 49> ports{
        21,   22,   25,   53,   79,   80,   81,   88,   135,  139,  143,  389,  443,  445,  465,  502,  514,
        563,  585,  587,  614,  631,  636,  989,  990,  992,  993,  995,  1080, 1434, 1883, 2811, 3128, 3268,
        3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000};
    static_assert(std::is_sorted(ports.begin(), ports.end()));
    return std::binary_search(ports.begin(), ports.end(), port);
}

/// Whether ports tell which side is the server: one of them is registered, or both are and differ.
[[nodiscard]] constexpr bool ports_show_roles(std::uint16_t source, std::uint16_t destination) noexcept {
    return source != destination && (is_likely_server_port(source) || is_likely_server_port(destination));
}

/// Whether the source is the server, as Zeek decides: its port is registered, and the destination's is not or is higher.
[[nodiscard]] constexpr bool source_port_is_server(std::uint16_t source, std::uint16_t destination) noexcept {
    return is_likely_server_port(source) && (source < destination || !is_likely_server_port(destination));
}

} // namespace tcplens::inline v1::detail
