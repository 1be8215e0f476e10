// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// A sequence or acknowledgment number (RFC 9293 3.4). There is no operator<, since order modulo 2^32 is not transitive:
/// use before() and distance().
struct sequence_number {
    std::uint32_t value = 0;

    [[nodiscard]] friend constexpr bool operator==(sequence_number, sequence_number) noexcept = default;

    [[nodiscard]] friend constexpr sequence_number operator+(sequence_number from, std::uint32_t count) noexcept {
        return {from.value + count};
    }
    [[nodiscard]] friend constexpr sequence_number operator-(sequence_number from, std::uint32_t count) noexcept {
        return {from.value - count};
    }
};

/// How far `to` lies beyond `from`, negative if it lies before; from -2^31 to 2^31 - 1.
[[nodiscard]] constexpr std::int32_t distance(sequence_number from, sequence_number to) noexcept {
    return static_cast<std::int32_t>(to.value - from.value);
}

namespace detail {

/// What lies further behind the newest number than this must be forgotten, before it seems to lie ahead: half of what
/// distance() can tell.
inline constexpr std::int32_t max_sequence_age = 1 << 30;

/// No window in use is larger: numbers of one sender that lie further apart than this are not of one flight. One of them is a
/// lie, or there is a long gap in the capture.
inline constexpr std::int32_t max_window_distance = 1 << 24;

/// Whether they lie further apart than `max_window_distance`.
[[nodiscard]] constexpr bool beyond_max_window(sequence_number a, sequence_number b) noexcept {
    const std::int32_t step = distance(a, b);
    return step < -max_window_distance || step > max_window_distance;
}

} // namespace detail

/// Whether `a` comes before `b` (RFC 1982 3.2). Of two numbers that are 2^31 apart neither comes before the other.
[[nodiscard]] constexpr bool before(sequence_number a, sequence_number b) noexcept {
    return distance(a, b) > 0;
}

} // namespace tcplens::inline v0
