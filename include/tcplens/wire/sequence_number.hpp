// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// A TCP sequence or acknowledgment number (RFC 9293 section 3.4), with arithmetic modulo 2^32.
///
/// There is no `operator<`, since order modulo 2^32 is not transitive: use before() and distance().
struct sequence_number {
    std::uint32_t value = 0; ///< the number as it is in the TCP header

    [[nodiscard]] friend constexpr bool operator==(sequence_number, sequence_number) noexcept = default;

    /// The number that lies `count` beyond `from`.
    [[nodiscard]] friend constexpr sequence_number operator+(sequence_number from, std::uint32_t count) noexcept {
        return {from.value + count};
    }
    /// The number that lies `count` before `from`.
    [[nodiscard]] friend constexpr sequence_number operator-(sequence_number from, std::uint32_t count) noexcept {
        return {from.value - count};
    }

    /// How far `to` lies beyond `from`, from -2^31 to 2^31 - 1. Negative if `to` lies before `from`.
    [[nodiscard]] friend constexpr std::int32_t distance(sequence_number from, sequence_number to) noexcept {
        return static_cast<std::int32_t>(to.value - from.value);
    }

    /// Whether `a` comes before `b` (RFC 1982 section 3.2). Of two numbers that are 2^31 apart, neither comes before the other.
    [[nodiscard]] friend constexpr bool before(sequence_number a, sequence_number b) noexcept {
        return distance(a, b) > 0;
    }
};

namespace detail {

/// The later of two numbers, without a branch; `a` if they are 2^31 apart.
[[nodiscard]] constexpr sequence_number later(sequence_number a, sequence_number b) noexcept {
    const std::int32_t step = distance(a, b);
    return a + static_cast<std::uint32_t>(step > 0 ? step : 0);
}

/// A number further behind the newest one than this must be forgotten, before it seems to lie ahead: half of the range of
/// distance().
inline constexpr std::int32_t max_sequence_age = 1 << 30;

/// No window in use is larger. Numbers of one sender that lie further apart belong to different flights: one of them is
/// invalid, or the capture has a long gap.
inline constexpr std::int32_t max_window_distance = 1 << 24;

/// Whether the numbers lie further apart than `max_window_distance`.
[[nodiscard]] constexpr bool beyond_max_window(sequence_number a, sequence_number b) noexcept {
    const std::int32_t step = distance(a, b);
    return step < -max_window_distance || step > max_window_distance;
}

} // namespace detail

} // namespace tcplens::inline v1
