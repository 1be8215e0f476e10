// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens {

/// A moment of capture: nanoseconds since 1970-01-01 00:00 UTC, from about 1678 to 2262.
/// Moments that a file places outside of that range are moved to its nearest end.
using timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The moment, or the nearest between 1823 and 2116: of those any two can be subtracted.
[[nodiscard]] constexpr timestamp subtractable(timestamp time) noexcept {
    constexpr std::chrono::nanoseconds furthest{std::int64_t{1} << 62};
    return std::clamp(time, timestamp{-furthest}, timestamp{furthest - std::chrono::nanoseconds{1}});
}

} // namespace tcplens
