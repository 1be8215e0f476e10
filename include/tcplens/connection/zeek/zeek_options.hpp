// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

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

/// Whether Zeek's standard scripts let a connection to a port be silent for an hour: FTP, SSH, Telnet, rlogin.
[[nodiscard]] constexpr bool is_interactive_port(std::uint16_t port) noexcept {
    return port == 21 || port == 22 || port == 23 || port == 513;
}

} // namespace detail

} // namespace tcplens::inline v1
