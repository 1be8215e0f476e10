// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../tracking/least_round_trip.hpp"
#include "direction_skew.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// Measures the times from the data of one side to its acknowledgments, also of data that is captured behind its acknowledgment.
struct answer_timer {
    /// A sequence number, and when a segment that ends there was captured.
    struct timed_number {
        sequence_number number{};
        timestamp time{};

        [[nodiscard]] friend constexpr bool operator==(const timed_number&, const timed_number&) noexcept = default;
    };

    /// The side sends a segment. `again`: it is a retransmission, a probe or a copy, and what acknowledges it is no answer to it alone.
    constexpr void on_sent(const segment& sent, bool again, direction_skew::answer_times& times) noexcept {
        if (sent.flags.rst() || sent.sequence_length() == 0) return;
        const sequence_number end = sent.sequence_end();
        if (again) {
            awaited.reset();
            early.reset();
        } else if (early && before(sent.sequence, early->number)) {
            if (!before(end, early->number)) {
                sample(early->time - sent.time, times);
                early.reset();
            }
        } else {
            early.reset(); // what it acknowledges was not captured
            const bool is_new = !highest || !before(sent.sequence, *highest);
            const bool is_open = !acknowledged || before(*acknowledged, end);
            if (!awaited && is_new && is_open) awaited = timed_number{end, sent.time};
        }
        if (!highest || before(*highest, end)) highest = end;
    }

    /// The side receives a segment.
    constexpr void on_received(const segment& heard, direction_skew::answer_times& times) noexcept {
        if (!heard.flags.ack() || heard.flags.rst()) return;
        const sequence_number ack = heard.acknowledgment;
        if (highest && beyond_max_window(*highest, ack)) return; // it is of another connection
        if (awaited && !before(ack, awaited->number)) {
            sample(heard.time - awaited->time, times);
            awaited.reset();
        }
        if (!early && (!highest || before(*highest, ack))) early = timed_number{ack, heard.time};
        if (!acknowledged || before(*acknowledged, ack)) acknowledged = ack;
    }

    std::optional<sequence_number> highest{};      ///< after the highest number that the side sent
    std::optional<sequence_number> acknowledged{}; ///< the highest acknowledgment that it received
    std::optional<timed_number> awaited{};         ///< data whose acknowledgment is awaited
    std::optional<timed_number> early{};           ///< the first acknowledgment of data that was not captured yet
    /// The least times so far, the least first: as many as answer_times::count says, and no more than three.
    std::array<std::chrono::nanoseconds, direction_skew::least_proof> shortest{};

private:
    constexpr void sample(std::chrono::nanoseconds time, direction_skew::answer_times& times) noexcept {
        if (!least_round_trip::is_plausible(std::chrono::abs(time))) return; // a clock was set
        std::size_t kept = static_cast<std::size_t>(std::min<std::uint64_t>(times.count, shortest.size()));
        ++times.count;
        times.early += time < std::chrono::nanoseconds::zero();
        if (kept == shortest.size()) {
            if (time >= shortest.back()) return;
            --kept;
        }
        std::size_t place = kept;
        for (; place > 0 && time < shortest[place - 1]; --place) shortest[place] = shortest[place - 1];
        shortest[place] = time;
        times.least = shortest[kept];
    }
};

} // namespace tcplens::inline v1::detail
