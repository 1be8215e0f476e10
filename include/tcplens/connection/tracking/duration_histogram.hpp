// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/chrono.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tcplens::inline v1 {

/// Counts of durations in buckets with fixed bounds, so that histograms can be added: sums are exact, in any order.
///
/// Log-linear: from 8.192 µs to 34 s each octave has eight buckets of equal width, so a bucket is at most an eighth of its lower bound
/// wide, and percentile() is at most a sixteenth off. The first bucket counts durations below, the last those above. 712 bytes.
struct duration_histogram {
    /// Number of buckets of an octave, which reaches from a duration to its double.
    static constexpr std::size_t parts = 8;
    /// Number of buckets.
    static constexpr std::size_t size = 1 + 22 * parts + 1;

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

    /// The duration below which `percent` of the counted durations lie: 50 is the median. The middle of the bucket with that duration,
    /// so it is at most 1/16 (6.25 %) off; in the first bucket, up to 8.192 µs, at most 4.096 µs; in the last, which has no upper bound,
    /// it is the lower bound, 34.36 s. 0 without durations. Time linear in the number of buckets. @pre `0 <= percent && percent <= 100`
    [[nodiscard]] constexpr std::chrono::nanoseconds percentile(double percent) const noexcept {
        TCPLENS_CHECK(percent >= 0 && percent <= 100, "0 <= percent <= 100");
        double rank = static_cast<double>(total()) * percent / 100; // durations below the result
        std::size_t last = size;                                    // the last bucket with durations up to there
        for (std::size_t i = 0; i < size; ++i) {
            if (counts[i] == 0) continue;
            last = i;
            if (rank <= counts[i]) break;
            rank -= counts[i];
        }
        if (last == size) return {};
        return last == size - 1 ? lower_bound(last) : (lower_bound(last) + lower_bound(last + 1)) / 2;
    }

    /// Index of the bucket that counts a duration. Negative durations are in the first.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
        const auto count = static_cast<std::uint64_t>(duration.count());
        if (duration.count() < 0 || count >> first_bits == 0) return 0;
        const auto octave = static_cast<std::size_t>(std::bit_width(count)) - 1 - first_bits;
        const std::uint64_t part = (count >> (octave + first_bits - part_bits)) % parts;
        return (std::min)(1 + octave * parts + static_cast<std::size_t>(part), size - 1);
    }

    /// Least duration of bucket `number`; its upper bound is the least duration of the next. @pre number < size
    [[nodiscard]] static constexpr std::chrono::nanoseconds lower_bound(std::size_t number) noexcept {
        if (number == 0) return {};
        const std::size_t octave = (number - 1) / parts;
        const std::size_t eighths = parts + (number - 1) % parts;
        return std::chrono::nanoseconds{static_cast<std::int64_t>(eighths << (octave + first_bits - part_bits))};
    }

    [[nodiscard]] friend constexpr bool operator==(const duration_histogram&,
                                                   const duration_histogram&) noexcept = default;

private:
    static constexpr std::size_t first_bits = 13; ///< the first octave begins at 2^13 ns
    static constexpr std::size_t part_bits = 3;
    static_assert(std::size_t{1} << part_bits == parts);
};

} // namespace tcplens::inline v1
