// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "../base/compiler.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tcplens::inline v0 {

/// An IPv4 or IPv6 address in 16 bytes. IPv4 is kept as an IPv4-mapped IPv6 address (RFC 4291 2.5.5.2), so an IPv6
/// packet that bears such an address, which none should, counts as that IPv4 address.
/// Ordered as the 16 bytes are: IPv4 addresses stand together and in their own order.
class address {
public:
    /// `::`, the unspecified address.
    constexpr address() noexcept = default;

    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr address v4(std::span<const std::byte, 4> bytes) noexcept {
        address made;
        const std::uint64_t four = detail::load<std::uint32_t>(bytes.data(), std::endian::native);
        made.put(0, std::endian::native == std::endian::big ? 0xffff'0000'0000 | four : four << 32 | 0xffff'0000);
        return made;
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr address v6(std::span<const std::byte, 16> bytes) noexcept {
        address made;
        made.put(detail::load<std::uint64_t>(bytes.data(), std::endian::native),
                 detail::load<std::uint64_t>(bytes.data() + 8, std::endian::native));
        return made;
    }

    /// The address that `text` writes: dotted decimal (four numbers without leading zeros), or any form of RFC 4291 2.2;
    /// nothing if it is neither. No zone (`%eth0`), no brackets, no prefix length.
    [[nodiscard]] static constexpr std::optional<address> parse(std::string_view text) noexcept;

    [[nodiscard]] constexpr bool is_v4() const noexcept {
        return std::bit_cast<std::array<std::uint64_t, 2>>(bytes_)[0] == 0 &&
               detail::load_big<std::uint32_t>(bytes_.data() + 8) == 0xffff;
    }

    /// All 16 bytes in network order; of IPv4 the last four count.
    [[nodiscard]] constexpr std::span<const std::byte, 16> bytes() const noexcept { return bytes_; }

    [[nodiscard]] friend constexpr bool operator==(const address& a, const address& b) noexcept {
        using words = std::array<std::uint64_t, 2>;
        const words of_a = std::bit_cast<words>(a.bytes_);
        const words of_b = std::bit_cast<words>(b.bytes_);
        return ((of_a[0] ^ of_b[0]) | (of_a[1] ^ of_b[1])) == 0; // no branch: whose packet is next cannot be predicted
    }

    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const address& a, const address& b) noexcept {
        if (const auto order = a.high() <=> b.high(); order != 0) return order;
        return a.low() <=> b.low();
    }

private:
    /// Two words, as they lie in memory. Words, since g++ keeps those in registers, but not what is made of smaller parts.
    TCPLENS_ALWAYS_INLINE constexpr void put(std::uint64_t first, std::uint64_t second) noexcept {
        if (std::is_constant_evaluated()) {
            bytes_ = std::bit_cast<std::array<std::byte, 16>>(std::array<std::uint64_t, 2>{first, second});
        } else {
            std::memcpy(bytes_.data(), &first, 8);
            std::memcpy(bytes_.data() + 8, &second, 8);
        }
    }

    [[nodiscard]] constexpr std::uint64_t high() const noexcept {
        return detail::load_big<std::uint64_t>(bytes_.data());
    }
    [[nodiscard]] constexpr std::uint64_t low() const noexcept {
        return detail::load_big<std::uint64_t>(bytes_.data() + 8);
    }

    [[nodiscard]] static constexpr bool parse_v4(std::string_view text, std::byte* into) noexcept;

    friend void archive(auto& ar, address& of) {
        auto& [bytes] = of;
        ar(bytes);
    }

    std::array<std::byte, 16> bytes_{};
};

constexpr bool address::parse_v4(std::string_view text, std::byte* into) noexcept {
    for (int part = 0; part < 4; ++part) {
        if (part > 0) {
            if (text.empty() || text.front() != '.') return false;
            text.remove_prefix(1);
        }
        unsigned value = 0;
        std::size_t digits = 0;
        while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9') {
            value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
        }
        if (digits == 0 || value > 255 || (digits > 1 && text.front() == '0')) return false;
        into[part] = static_cast<std::byte>(value);
        text.remove_prefix(digits);
    }
    return text.empty();
}

constexpr std::optional<address> address::parse(std::string_view text) noexcept {
    if (text.find(':') == std::string_view::npos) {
        std::array<std::byte, 4> four{};
        if (!parse_v4(text, four.data())) return std::nullopt;
        return v4(four);
    }

    const auto hex = [](char c) -> int {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    };

    std::array<std::byte, 16> bytes{};
    std::size_t filled = 0;
    std::optional<std::size_t> gap; // where `::` stands, in bytes
    std::size_t at = 0;
    if (text.starts_with("::")) {
        gap = 0;
        at = 2;
    }
    while (at < text.size()) {
        if (filled == 16) return std::nullopt;
        std::size_t end = at;
        unsigned group = 0;
        for (; end < text.size() && hex(text[end]) >= 0; ++end) {
            if (end - at == 4) return std::nullopt;
            group = group << 4 | static_cast<unsigned>(hex(text[end]));
        }
        if (end < text.size() && text[end] == '.') { // RFC 4291 2.2, form 3: the last 32 bits as IPv4
            if (filled > 12 || !parse_v4(text.substr(at), bytes.data() + filled)) return std::nullopt;
            filled += 4;
            break;
        }
        if (end == at) return std::nullopt;
        bytes[filled++] = static_cast<std::byte>(group >> 8);
        bytes[filled++] = static_cast<std::byte>(group & 0xff);
        if (end == text.size()) break;
        if (text[end] != ':') return std::nullopt;
        at = end + 1;
        if (at == text.size()) return std::nullopt; // a single colon at the end
        if (text[at] == ':') {
            if (gap) return std::nullopt;
            gap = filled;
            ++at;
        }
    }
    if (!gap) return filled == 16 ? std::optional(v6(bytes)) : std::nullopt;
    if (filled > 14) return std::nullopt; // `::` stands for at least one group
    std::rotate(bytes.begin() + static_cast<std::ptrdiff_t>(*gap), bytes.begin() + static_cast<std::ptrdiff_t>(filled),
                bytes.end());
    return v6(bytes);
}

/// Dotted decimal, or the canonical form of RFC 5952.
[[nodiscard]] inline std::string to_string(const address& of) {
    const std::span<const std::byte, 16> bytes = of.bytes();
    std::string text;
    const auto append = [&text](unsigned value, int base) {
        std::array<char, 8> digits{};
        text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr);
    };
    const auto dotted = [&] {
        for (std::size_t i = 12; i < 16; ++i) {
            if (i > 12) text += '.';
            append(std::to_integer<unsigned>(bytes[i]), 10);
        }
    };
    if (of.is_v4()) {
        dotted();
        return text;
    }

    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = detail::load_big<std::uint16_t>(bytes.data() + 2 * i);

    // RFC 5952 4.2: `::` for the longest run of two zero groups or more, the first of equals.
    std::size_t run_start = 8;
    std::size_t run_length = 1;
    for (std::size_t i = 0; i < 8;) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) ++end;
        if (end - i > run_length) {
            run_start = i;
            run_length = end - i;
        }
        i = (std::max)(end, i + 1);
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == run_start) {
            text += "::";
            i += run_length - 1;
            continue;
        }
        if (i > 0 && i != run_start + run_length) text += ':';
        append(groups[i], 16);
    }
    return text;
}

} // namespace tcplens::inline v0

template <>
struct std::hash<tcplens::address> {
    /// For containers of a caller's own. It is not keyed: an attacker who picks addresses can pick buckets.
    [[nodiscard]] std::size_t operator()(const tcplens::address& value) const noexcept {
        const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(value);
        return static_cast<std::size_t>((words[0] ^ (words[1] * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u >> 16);
    }
};
