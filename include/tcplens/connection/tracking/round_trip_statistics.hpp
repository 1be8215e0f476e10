// SPDX-License-Identifier: MIT
#pragma once

#include "duration_histogram.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens::inline v0 {

/// Round trips, as samples of them come in.
struct round_trip_statistics {
    std::uint64_t count = 0;
    std::chrono::nanoseconds least{};     ///< 0 if there was none
    std::chrono::nanoseconds greatest{};  ///< likewise
    double mean_ns = 0;                   ///< nanoseconds
    double squares_ns2 = 0;               ///< sum of squared distances from the mean, in square nanoseconds
    std::chrono::nanoseconds smoothed{};  ///< SRTT of RFC 6298 2, as if each sample were one
    std::chrono::nanoseconds variation{}; ///< RTTVAR of the same
    duration_histogram histogram{};

    /// \pre 0 <= next, and next is no more than some hours
    constexpr void add(std::chrono::nanoseconds next) noexcept {
        if (count == 0) {
            least = greatest = smoothed = next;
            variation = next / 2;
        } else {
            least = (std::min)(least, next);
            greatest = (std::max)(greatest, next);
            const auto off = smoothed > next ? smoothed - next : next - smoothed;
            variation += (off - variation) / 4;
            smoothed += (next - smoothed) / 8;
        }
        ++count;
        // Welford, "Note on a method for calculating corrected sums of squares and products" (1962)
        const double value = static_cast<double>(next.count());
        const double before = value - mean_ns;
        mean_ns += before / static_cast<double>(count);
        squares_ns2 += before * (value - mean_ns);
        histogram.add(next);
    }

    /// 0 if there was none.
    [[nodiscard]] constexpr std::chrono::nanoseconds mean() const noexcept {
        return std::chrono::nanoseconds{static_cast<std::int64_t>(mean_ns + 0.5)};
    }
    /// Of the samples, taken as a choice of all that could have been: divided by one less than their number. 0 if there are
    /// not two.
    [[nodiscard]] constexpr std::chrono::nanoseconds standard_deviation() const noexcept {
        if (count < 2) return {};
        return std::chrono::nanoseconds{
            static_cast<std::int64_t>(square_root(squares_ns2 / static_cast<double>(count - 1)) + 0.5)};
    }

    [[nodiscard]] friend constexpr bool operator==(const round_trip_statistics&,
                                                   const round_trip_statistics&) noexcept = default;

    friend void archive(auto& ar, round_trip_statistics& of) {
        auto& [count_, least_, greatest_, mean_ns_, squares_ns2_, smoothed_, variation_, histogram_] = of;
        ar(count_, least_, greatest_, mean_ns_, squares_ns2_, smoothed_, variation_, histogram_);
        constexpr std::chrono::hours longest{24};
        constexpr double longest_ns = 86'400e9;
        for (const std::chrono::nanoseconds each : {least_, greatest_, smoothed_, variation_}) {
            ar.require(each.count() >= 0 && each <= longest);
        }
        ar.require(count_ <= std::uint64_t{1} << 62 && mean_ns_ >= 0 && mean_ns_ <= longest_ns);
        ar.require(squares_ns2_ >= 0 && squares_ns2_ <= static_cast<double>(count_) * longest_ns * longest_ns);
    }

private:
    /// By Newton's method, from above. std::sqrt is not constexpr, and <cmath> takes its time to compile.
    [[nodiscard]] static constexpr double square_root(double of) noexcept {
        double root = of > 1 ? of : 1;
        for (double next = (root + of / root) / 2; next < root; next = (root + of / root) / 2) root = next;
        return root;
    }
};

} // namespace tcplens::inline v0
