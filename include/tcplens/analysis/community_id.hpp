// SPDX-License-Identifier: MIT
#pragma once

#include "../connection/connection.hpp"
#include "../wire/address.hpp"
#include "../wire/endpoint.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

namespace detail {

/// SHA-1 (FIPS 180-4 section 6.1) of a message of at most 55 bytes, which fits one block with its padding. For identifiers, not for
/// security: collisions of SHA-1 can be made.
class short_sha1 {
public:
    static constexpr std::size_t longest_message = 55;

    /// Appends one byte to the message. @pre the message stays within longest_message
    constexpr void append(std::uint8_t byte) noexcept {
        words_[length_ / 4] |= std::uint32_t{byte} << (24 - 8 * (length_ % 4));
        ++length_;
    }
    /// Appends two bytes, the more significant one first. @pre likewise
    constexpr void append(std::uint16_t number) noexcept {
        append(static_cast<std::uint8_t>(number >> 8));
        append(static_cast<std::uint8_t>(number & 0xff));
    }

    [[nodiscard]] constexpr std::array<std::uint8_t, 20> digest() const noexcept {
        std::array<std::uint32_t, 80> schedule{};
        for (std::size_t i = 0; i < words_.size(); ++i) schedule[i] = words_[i];
        schedule[length_ / 4] |= std::uint32_t{0x80} << (24 - 8 * (length_ % 4));
        schedule[15] = static_cast<std::uint32_t>(8 * length_);
        for (std::size_t i = 16; i < 80; ++i) {
            schedule[i] = std::rotl(schedule[i - 3] ^ schedule[i - 8] ^ schedule[i - 14] ^ schedule[i - 16], 1);
        }
        constexpr std::array<std::uint32_t, 5> initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
        auto [a, b, c, d, e] = initial;
        for (std::size_t i = 0; i < 80; ++i) {
            const std::uint32_t next = std::rotl(a, 5) + mix(i, b, c, d) + e + round_constants[i / 20] + schedule[i];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        const std::array<std::uint32_t, 5> sums{a, b, c, d, e};
        std::array<std::uint8_t, 20> bytes{};
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            const std::uint32_t word = initial[i / 4] + sums[i / 4];
            bytes[i] = static_cast<std::uint8_t>(word >> (24 - 8 * (i % 4)) & 0xff);
        }
        return bytes;
    }

private:
    static constexpr std::array<std::uint32_t, 4> round_constants{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

    [[nodiscard]] static constexpr std::uint32_t mix(std::size_t round, std::uint32_t b, std::uint32_t c,
                                                     std::uint32_t d) noexcept {
        if (round < 20) return (b & c) | (~b & d);
        if (round >= 40 && round < 60) return (b & c) | (b & d) | (c & d);
        return b ^ c ^ d;
    }

    std::array<std::uint32_t, 16> words_{};
    std::size_t length_ = 0;
};

/// Base64 with padding (RFC 4648 section 4) of a range of std::uint8_t.
template <class Bytes>
[[nodiscard]] std::string to_base64(const Bytes& bytes) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = (std::min<std::size_t>)(bytes.size() - i, 3);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) group = group << 8 | (j < count ? bytes[i + j] : 0u);
        for (std::size_t j = 0; j < 4; ++j) text += j <= count ? alphabet[group >> (18 - 6 * j) & 0x3f] : '=';
    }
    return text;
}

} // namespace detail

/// The Community ID, version 1, of a TCP connection between two endpoints: text that other tools compute alike, such as Zeek and
/// Suricata, as `1:LQU9qZlK+B5F3KDmev6m5PMibrg=`.
///
/// Which endpoint is given first makes no difference. All connections between the same endpoints have the same ID; so have connections
/// in different networks (connection::network), which version 1 does not tell apart. `seed` is a number that all tools must share, 0
/// by default. Allocates the string. Source: the Community ID Flow Hashing specification by Corelight.
[[nodiscard]] inline std::string community_id(const endpoint& a, const endpoint& b, std::uint16_t seed = 0) {
    const bool is_ordered = a < b;
    const endpoint& first = is_ordered ? a : b;
    const endpoint& second = is_ordered ? b : a;
    detail::short_sha1 hash;
    hash.append(seed);
    for (const address& each : {first.address, second.address}) {
        const auto bytes = each.bytes();
        for (std::size_t i = each.is_v4() ? 12 : 0; i < bytes.size(); ++i) {
            hash.append(std::to_integer<std::uint8_t>(bytes[i]));
        }
    }
    constexpr std::uint8_t tcp = 6;
    hash.append(tcp);
    hash.append(std::uint8_t{0});
    hash.append(first.port);
    hash.append(second.port);
    return "1:" + detail::to_base64(hash.digest());
}

/// The Community ID of a connection, see above.
[[nodiscard]] inline std::string community_id(const connection& of, std::uint16_t seed = 0) {
    return community_id(of.client, of.server, seed);
}

} // namespace tcplens::inline v1
