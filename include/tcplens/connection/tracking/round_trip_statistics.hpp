// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/chrono.hpp"
#include "duration_histogram.hpp"
#include "to_nanoseconds.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1 {

/// Statistics of round trip samples, updated with each sample.
struct round_trip_statistics {
    std::uint64_t count = 0;              ///< samples
    std::chrono::nanoseconds least{};     ///< 0 if count is 0
    std::chrono::nanoseconds greatest{};  ///< 0 if count is 0
    double mean_ns = 0;                   ///< nanoseconds
    double squares_ns2 = 0;               ///< sum of squared distances from the mean, in square nanoseconds
    std::chrono::nanoseconds smoothed{};  ///< SRTT (RFC 6298 section 2), updated with every sample
    std::chrono::nanoseconds variation{}; ///< RTTVAR (RFC 6298 section 2)
    duration_histogram histogram{};       ///< of all samples

    /// Adds one sample. @pre 0 <= next <= 24 h
    constexpr void add(std::chrono::nanoseconds next) noexcept {
        TCPLENS_CHECK(next >= std::chrono::nanoseconds::zero() && next <= std::chrono::hours{24}, "0 <= next <= 24 h");
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

    /// Mean, rounded to nanoseconds; 0 if count is 0.
    [[nodiscard]] constexpr std::chrono::nanoseconds mean() const noexcept { return detail::to_nanoseconds(mean_ns); }
    /// Standard deviation of the sample (divided by count - 1), in nanoseconds; 0 if count is below 2.
    [[nodiscard]] constexpr std::chrono::nanoseconds standard_deviation() const noexcept {
        if (count < 2) return {};
        return detail::to_nanoseconds(square_root(squares_ns2 / static_cast<double>(count - 1)));
    }

    [[nodiscard]] friend constexpr bool operator==(const round_trip_statistics&,
                                                   const round_trip_statistics&) noexcept = default;

    /// The values lie within what samples of up to a day can make of them.
    [[nodiscard]] friend constexpr bool is_consistent(const round_trip_statistics& of) noexcept {
        constexpr std::chrono::hours longest{24};
        constexpr double longest_ns = 86'400e9;
        for (const std::chrono::nanoseconds each : {of.least, of.greatest, of.smoothed, of.variation}) {
            if (each.count() < 0 || each > longest) return false;
        }
        return of.count <= std::uint64_t{1} << 62 && of.mean_ns >= 0 && of.mean_ns <= longest_ns &&
               of.squares_ns2 >= 0 && of.squares_ns2 <= static_cast<double>(of.count) * longest_ns * longest_ns;
    }

private:
    /// Newton's method, from above. std::sqrt is not constexpr, and <cmath> takes long to compile.
    [[nodiscard]] static constexpr double square_root(double square) noexcept {
        if (square <= 0) return 0; // equal samples: the steps below would halve until they underflow
        double root = square > 1 ? square : 1;
        // NOLINTNEXTLINE(clang-analyzer-security.FloatLoopCounter): the steps converge, and end where rounding stops them
        for (double next = (root + square / root) / 2; next < root; next = (root + square / root) / 2) root = next;
        return root;
    }
};

} // namespace tcplens::inline v1
