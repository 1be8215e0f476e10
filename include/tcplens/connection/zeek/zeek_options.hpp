// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tcplens::inline v0 {

/// The run of Zeek that zeek_rules and zeek_observer follow: how it tells which end is the server if no SYN was captured.
struct zeek_options {
    /// Whether the TCP ports that Zeek's standard scripts register for their protocols (likely_server_ports) mark servers, and
    /// interactive services have a longer timeout. A bare run (`zeek -b`) has neither.
    bool standard_ports = true;
    /// Whether a connection that begins with a SYN-ACK and goes on counts as if the port of the SYN-ACK's sender were registered. Set
    /// it for bare runs that load the script of the protocol at hand, as most do.
    bool handshake_shows_server = false;
};

namespace detail {

/// Whether Zeek 9.1's standard scripts (base/protocols) register a port for TCP servers.
[[nodiscard]] constexpr bool is_likely_server_port(std::uint16_t port) noexcept {
    constexpr std::array<std::uint16_t, 49> ports{
        21,   22,   25,   53,   79,   80,   81,   88,   135,  139,  143,  389,  443,  445,  465,  502,  514,
        563,  585,  587,  614,  631,  636,  989,  990,  992,  993,  995,  1080, 1434, 1883, 2811, 3128, 3268,
        3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000};
    static_assert(std::is_sorted(ports.begin(), ports.end()));
    return std::binary_search(ports.begin(), ports.end(), port);
}

/// Whether Zeek's standard scripts let a connection to a port be silent for an hour: FTP, SSH, Telnet, rlogin.
[[nodiscard]] constexpr bool is_interactive_port(std::uint16_t port) noexcept {
    return port == 21 || port == 22 || port == 23 || port == 513;
}

} // namespace detail

} // namespace tcplens::inline v0
