// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"
#include "address.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace tcplens::inline v1 {

/// One end of a connection: an address and a port. RFC 9293 calls it a socket.
struct endpoint {
    tcplens::address address{}; ///< IPv4 or IPv6
    std::uint16_t port = 0;     ///< the TCP port

    [[nodiscard]] TCPLENS_ALWAYS_INLINE friend constexpr bool operator==(const endpoint& a,
                                                                         const endpoint& b) noexcept {
        const bool same_port = a.port == b.port;
        return (a.address == b.address) & same_port; // without a branch
    }
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const endpoint&,
                                                                    const endpoint&) noexcept = default;
};

/// The endpoint in text: `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 3986 section 3.2.2). Allocates.
[[nodiscard]] inline std::string to_string(const endpoint& value) {
    const std::string host = to_string(value.address);
    return (value.address.is_v4() ? host : '[' + host + ']') + ':' + std::to_string(value.port);
}

} // namespace tcplens::inline v1

template <>
struct std::hash<tcplens::endpoint> {
    /// A hash for unordered containers. It has no key, see std::hash<tcplens::address>.
    [[nodiscard]] std::size_t operator()(const tcplens::endpoint& value) const noexcept {
        return std::hash<tcplens::address>{}(value.address) * 31 + value.port;
    }
};
