// SPDX-License-Identifier: MIT
#pragma once

#include "address.hpp"

#include <compare>
#include <cstdint>
#include <string>

namespace tcplens::inline v0 {

/// One end of a connection (RFC 9293 calls it a socket).
struct endpoint {
    tcplens::address address{};
    std::uint16_t port = 0;

    [[nodiscard]] friend constexpr bool operator==(const endpoint& a, const endpoint& b) noexcept {
        const bool same_port = a.port == b.port;
        return (a.address == b.address) & same_port; // without a branch
    }
    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const endpoint&,
                                                                    const endpoint&) noexcept = default;
};

/// `192.0.2.1:80` or `[2001:db8::1]:80` (RFC 3986 3.2.2).
[[nodiscard]] inline std::string to_string(const endpoint& of) {
    const std::string host = to_string(of.address);
    return (of.address.is_v4() ? host : '[' + host + ']') + ':' + std::to_string(of.port);
}

} // namespace tcplens::inline v0

template <>
struct std::hash<tcplens::endpoint> {
    /// Not keyed, as std::hash<tcplens::address>.
    [[nodiscard]] std::size_t operator()(const tcplens::endpoint& value) const noexcept {
        return std::hash<tcplens::address>{}(value.address) * 31 + value.port;
    }
};
