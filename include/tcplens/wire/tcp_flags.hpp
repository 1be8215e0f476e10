// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// The control bits of a TCP header: the eight of RFC 9293 3.1 and AE, which was NS (RFC 9768), as bit 8.
struct tcp_flags {
    std::uint16_t bits = 0;

    [[nodiscard]] constexpr bool fin() const noexcept { return (bits & 0x001) != 0; }
    [[nodiscard]] constexpr bool syn() const noexcept { return (bits & 0x002) != 0; }
    [[nodiscard]] constexpr bool rst() const noexcept { return (bits & 0x004) != 0; }
    [[nodiscard]] constexpr bool psh() const noexcept { return (bits & 0x008) != 0; }
    [[nodiscard]] constexpr bool ack() const noexcept { return (bits & 0x010) != 0; }
    [[nodiscard]] constexpr bool urg() const noexcept { return (bits & 0x020) != 0; }
    [[nodiscard]] constexpr bool ece() const noexcept { return (bits & 0x040) != 0; }
    [[nodiscard]] constexpr bool cwr() const noexcept { return (bits & 0x080) != 0; }
    [[nodiscard]] constexpr bool ae() const noexcept { return (bits & 0x100) != 0; }

    /// Any of SYN, FIN and RST: those that open and close connections.
    [[nodiscard]] constexpr bool opens_or_closes() const noexcept { return (bits & 0x007) != 0; }
    /// ACK, and none of these.
    [[nodiscard]] constexpr bool is_ack_alone() const noexcept { return (bits & 0x017) == 0x010; }

    [[nodiscard]] friend constexpr bool operator==(tcp_flags, tcp_flags) noexcept = default;
};

} // namespace tcplens::inline v0
