// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// Rounds to whole nanoseconds. @pre 0 <= nanoseconds < 2^63
[[nodiscard]] constexpr std::chrono::nanoseconds to_nanoseconds(double nanoseconds) noexcept {
    // NOLINTNEXTLINE(bugprone-incorrect-roundings): not negative, and std::lround is not constexpr
    return std::chrono::nanoseconds{static_cast<std::int64_t>(nanoseconds + 0.5)};
}

} // namespace tcplens::inline v1::detail
