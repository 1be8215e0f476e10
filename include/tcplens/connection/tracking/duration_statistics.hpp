// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "to_nanoseconds.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1 {

/// Count, extremes and sum of durations.
struct duration_statistics {
    std::uint64_t count = 0;             ///< durations
    std::chrono::nanoseconds least{};    ///< 0 if count is 0
    std::chrono::nanoseconds greatest{}; ///< 0 if count is 0
    double total_ns = 0;                 ///< sum in nanoseconds; a double, since 2^63 ns may be exceeded

    /// Counts one duration.
    constexpr void add(std::chrono::nanoseconds next) noexcept {
        least = count == 0 ? next : (std::min)(least, next);
        greatest = count == 0 ? next : (std::max)(greatest, next);
        ++count;
        total_ns += static_cast<double>(next.count());
    }

    /// Adds the durations that another counted.
    constexpr void merge(const duration_statistics& other) noexcept {
        if (other.count == 0) return;
        least = count == 0 ? other.least : (std::min)(least, other.least);
        greatest = count == 0 ? other.greatest : (std::max)(greatest, other.greatest);
        count += other.count;
        total_ns += other.total_ns;
    }

    /// Mean, rounded to nanoseconds; 0 if count is 0.
    [[nodiscard]] constexpr std::chrono::nanoseconds mean() const noexcept {
        if (count == 0) return {};
        return detail::to_nanoseconds(total_ns / static_cast<double>(count));
    }

    [[nodiscard]] friend constexpr bool operator==(const duration_statistics&,
                                                   const duration_statistics&) noexcept = default;

    /// The mean has to fit into nanoseconds.
    [[nodiscard]] friend constexpr bool is_consistent(const duration_statistics& of) noexcept {
        return of.count <= std::uint64_t{1} << 62 && of.total_ns >= 0 &&
               of.total_ns <= static_cast<double>(of.count) * 9.2e18;
    }
};

} // namespace tcplens::inline v1
