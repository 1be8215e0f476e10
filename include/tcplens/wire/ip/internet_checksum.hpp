// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v0::detail {

/// The ones' complement sum of 16-bit words (RFC 1071), of which IPv4, TCP and UDP write the complement.
class ones_complement_sum {
public:
    /// Adds bytes. All that is added before the last has an even length, or the words would shift.
    constexpr ones_complement_sum& add(std::span<const std::byte> bytes) noexcept {
        const std::byte* at = bytes.data();
        std::size_t left = bytes.size();
        // 2^16 is 1 here: wider words give the same sum (RFC 1071 2(B)). Below 2^32 of them, nothing is carried out.
        for (; left >= 4; left -= 4, at += 4) sum_ += load_big<std::uint32_t>(at);
        if (left >= 2) sum_ += load_big<std::uint16_t>(at);
        if (left % 2 != 0) sum_ += std::to_integer<std::uint64_t>(bytes.back()) << 8;
        return *this;
    }
    constexpr ones_complement_sum& add(std::uint32_t word) noexcept {
        sum_ += word;
        return *this;
    }

    /// In 16 bits; 0 only for zeros.
    [[nodiscard]] constexpr std::uint16_t folded() const noexcept {
        std::uint64_t sum = sum_;
        while (sum > 0xffff) sum = (sum >> 16) + (sum & 0xffff);
        return static_cast<std::uint16_t>(sum);
    }
    /// What was summed holds the complement of the sum of the rest.
    [[nodiscard]] constexpr bool verifies() const noexcept { return folded() == 0xffff; }

private:
    std::uint64_t sum_ = 0;
};

} // namespace tcplens::inline v0::detail
