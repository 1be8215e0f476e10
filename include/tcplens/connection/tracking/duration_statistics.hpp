// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens::inline v0 {

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

    /// Mean, rounded to nanoseconds; 0 if count is 0.
    [[nodiscard]] constexpr std::chrono::nanoseconds mean() const noexcept {
        if (count == 0) return {};
        return std::chrono::nanoseconds{static_cast<std::int64_t>(total_ns / static_cast<double>(count) + 0.5)};
    }

    [[nodiscard]] friend constexpr bool operator==(const duration_statistics&,
                                                   const duration_statistics&) noexcept = default;

    friend void archive(auto& ar, duration_statistics& of) {
        auto& [count_, least_, greatest_, total_ns_] = of;
        ar(count_, least_, greatest_, total_ns_);
        // The mean has to fit into nanoseconds.
        ar.require(count_ <= std::uint64_t{1} << 62 && total_ns_ >= 0 &&
                   total_ns_ <= static_cast<double>(count_) * 9.2e18);
    }
};

} // namespace tcplens::inline v0
