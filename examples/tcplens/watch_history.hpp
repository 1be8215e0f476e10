// SPDX-License-Identifier: MIT
#pragma once

// What was counted when, so that the last second and the last minute can be told.

#include "watch_source.hpp"
#include "watch_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace program::watching {

/// The counts of one moment, since watching began; or the difference of two.
struct moment {
    std::chrono::steady_clock::time_point time{};
    std::uint64_t packets = 0;
    std::uint64_t segments = 0;
    std::uint64_t wire_bytes = 0;
    std::uint64_t retransmissions = 0;
    std::uint64_t begun = 0;
    std::array<std::uint64_t, tcplens::detail::end_reason_count> ended_by{};
    std::uint64_t kernel_dropped = 0;
    std::uint64_t bound_dropped = 0; ///< connections that made room for others, and segments for which there was none
    std::array<round_trip_histogram, 2> round_trips{};

    [[nodiscard]] std::uint64_t ended() const noexcept {
        std::uint64_t sum = 0;
        for (const std::uint64_t each : ended_by) sum += each;
        return sum;
    }
};

/// What happened between two moments, and how long that was.
struct interval {
    double seconds = 0;
    moment counts{}; ///< their differences
};

/// The counts of the last minute, one a second.
class history {
public:
    /// Before anything was counted.
    history() { moments_[size_++].time = began_; }

    void take(const watch_table& table, const kernel_counts& kernel) {
        const tcplens::connection_counters& lives = table.connections();
        const segment_totals& totals = table.totals();
        moments_[size_++ % moments_.size()] = {
            .time = std::chrono::steady_clock::now(),
            .packets = table.packets().packets,
            .segments = totals.segments(),
            .wire_bytes = totals.wire_bytes(),
            .retransmissions = totals.retransmissions(),
            .begun = lives.begun,
            .ended_by = lives.ended_by,
            .kernel_dropped = kernel.dropped,
            .bound_dropped = lives.ended(tcplens::end_reason::evicted) + lives.refused,
            .round_trips = totals.round_trips,
        };
    }

    [[nodiscard]] interval last_second() const { return since(1); }
    [[nodiscard]] interval last_minute() const { return since(60); }
    [[nodiscard]] interval in_all() const { return difference({.time = began_}, latest()); }

private:
    [[nodiscard]] const moment& latest() const { return moments_[(size_ - 1) % moments_.size()]; }
    [[nodiscard]] interval since(std::size_t steps) const {
        return difference(moments_[(size_ - 1 - std::min(steps, size_ - 1)) % moments_.size()], latest());
    }

    static interval difference(const moment& from, const moment& to) {
        interval between{.seconds = std::chrono::duration<double>{to.time - from.time}.count(), .counts = to};
        moment& counts = between.counts;
        counts.packets -= from.packets;
        counts.segments -= from.segments;
        counts.wire_bytes -= from.wire_bytes;
        counts.retransmissions -= from.retransmissions;
        counts.begun -= from.begun;
        counts.kernel_dropped -= from.kernel_dropped;
        counts.bound_dropped -= from.bound_dropped;
        for (std::size_t i = 0; i < counts.ended_by.size(); ++i) counts.ended_by[i] -= from.ended_by[i];
        for (std::size_t end = 0; end < counts.round_trips.size(); ++end) {
            round_trip_histogram& own = counts.round_trips[end];
            const round_trip_histogram& before = from.round_trips[end];
            for (std::size_t i = 0; i < own.counts.size(); ++i) own.counts[i] -= before.counts[i];
            own.count -= before.count;
            own.sum -= before.sum;
        }
        return between;
    }

    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::array<moment, 61> moments_{};
    std::size_t size_ = 0; ///< how many were taken in all
};

/// What is shown of one second.
struct second_facts {
    tcplens::timestamp now{};
    interval second{};
    interval minute{};
    interval all{};
    std::uint64_t open = 0;
    std::uint64_t most_connections = 0;
    std::vector<worst_connections::entry> worst{};
    std::vector<service_counts::service> services{};
};

} // namespace program::watching
