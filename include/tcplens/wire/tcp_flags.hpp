// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// The control bits of a TCP header (RFC 9293 section 3.1), and AE (RFC 9768), which was NS.
struct tcp_flags {
    std::uint16_t bits = 0; ///< the lowest nine bits of the field, as they are in the TCP header

    /// FIN: the sender has no more data.
    [[nodiscard]] constexpr bool fin() const noexcept { return (bits & 0x001) != 0; }
    /// SYN: the sender opens the connection.
    [[nodiscard]] constexpr bool syn() const noexcept { return (bits & 0x002) != 0; }
    /// RST: the sender aborts the connection.
    [[nodiscard]] constexpr bool rst() const noexcept { return (bits & 0x004) != 0; }
    /// PSH: the receiver should pass the data on at once.
    [[nodiscard]] constexpr bool psh() const noexcept { return (bits & 0x008) != 0; }
    /// ACK: the acknowledgment number is valid.
    [[nodiscard]] constexpr bool ack() const noexcept { return (bits & 0x010) != 0; }
    /// URG: the urgent pointer is valid.
    [[nodiscard]] constexpr bool urg() const noexcept { return (bits & 0x020) != 0; }
    /// ECE: the receiver of data saw a congestion mark (RFC 3168 section 6.1).
    [[nodiscard]] constexpr bool ece() const noexcept { return (bits & 0x040) != 0; }
    /// CWR: the sender has reduced its congestion window (RFC 3168 section 6.1).
    [[nodiscard]] constexpr bool cwr() const noexcept { return (bits & 0x080) != 0; }
    /// AE: accurate ECN (RFC 9768 section 3.1).
    [[nodiscard]] constexpr bool ae() const noexcept { return (bits & 0x100) != 0; }

    /// Whether any of SYN, FIN and RST is set.
    [[nodiscard]] constexpr bool opens_or_closes() const noexcept { return (bits & 0x007) != 0; }
    /// Whether ACK is set, and none of SYN, FIN and RST.
    [[nodiscard]] constexpr bool is_ack_alone() const noexcept { return (bits & 0x017) == 0x010; }

    [[nodiscard]] friend constexpr bool operator==(tcp_flags, tcp_flags) noexcept = default;
};

} // namespace tcplens::inline v1
