// SPDX-License-Identifier: MIT
#pragma once

#include "chrono.hpp"

#include <cstdint>

namespace tcplens::inline v1 {

/// The time of a packet: nanoseconds since 1970-01-01 00:00 UTC, from about 1678 to 2262. A time outside of this range becomes the nearest
/// end of it.
using timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

namespace detail {

/// The nearest time between 1823 and 2116: any two of those can be subtracted without overflow.
[[nodiscard]] constexpr timestamp clamp_for_arithmetic(timestamp time) noexcept {
    constexpr std::int64_t furthest = std::int64_t{1} << 62;
    const std::int64_t count = time.time_since_epoch().count();
    // One comparison for both ends: times between them become numbers without the highest bit.
    if ((static_cast<std::uint64_t>(count) + (std::uint64_t{1} << 62)) >> 63 == 0) return time;
    return timestamp{std::chrono::nanoseconds{count < 0 ? -furthest : furthest - 1}};
}

} // namespace detail

} // namespace tcplens::inline v1
