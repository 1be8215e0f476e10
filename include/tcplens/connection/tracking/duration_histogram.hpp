// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"

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

    /// Adds the counts of another histogram. A sum beyond 2^32 - 1 stays there.
    constexpr void merge(const duration_histogram& other) noexcept {
        constexpr std::uint64_t most = (std::numeric_limits<std::uint32_t>::max)();
        for (std::size_t i = 0; i < size; ++i) {
            counts[i] = static_cast<std::uint32_t>((std::min)(std::uint64_t{counts[i]} + other.counts[i], most));
        }
    }

    /// Number of durations in all buckets.
    [[nodiscard]] constexpr std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint32_t count : counts) sum += count;
        return sum;
    }

    /// The duration below which `percent` of the counted durations lie: 50 is the median. An estimate that lies in the right bucket, so
    /// it is at most twice, and at least half, of the exact value; within the bucket durations are taken as evenly spread. In the last
    /// bucket, which has no upper bound, it is the lower bound. 0 without durations. @pre `0 <= percent && percent <= 100`
    [[nodiscard]] constexpr std::chrono::nanoseconds percentile(double percent) const noexcept {
        TCPLENS_CHECK(percent >= 0 && percent <= 100, "0 <= percent <= 100");
        double rank = static_cast<double>(total()) * percent / 100; // durations below the result
        std::size_t last = 0;                                       // the last bucket with durations up to there
        for (std::size_t i = 0; i < size; ++i) {
            if (counts[i] == 0) continue;
            last = i;
            if (rank <= counts[i]) break;
            rank -= counts[i];
        }
        const std::chrono::nanoseconds low = lower_bound(last);
        if (counts[last] == 0 || last == size - 1) return low;
        const double width = static_cast<double>((lower_bound(last + 1) - low).count());
        const double share = (std::min)(rank / static_cast<double>(counts[last]), 1.0);
        return low + std::chrono::nanoseconds{static_cast<std::int64_t>(width * share)};
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
