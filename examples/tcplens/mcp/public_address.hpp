// SPDX-License-Identifier: MIT
#pragma once

// Which addresses a server of the internet may have. All others are of this machine, of the network around it, or of no machine: what
// a client must not reach through this server.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace program::context_server {

namespace detail {

struct block_of_v4 {
    std::uint32_t prefix;
    unsigned length;
};

/// The IANA IPv4 special-purpose address registry (RFC 6890), as far as its addresses are not globally reachable, and what is no unicast.
inline constexpr std::array<block_of_v4, 18> blocks_of_v4{{
    {0x00000000, 8},  // this network (RFC 791)
    {0x0a000000, 8},  // private (RFC 1918)
    {0x64400000, 10}, // shared (RFC 6598)
    {0x7f000000, 8},  // loopback (RFC 1122)
    {0xa9fe0000, 16}, // link-local (RFC 3927)
    {0xac100000, 12}, // private (RFC 1918)
    {0xc0000000, 24}, // protocol assignments (RFC 6890)
    {0xc0000200, 24}, // documentation (RFC 5737)
    {0xc01fc400, 24}, // AS112 (RFC 7535)
    {0xc034c100, 24}, // AMT (RFC 7450)
    {0xc0586300, 24}, // 6to4 relays (RFC 7526)
    {0xc0a80000, 16}, // private (RFC 1918)
    {0xc0af3000, 24}, // AS112 (RFC 7534)
    {0xc6120000, 15}, // benchmarks (RFC 2544)
    {0xc6336400, 24}, // documentation (RFC 5737)
    {0xcb007100, 24}, // documentation (RFC 5737)
    {0xe0000000, 4},  // multicast (RFC 5771)
    {0xf0000000, 4},  // reserved, and broadcast (RFC 1112)
}};

struct block_of_v6 {
    std::uint32_t prefix; ///< the first 32 bits
    unsigned length;
};

/// What is not globally reachable within 2000::/3, the one block of global unicast (RFC 4291), or leads to an IPv4 address.
inline constexpr std::array<block_of_v6, 4> blocks_of_v6{{
    {0x20010000, 23}, // protocol assignments (RFC 2928): Teredo, benchmarks, ORCHID and more
    {0x20010db8, 32}, // documentation (RFC 3849)
    {0x20020000, 16}, // 6to4 (RFC 3056): holds an IPv4 address
    {0x3fff0000, 20}, // documentation (RFC 9637)
}};

[[nodiscard]] constexpr bool is_within(std::uint32_t value, std::uint32_t prefix, unsigned length) noexcept {
    return ((value ^ prefix) >> (32 - length)) == 0;
}

} // namespace detail

/// \param address in the order of the host
[[nodiscard]] constexpr bool is_public_v4(std::uint32_t address) noexcept {
    for (const detail::block_of_v4& each : detail::blocks_of_v4) {
        if (detail::is_within(address, each.prefix, each.length)) return false;
    }
    return true;
}

/// IPv4-mapped, loopback, link-local, unique local (ULA), multicast and translated (64:ff9b::/96) addresses lie outside of 2000::/3.
/// \param address in the order of the network
[[nodiscard]] constexpr bool is_public_v6(std::span<const std::uint8_t, 16> address) noexcept {
    const std::uint32_t begin = static_cast<std::uint32_t>(address[0]) << 24 |
                                static_cast<std::uint32_t>(address[1]) << 16 |
                                static_cast<std::uint32_t>(address[2]) << 8 | address[3];
    if (!detail::is_within(begin, 0x20000000, 3)) return false;
    for (const detail::block_of_v6& each : detail::blocks_of_v6) {
        if (detail::is_within(begin, each.prefix, each.length)) return false;
    }
    return true;
}

} // namespace program::context_server
