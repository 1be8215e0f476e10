// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tcplens::inline v1 {

/// Counts of durations in buckets with fixed bounds, so that histograms can be added. The first bucket counts durations below
/// 8.192 µs; each further bucket reaches twice as far as the one before; the last has no upper bound (from 34 s).
struct duration_histogram {
    /// Number of buckets.
    static constexpr std::size_t size = 24;

    /// Durations in each bucket. A full bucket stays at 2^32 - 1.
    std::array<std::uint32_t, size> counts{};

    /// Counts one duration.
    constexpr void add(std::chrono::nanoseconds next) noexcept {
        std::uint32_t& count = counts[bucket_of(next)];
        if (count < (std::numeric_limits<std::uint32_t>::max)()) ++count;
    }

    /// Index of the bucket that counts a duration. Negative durations are in the first.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
        if (duration.count() < 0) return 0;
        const auto octaves =
            static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(duration.count()) >> first_bits));
        return (std::min)(octaves, size - 1);
    }

    /// Least duration of bucket `number`; its upper bound is the least duration of the next. \pre number < size
    [[nodiscard]] static constexpr std::chrono::nanoseconds lower_bound(std::size_t number) noexcept {
        return std::chrono::nanoseconds{number == 0 ? 0 : std::int64_t{1} << (first_bits + number - 1)};
    }

    [[nodiscard]] friend constexpr bool operator==(const duration_histogram&,
                                                   const duration_histogram&) noexcept = default;

private:
    static constexpr unsigned first_bits = 13;
};

} // namespace tcplens::inline v1
