// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
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
    /// The side sends a segment. `again`: it is a retransmission, a probe or a copy, and what acknowledges it is no answer to it alone.
    TCPLENS_ALWAYS_INLINE constexpr void on_sent(const segment& sent, bool again,
                                                 direction_skew::answer_times& times) noexcept {
        if (sent.flags.opens_or_closes() || again || (known & (has_highest | has_early)) != has_highest) {
            on_sent_with_care(sent, again, times);
        } else if (sent.payload_length > 0) {
            take_new(sent, sent.sequence + sent.payload_length);
        }
    }

    /// The side receives a segment.
    TCPLENS_ALWAYS_INLINE constexpr void on_received(const segment& heard,
                                                     direction_skew::answer_times& times) noexcept {
        constexpr std::uint8_t usual = has_highest | has_acknowledged;
        const sequence_number ack = heard.acknowledgment;
        // Of data that was captured, and not from long ago: nothing but the answer to what is awaited is news.
        const bool is_usual = heard.flags.ack() && !heard.flags.rst() && (known & (usual | has_early)) == usual &&
                              highest.value - ack.value <= static_cast<std::uint32_t>(max_window_distance);
        if (!is_usual) {
            on_received_with_care(heard, times);
            return;
        }
        take_answer(heard, times);
        if (before(acknowledged, ack)) acknowledged = ack;
    }

    static constexpr std::uint8_t has_highest = 1;
    static constexpr std::uint8_t has_acknowledged = 2;
    static constexpr std::uint8_t has_awaited = 4;
    static constexpr std::uint8_t has_early = 8;

    sequence_number highest{};      ///< after the highest number that the side sent, if has_highest
    sequence_number acknowledged{}; ///< the highest acknowledgment that it received, if has_acknowledged
    sequence_number awaited{};      ///< the end of data whose acknowledgment is awaited, if has_awaited
    sequence_number early{};        ///< the first acknowledgment of data that was not captured yet, if has_early
    timestamp awaited_time{};       ///< when that data was captured
    timestamp early_time{};         ///< when that acknowledgment was captured
    /// The least times so far, the least first: as many as answer_times::count says, and no more than three.
    std::array<std::chrono::nanoseconds, direction_skew::least_proof> shortest{};
    std::uint8_t known = 0; ///< which of the numbers are known

    /// The archive list: each number is there if it is known.
    template <class Archive>
    friend void archive(Archive& ar, answer_timer& of) {
        struct timed_number {
            sequence_number number{};
            timestamp time{};
        };
        const auto timed = [&](std::uint8_t which, sequence_number number, timestamp time) {
            return of.has(which) ? std::optional{timed_number{number, time}} : std::nullopt;
        };
        const auto plain = [&](std::uint8_t which, sequence_number number) {
            return of.has(which) ? std::optional{number} : std::nullopt;
        };
        auto the_highest = plain(has_highest, of.highest);
        auto the_acknowledged = plain(has_acknowledged, of.acknowledged);
        auto the_awaited = timed(has_awaited, of.awaited, of.awaited_time);
        auto the_early = timed(has_early, of.early, of.early_time);
        ar(the_highest, the_acknowledged, the_awaited, the_early, of.shortest);
        if constexpr (Archive::restores) {
            of.known =
                static_cast<std::uint8_t>((the_highest ? has_highest : 0) | (the_acknowledged ? has_acknowledged : 0) |
                                          (the_awaited ? has_awaited : 0) | (the_early ? has_early : 0));
            of.highest = the_highest.value_or(sequence_number{});
            of.acknowledged = the_acknowledged.value_or(sequence_number{});
            of.awaited = the_awaited.value_or(timed_number{}).number;
            of.awaited_time = the_awaited.value_or(timed_number{}).time;
            of.early = the_early.value_or(timed_number{}).number;
            of.early_time = the_early.value_or(timed_number{}).time;
        }
    }

private:
    [[nodiscard]] constexpr bool has(std::uint8_t number) const noexcept { return (known & number) != 0; }
    constexpr void forget(std::uint8_t numbers) noexcept { known &= static_cast<std::uint8_t>(~numbers); }

    /// The side sent data that no acknowledgment has come for early. `end`: after its last number.
    TCPLENS_ALWAYS_INLINE constexpr void take_new(const segment& sent, sequence_number end) noexcept {
        if (!has(has_awaited)) {
            const bool is_new = !has(has_highest) || !before(sent.sequence, highest);
            const bool is_open = !has(has_acknowledged) || before(acknowledged, end);
            if (is_new && is_open) {
                awaited = end;
                awaited_time = sent.time;
                known |= has_awaited;
            }
        }
        if (!has(has_highest) || before(highest, end)) highest = end;
        known |= has_highest;
    }

    TCPLENS_NOINLINE constexpr void on_sent_with_care(const segment& sent, bool again,
                                                      direction_skew::answer_times& times) noexcept {
        if (sent.flags.rst() || sent.sequence_length() == 0) return;
        const sequence_number end = sent.sequence_end();
        if (again) {
            forget(has_awaited | has_early);
        } else if (has(has_early) && before(sent.sequence, early)) {
            if (!before(end, early)) {
                sample(early_time - sent.time, times);
                forget(has_early);
            }
        } else {
            forget(has_early); // what it acknowledges was not captured
            take_new(sent, end);
        }
        if (!has(has_highest) || before(highest, end)) highest = end;
        known |= has_highest;
    }

    TCPLENS_NOINLINE constexpr void on_received_with_care(const segment& heard,
                                                          direction_skew::answer_times& times) noexcept {
        if (!heard.flags.ack() || heard.flags.rst()) return;
        const sequence_number ack = heard.acknowledgment;
        if (has(has_highest) && beyond_max_window(highest, ack)) return; // it is of another connection
        take_answer(heard, times);
        if (!has(has_early) && (!has(has_highest) || before(highest, ack))) {
            early = ack;
            early_time = heard.time;
            known |= has_early;
        }
        if (!has(has_acknowledged) || before(acknowledged, ack)) acknowledged = ack;
        known |= has_acknowledged;
    }

    /// The side received an acknowledgment: perhaps of what is awaited.
    TCPLENS_ALWAYS_INLINE constexpr void take_answer(const segment& heard,
                                                     direction_skew::answer_times& times) noexcept {
        if (!has(has_awaited) || before(heard.acknowledgment, awaited)) return;
        forget(has_awaited);
        const std::chrono::nanoseconds time = heard.time - awaited_time;
        if (times.count >= shortest.size() && time >= (std::max)(shortest.back(), std::chrono::nanoseconds::zero()) &&
            least_round_trip::is_plausible(time)) {
            ++times.count;
        } else {
            sample(time, times);
        }
    }

    TCPLENS_NOINLINE constexpr void sample(std::chrono::nanoseconds time,
                                           direction_skew::answer_times& times) noexcept {
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
