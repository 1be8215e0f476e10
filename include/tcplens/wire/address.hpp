// SPDX-License-Identifier: MIT
#pragma once

#include "../base/byte_order.hpp"
#include "../base/compiler.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tcplens::inline v1 {

namespace detail {

/// Writes the four bytes of an IPv4 address in dotted decimal. False if `text` is something else.
[[nodiscard]] constexpr bool parse_ipv4(std::string_view text, std::byte* into) noexcept {
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

/// The text form of an IPv6 address (RFC 4291 section 2.2), taken apart from left to right.
class ipv6_text {
public:
    constexpr explicit ipv6_text(std::string_view text) noexcept : rest_(text) {}

    /// Reads the whole text. False if it is not an IPv6 address.
    [[nodiscard]] constexpr bool parse() noexcept {
        if (rest_.starts_with("::")) {
            gap_ = 0;
            rest_.remove_prefix(2);
        }
        while (!rest_.empty()) {
            if (!take_group()) return false;
        }
        if (!gap_) return filled_ == 16;
        if (filled_ > 14) return false; // `::` stands for at least one group
        // What stands behind `::` moves to the end; std::rotate takes long to compile.
        const std::size_t distance = bytes_.size() - filled_;
        for (std::size_t i = filled_; distance > 0 && i > *gap_; --i) {
            bytes_[i - 1 + distance] = bytes_[i - 1];
            bytes_[i - 1] = std::byte{0};
        }
        return true;
    }

    /// The address. @pre parse() was true.
    [[nodiscard]] constexpr const std::array<std::byte, 16>& bytes() const noexcept { return bytes_; }

private:
    /// Takes one group and what separates it from the next; or the last 32 bits as IPv4 (form 3). False if neither is there.
    constexpr bool take_group() noexcept {
        if (filled_ == 16) return false;
        std::size_t digits = 0;
        unsigned group = 0;
        for (; digits < rest_.size() && hex_digit(rest_[digits]) >= 0; ++digits) {
            if (digits == 4) return false;
            group = group << 4 | static_cast<unsigned>(hex_digit(rest_[digits]));
        }
        if (digits < rest_.size() && rest_[digits] == '.') {
            if (filled_ > 12 || !parse_ipv4(rest_, bytes_.data() + filled_)) return false;
            filled_ += 4;
            rest_ = {};
            return true;
        }
        if (digits == 0) return false;
        bytes_[filled_++] = static_cast<std::byte>(group >> 8);
        bytes_[filled_++] = static_cast<std::byte>(group & 0xff);
        rest_.remove_prefix(digits);
        return rest_.empty() || take_colons();
    }

    /// Takes a colon, or two where the zeros are left out. False if neither is there, or nothing follows a single one.
    constexpr bool take_colons() noexcept {
        if (rest_.front() != ':' || rest_.size() == 1) return false;
        rest_.remove_prefix(1);
        if (rest_.front() != ':') return true;
        rest_.remove_prefix(1);
        if (gap_) return false; // a second `::`
        gap_ = filled_;
        return true;
    }

    [[nodiscard]] static constexpr int hex_digit(char c) noexcept {
        if (c >= '0' && c <= '9') return c - '0';
        if (c >= 'a' && c <= 'f') return c - 'a' + 10;
        if (c >= 'A' && c <= 'F') return c - 'A' + 10;
        return -1;
    }

    std::string_view rest_;
    std::array<std::byte, 16> bytes_{};
    std::size_t filled_ = 0;
    std::optional<std::size_t> gap_{}; ///< how many bytes stand before `::`
};

} // namespace detail

/// An IPv4 or IPv6 address in 16 bytes.
///
/// An IPv4 address is stored as an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2). An IPv6 packet with such an address,
/// which should not exist, counts as one with that IPv4 address. The order is that of the 16 bytes, so IPv4 addresses are
/// neighbours.
class address {
public:
    /// `::`, the unspecified address.
    constexpr address() noexcept = default;

    /// The IPv4 address with these bytes, in network order.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr address v4(std::span<const std::byte, 4> bytes) noexcept {
        address made;
        const std::uint64_t four = detail::load<std::uint32_t>(bytes.data(), std::endian::native);
        made.put(0, std::endian::native == std::endian::big ? 0xffff'0000'0000 | four : four << 32 | 0xffff'0000);
        return made;
    }

    /// The IPv6 address with these bytes, in network order.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr address v6(std::span<const std::byte, 16> bytes) noexcept {
        address made;
        made.put(detail::load<std::uint64_t>(bytes.data(), std::endian::native),
                 detail::load<std::uint64_t>(bytes.data() + 8, std::endian::native));
        return made;
    }

    /// The address that `text` describes: dotted decimal (four numbers without leading zeros), or any form of RFC 4291 section
    /// 2.2.
    ///
    /// Returns `nullopt` for anything else, such as a zone (`%eth0`), brackets, a prefix length, or white space.
    [[nodiscard]] static constexpr std::optional<address> parse(std::string_view text) noexcept;

    /// Whether this is an IPv4 address, or an IPv4-mapped one.
    [[nodiscard]] constexpr bool is_v4() const noexcept {
        return std::bit_cast<std::array<std::uint64_t, 2>>(bytes_)[0] == 0 &&
               detail::load_big<std::uint32_t>(bytes_.data() + 8) == 0xffff;
    }

    /// All 16 bytes in network order. An IPv4 address is in the last four. Valid as long as this object.
    [[nodiscard]] constexpr std::span<const std::byte, 16> bytes() const noexcept {
        return std::span<const std::byte, 16>{bytes_.data(), 16};
    }

    [[nodiscard]] TCPLENS_ALWAYS_INLINE friend constexpr bool operator==(const address& a, const address& b) noexcept {
        using words = std::array<std::uint64_t, 2>;
        const words left = std::bit_cast<words>(a.bytes_);
        const words right = std::bit_cast<words>(b.bytes_);
        return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0; // no branch: a packet's sender cannot be predicted
    }

    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const address& a, const address& b) noexcept {
        if (const auto order = a.high() <=> b.high(); order != 0) return order;
        return a.low() <=> b.low();
    }

private:
    /// Writes two words as they are in memory. g++ keeps words in registers, but not what is made of smaller parts.
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

    friend void archive(auto& ar, address& value) {
        auto& [bytes] = value;
        ar(bytes);
    }

    std::array<std::byte, 16> bytes_{};
};

constexpr std::optional<address> address::parse(std::string_view text) noexcept {
    if (text.find(':') != std::string_view::npos) {
        detail::ipv6_text v6_text{text};
        if (!v6_text.parse()) return std::nullopt;
        return v6(v6_text.bytes());
    }
    std::array<std::byte, 4> four{};
    if (!detail::parse_ipv4(text, four.data())) return std::nullopt;
    return v4(four);
}

namespace detail {

/// Appends the digits of a number to a text.
inline void append_number(std::string& text, unsigned value, unsigned base) {
    std::array<char, 8> digits{}; // a group of an address has at most five
    std::size_t begin = digits.size();
    do {
        digits[--begin] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    text.append(digits.data() + begin, digits.size() - begin);
}

/// Groups of an IPv6 address, from `begin` up to, not including, `end`.
struct group_range {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// The groups that `::` stands for (RFC 5952 section 4.2): the longest run of two zero groups or more, the first of equals.
[[nodiscard]] constexpr group_range groups_left_out(const std::array<std::uint16_t, 8>& groups) noexcept {
    group_range longest{groups.size(), groups.size() + 1}; // a single zero group is written
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) ++end;
        if (end - i > longest.end - longest.begin) longest = {i, end};
        i = (std::max)(end, i);
    }
    return longest;
}

} // namespace detail

/// The address in text: dotted decimal for IPv4, the canonical form of RFC 5952 for IPv6. Allocates unless the text is short.
[[nodiscard]] inline std::string to_string(const address& value) {
    const std::span<const std::byte, 16> bytes = value.bytes();
    std::string text;
    if (value.is_v4()) {
        for (std::size_t i = 12; i < 16; ++i) {
            if (i > 12) text += '.';
            detail::append_number(text, std::to_integer<unsigned>(bytes[i]), 10);
        }
        return text;
    }

    std::array<std::uint16_t, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = detail::load_big<std::uint16_t>(bytes.data() + 2 * i);
    const detail::group_range left_out = detail::groups_left_out(groups);
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == left_out.begin) {
            text += "::";
            i = left_out.end - 1;
            continue;
        }
        if (i > 0 && i != left_out.end) text += ':';
        detail::append_number(text, groups[i], 16);
    }
    return text;
}

} // namespace tcplens::inline v1

template <>
struct std::hash<tcplens::address> {
    /// A hash for unordered containers. It has no key: an attacker who chooses addresses can choose buckets.
    [[nodiscard]] std::size_t operator()(const tcplens::address& value) const noexcept {
        const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(value);
        return static_cast<std::size_t>((words[0] ^ (words[1] * 0x9e3779b97f4a7c15u)) * 0xbf58476d1ce4e5b9u >> 16);
    }
};
