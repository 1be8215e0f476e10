// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// The ones' complement sum of 16-bit words (RFC 1071). The checksum fields of IPv4, TCP and UDP are its complement.
class ones_complement_sum {
public:
    /// Adds bytes. @pre All spans before the last one have an even length, otherwise the words would shift.
    constexpr ones_complement_sum& add(std::span<const std::byte> bytes) noexcept {
        const std::byte* at = bytes.data();
        std::size_t left = bytes.size();
        // 2^16 is congruent to 1, so wider words give the same sum (RFC 1071 section 2(B)). Up to 2^32 of them cannot overflow.
        for (; left >= 4; left -= 4, at += 4) sum_ += load_big<std::uint32_t>(at);
        if (left >= 2) sum_ += load_big<std::uint16_t>(at);
        if (left % 2 != 0) sum_ += std::to_integer<std::uint64_t>(bytes.back()) << 8;
        return *this;
    }
    constexpr ones_complement_sum& add(std::uint32_t word) noexcept {
        sum_ += word;
        return *this;
    }

    /// The sum in 16 bits; 0 only if all words are 0.
    [[nodiscard]] constexpr std::uint16_t folded() const noexcept {
        std::uint64_t sum = sum_;
        while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
        return static_cast<std::uint16_t>(sum);
    }
    /// Whether the words contain the complement of the sum of the others.
    [[nodiscard]] constexpr bool verifies() const noexcept { return folded() == 0xffff; }

private:
    std::uint64_t sum_ = 0;
};

} // namespace tcplens::inline v1::detail
