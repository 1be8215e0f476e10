// SPDX-License-Identifier: MIT
#pragma once

// What watch counts: plain numbers, all of them since it began.

#include <tcplens/tcplens.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace program::watching {

/// What the kernel says of the packets of a capture.
struct kernel_counts {
    std::uint64_t received = 0; ///< those that were dropped included
    std::uint64_t dropped = 0;  ///< there was no room in the buffer
};

/// Counts of durations in buckets that reach from 100 µs to 10 s, three of them to a power of ten.
struct round_trip_histogram {
    /// Up to which duration each bucket reaches, in microseconds.
    static constexpr std::array<std::int64_t, 16> bounds_us{
        100,    250,     500,     1'000,   2'500,     5'000,     10'000,    25'000,
        50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000};

    std::array<std::uint64_t, bounds_us.size() + 1> counts{}; ///< the last one is of those beyond the last bound
    std::uint64_t count = 0;
    std::chrono::nanoseconds sum{}; ///< 292 years of round trips

    constexpr void add(std::chrono::nanoseconds next) noexcept {
        const auto bound = std::ranges::find_if(
            bounds_us, [next](std::int64_t each) { return next <= std::chrono::microseconds{each}; });
        ++counts[static_cast<std::size_t>(bound - bounds_us.begin())];
        ++count;
        sum += next;
    }
};

/// Why a segment was sent again: each retransmission is of one of these kinds.
enum class resend_kind : std::uint8_t { spurious, tail_loss_probe, fast, other };
inline constexpr std::array<std::string_view, 4> resend_kind_names{"spurious_retransmission", "tail_loss_probe",
                                                                   "fast_retransmission", "retransmission"};

/// @pre is_retransmission()
[[nodiscard]] constexpr resend_kind resend_kind_of(const tcplens::verdict& of) noexcept {
    using enum tcplens::verdict_kinds;
    if (of.has(spurious_retransmission)) return resend_kind::spurious;
    if (of.has(tail_loss_probe)) return resend_kind::tail_loss_probe;
    return of.has(fast_retransmission) ? resend_kind::fast : resend_kind::other;
}

inline constexpr std::size_t verdict_kind_count = 17;

/// What was sent in one direction.
struct traffic_totals {
    std::uint64_t segments = 0;
    std::uint64_t wire_bytes = 0;
    std::uint64_t payload_bytes = 0;
};

/// All segments that were followed.
struct segment_totals {
    std::array<traffic_totals, 2> sent{};                        ///< by tcplens::direction
    std::array<std::uint64_t, resend_kind_names.size()> again{}; ///< by resend_kind
    std::array<std::uint64_t, verdict_kind_count> verdicts{};    ///< by the bit of tcplens::verdict_kinds
    std::array<round_trip_histogram, 2> round_trips{};           ///< by the direction of what was acknowledged
    std::uint64_t handshakes_completed = 0;
    std::uint64_t handshakes_failed = 0; ///< of connections that have ended

    [[nodiscard]] std::uint64_t segments() const noexcept { return sent[0].segments + sent[1].segments; }
    [[nodiscard]] std::uint64_t wire_bytes() const noexcept { return sent[0].wire_bytes + sent[1].wire_bytes; }
    [[nodiscard]] std::uint64_t retransmissions() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : again) sum += each;
        return sum;
    }
};

} // namespace program::watching
