// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tcplens::inline v0 {

/// Durations counted in buckets whose bounds are fixed, so that histograms can be added: up to 8.192 µs, and from there on each
/// bucket reaches twice as far as the one before, the last one without end (from 34 s).
struct duration_histogram {
    static constexpr std::size_t size = 24;

    /// A full bucket stays at 2^32 - 1.
    std::array<std::uint32_t, size> counts{};

    friend void archive(auto& ar, duration_histogram& of) {
        auto& [counts_] = of;
        ar(counts_);
    }

    constexpr void add(std::chrono::nanoseconds next) noexcept {
        std::uint32_t& count = counts[bucket_of(next)];
        if (count < (std::numeric_limits<std::uint32_t>::max)()) ++count;
    }

    /// The bucket that counts a duration. What is less than nothing is in the first.
    [[nodiscard]] static constexpr std::size_t bucket_of(std::chrono::nanoseconds duration) noexcept {
        if (duration.count() < 0) return 0;
        const auto octaves =
            static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(duration.count()) >> first_bits));
        return (std::min)(octaves, size - 1);
    }

    /// The least duration that bucket `number` counts; that of the next is the first that it does not. \pre number < size
    [[nodiscard]] static constexpr std::chrono::nanoseconds lower_bound(std::size_t number) noexcept {
        return std::chrono::nanoseconds{number == 0 ? 0 : std::int64_t{1} << (first_bits + number - 1)};
    }

    [[nodiscard]] friend constexpr bool operator==(const duration_histogram&,
                                                   const duration_histogram&) noexcept = default;

private:
    static constexpr unsigned first_bits = 13;
};

} // namespace tcplens::inline v0
