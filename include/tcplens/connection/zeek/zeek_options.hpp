// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace tcplens::inline v0 {

/// What a run of Zeek goes by to tell which end of a connection is the server when it has not seen the SYN.
struct zeek_options {
    /// The TCP ports that Zeek's standard scripts register for their protocols: likely_server_ports. A bare run (zeek -b) has
    /// none; nor the longer timeout of the interactive services.
    bool standard_ports = true;
    /// A connection that begins with a SYN-ACK and goes on counts as if the port of who sent that were registered. For bare runs
    /// that load the script of the protocol at hand, as most do: which one is not known here, but its port is the one there.
    bool handshake_shows_server = false;
};

namespace detail {

/// Whether Zeek 9.1's standard scripts (base/protocols) register it as a port of TCP servers.
[[nodiscard]] constexpr bool is_likely_server_port(std::uint16_t port) noexcept {
    constexpr std::array<std::uint16_t, 49> ports{
        21,   22,   25,   53,   79,   80,   81,   88,   135,  139,  143,  389,  443,  445,  465,  502,  514,
        563,  585,  587,  614,  631,  636,  989,  990,  992,  993,  995,  1080, 1434, 1883, 2811, 3128, 3268,
        3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000, 8080, 8888, 20000};
    static_assert(std::is_sorted(ports.begin(), ports.end()));
    return std::binary_search(ports.begin(), ports.end(), port);
}

/// Whether Zeek's standard scripts let a connection to it be silent for an hour: FTP, SSH, Telnet, rlogin.
[[nodiscard]] constexpr bool is_interactive_port(std::uint16_t port) noexcept {
    return port == 21 || port == 22 || port == 23 || port == 513;
}

} // namespace detail

} // namespace tcplens::inline v0
