// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "least_round_trip.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// A few disjoint ranges of sequence numbers, in order. A further range than `Capacity` joins the two neighbours that lie closest, with all
/// numbers between them.
template <std::size_t Capacity>
class number_ranges {
public:
    constexpr void add(sequence_number begin, sequence_number end) noexcept {
        std::size_t first = count_;
        while (first > 0 && !before(ranges_[first - 1].end, begin)) --first;
        std::size_t last = first;
        for (; last < count_ && !before(end, ranges_[last].begin); ++last) {
            if (before(ranges_[last].begin, begin)) begin = ranges_[last].begin;
            if (before(end, ranges_[last].end)) end = ranges_[last].end;
        }
        replace(first, last, {begin, end});
        if (count_ > Capacity) join_closest();
    }

    /// Forgets all numbers below `number`.
    constexpr void drop_below(sequence_number number) noexcept {
        std::size_t gone = 0;
        while (gone < count_ && !before(number, ranges_[gone].end)) ++gone;
        if (gone > 0) {
            for (std::size_t at = gone; at < count_; ++at) ranges_[at - gone] = ranges_[at];
            count_ = static_cast<std::uint8_t>(count_ - gone);
        }
        if (count_ > 0 && before(ranges_[0].begin, number)) ranges_[0].begin = number;
    }

    /// Whether any number of [begin, end) is among them.
    [[nodiscard]] constexpr bool touches(sequence_number begin, sequence_number end) const noexcept {
        for (std::size_t at = 0; at < count_; ++at) {
            if (before(ranges_[at].begin, end) && before(begin, ranges_[at].end)) return true;
        }
        return false;
    }

    /// The begin of the range that holds the number before `end`; `end` itself if there is none.
    [[nodiscard]] constexpr sequence_number skip_down(sequence_number end) const noexcept {
        for (std::size_t at = 0; at < count_; ++at) {
            if (before(ranges_[at].begin, end) && !before(ranges_[at].end, end)) return ranges_[at].begin;
        }
        return end;
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }

private:
    struct range {
        sequence_number begin{};
        sequence_number end{};
    };

    /// Puts one range in the place of those from `first` up to, not including, `last`.
    constexpr void replace(std::size_t first, std::size_t last, const range& by) noexcept {
        if (first == last) {
            for (std::size_t at = count_; at > first; --at) ranges_[at] = ranges_[at - 1];
            ++count_;
        } else {
            for (std::size_t from = last, to = first + 1; from < count_; ++from, ++to) ranges_[to] = ranges_[from];
            count_ = static_cast<std::uint8_t>(count_ - (last - first - 1));
        }
        ranges_[first] = by;
    }

    constexpr void join_closest() noexcept {
        std::size_t closest = 0;
        std::uint32_t least = UINT32_MAX;
        for (std::size_t at = 0; at + 1 < count_; ++at) {
            const std::uint32_t hole = ranges_[at + 1].begin.value - ranges_[at].end.value;
            if (hole < least) {
                least = hole;
                closest = at;
            }
        }
        replace(closest, closest + 2, {ranges_[closest].begin, ranges_[closest + 1].end});
    }

    friend void archive(auto& ar, number_ranges& ranges) {
        ar.bounded(ranges.count_, Capacity);
        for (std::size_t at = 0; at < ranges.count_; ++at) ar(ranges.ranges_[at]);
    }

    std::array<range, Capacity + 1> ranges_{}; ///< one more than remembered, for the moment before two are joined
    std::uint8_t count_ = 0;
};

/// The minimum of the last five minutes, as Linux keeps it (Kathleen Nichols' windowed filter): the least value and the least
/// two that came after it. When the least is too old, the next takes its place.
class windowed_minimum {
    using nanoseconds = std::chrono::nanoseconds;

public:
    constexpr void add(timestamp now, nanoseconds value) noexcept {
        const sample latest{now, value};
        if (!known_ || value <= best_[0].value || now - best_[2].time > window) {
            known_ = true;
            best_.fill(latest);
            return;
        }
        if (value <= best_[1].value) best_[1] = best_[2] = latest;
        else if (value <= best_[2].value) best_[2] = latest;
        const nanoseconds age = now - best_[0].time;
        if (age > window) {
            shift(latest);
            if (now - best_[0].time > window) shift(latest);
        } else if (best_[1].time == best_[0].time && age > window / 4) {
            best_[1] = best_[2] = latest;
        } else if (best_[2].time == best_[1].time && age > window / 2) {
            best_[2] = latest;
        }
    }

    [[nodiscard]] constexpr std::optional<nanoseconds> least() const noexcept {
        return known_ ? std::optional{best_[0].value} : std::nullopt;
    }

private:
    static constexpr nanoseconds window = std::chrono::minutes{5}; ///< Linux: net.ipv4.tcp_min_rtt_wlen

    struct sample {
        timestamp time{};
        nanoseconds value{};
    };

    constexpr void shift(const sample& latest) noexcept {
        best_[0] = best_[1];
        best_[1] = best_[2];
        best_[2] = latest;
    }

    friend void archive(auto& ar, windowed_minimum& of) {
        ar(of.known_);
        for (sample& each : of.best_) {
            ar(each.time, each.value);
            ar.require(least_round_trip::is_plausible(each.value));
        }
    }

    std::array<sample, 3> best_{};
    bool known_ = false;
};

/// The least round trip of one sender by the rule of the Linux kernel (tcpi_min_rtt of struct tcp_info), for a capture beside
/// it.
///
/// An acknowledgment gives one sample: from the last segment that it newly reports by SACK, or else newly acknowledges. Segments that
/// were sent more than once give none, and an acknowledgment of a range with such a segment in it gives none but by SACK. If there
/// is neither, and the acknowledgment advances, its timestamps option gives one (RFC 7323 section 4) in whole milliseconds, at
/// least one. An acknowledgment that may have been delayed, of a lone segment that is not full, only lowers the minimum, and does not
/// replace one that is too old.
///
/// Up to `Capacity` bursts in flight are timed. When there are more, segments that were sent shortly after each other count as one
/// burst, timed by its begin; so a sample may be too large by a part of the round trip, but never too small.
template <std::size_t Capacity = 16>
class kernel_round_trip {
    static_assert(Capacity >= 4 && Capacity <= 128);
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// Sequence numbers are sent. `next`: after the highest number that was sent before; `acknowledged`: the peer has all below; `again`:
    /// they are sent once more, though they were not captured before.
    constexpr void on_sent(const segment& sent, sequence_number next, sequence_number acknowledged,
                           bool again) noexcept {
        learn_clock(sent);
        const sequence_number begin = before(sent.sequence, acknowledged) ? acknowledged : sent.sequence;
        const sequence_number end = sent.sequence_end();
        if (!before(begin, end)) return;
        if (before(next, end)) {
            // NOLINTNEXTLINE(readability-suspicious-call-argument): the range from `next` up to `begin`
            if (before(next, begin)) sent_again_.add(next, begin); // not captured: nobody knows when they were sent
            time(before(begin, next) ? next : begin, sent.time);
        }
        if (again) sent_again_.add(begin, end);
        else if (before(begin, next)) sent_again_.add(begin, before(next, end) ? next : end);
    }

    /// The peer's segment acknowledges what is below `acknowledged`, and did so before up to `previous`. `next`: after the highest number
    /// that was sent; `full_segment`: the payload of a full segment.
    constexpr void on_acknowledged(const segment& answer, sequence_number previous, sequence_number acknowledged,
                                   sequence_number next, std::uint32_t full_segment) noexcept {
        const bool had_blocks = !reported_.empty();
        std::optional<timestamp> sent = take_blocks(answer, acknowledged, next);
        if (previous == acknowledged) {
            // The kernel gives old acknowledgments no sample.
            if (answer.acknowledgment == acknowledged && sent) sample(answer.time, answer.time - *sent, false);
            return;
        }
        const bool maybe_delayed =
            !sent && !had_blocks && acknowledged.value - previous.value < full_segment && !answer.flags.syn();
        if (!sent && !sent_again_.touches(previous, acknowledged)) sent = last_sent(previous, acknowledged);
        reported_.drop_below(acknowledged);
        sent_again_.drop_below(acknowledged);
        if (sent) sample(answer.time, answer.time - *sent, maybe_delayed);
        else if (const auto by_clock = clock_sample(answer)) sample(answer.time, *by_clock, false);
        drop_acknowledged(acknowledged);
    }

    /// The numbers go on elsewhere: what is in flight is forgotten.
    constexpr void begin_anew() noexcept {
        count_ = 0;
        least_gap_ = {};
        reported_ = {};
        sent_again_ = {};
    }

    [[nodiscard]] constexpr std::optional<nanoseconds> least() const noexcept { return least_.least(); }

private:
    static constexpr nanoseconds tick = std::chrono::milliseconds{1}; ///< of Linux's timestamps option
    static constexpr nanoseconds first_gap = std::chrono::microseconds{10};
    static constexpr nanoseconds longest_gap = std::chrono::minutes{1};

    struct burst {
        sequence_number begin{};
        timestamp time{};
    };

    /// Numbers from `begin` on are sent for the first time.
    constexpr void time(sequence_number begin, timestamp now) noexcept {
        if (count_ <= Capacity / 4) least_gap_ = {};
        if (count_ > 0 && now - times_[count_ - 1u] < least_gap_ && now >= times_[count_ - 1u]) return;
        if (count_ == Capacity) thin_out();
        begins_[count_] = begin;
        times_[count_] = now;
        ++count_;
    }

    /// Joins bursts until at most three quarters are left.
    constexpr void thin_out() noexcept {
        while (count_ > Capacity * 3 / 4) {
            least_gap_ = least_gap_ == nanoseconds{} ? first_gap : least_gap_ * 2;
            std::size_t kept = 1;
            for (std::size_t at = 1; at < count_; ++at) {
                if (times_[at] - times_[kept - 1] < least_gap_ && least_gap_ < longest_gap) continue;
                begins_[kept] = begins_[at];
                times_[kept++] = times_[at];
            }
            if (least_gap_ >= longest_gap) kept = Capacity / 2; // odd times
            count_ = static_cast<std::uint8_t>(kept);
        }
    }

    /// When the number before `end` was sent first.
    [[nodiscard]] constexpr std::optional<timestamp> time_of(sequence_number end) const noexcept {
        for (std::size_t at = count_; at > 0; --at) {
            if (before(begins_[at - 1], end)) return times_[at - 1];
        }
        return std::nullopt;
    }

    /// When the last of [begin, end) was sent that was neither reported nor sent again before.
    [[nodiscard]] constexpr std::optional<timestamp> last_sent(sequence_number begin,
                                                               sequence_number end) const noexcept {
        while (before(begin, end)) {
            const sequence_number lower = sent_again_.skip_down(reported_.skip_down(end));
            if (lower == end) return time_of(end);
            end = lower;
        }
        return std::nullopt;
    }

    /// Takes in the SACK blocks (RFC 2018). Returns when the last segment was sent that they newly report.
    constexpr std::optional<timestamp> take_blocks(const segment& answer, sequence_number acknowledged,
                                                   sequence_number next) noexcept {
        std::optional<timestamp> latest;
        if (answer.options.sack_block_count == 0) return latest;
        for (const auto& block : answer.options.sack_blocks()) {
            const sequence_number begin = before(block.left, acknowledged) ? acknowledged : block.left;
            if (!before(begin, block.right) || before(next, block.right)) continue;
            if (const auto sent = last_sent(begin, block.right); sent && (!latest || *latest < *sent)) latest = sent;
        }
        for (const auto& block : answer.options.sack_blocks()) {
            const sequence_number begin = before(block.left, acknowledged) ? acknowledged : block.left;
            if (before(begin, block.right) && !before(next, block.right)) reported_.add(begin, block.right);
        }
        return latest;
    }

    constexpr void drop_acknowledged(sequence_number acknowledged) noexcept {
        std::size_t gone = 0; // the last burst that begins below stays for the numbers after
        while (gone + 1 < count_ && !before(acknowledged, begins_[gone + 1])) ++gone;
        if (gone == 0) return;
        for (std::size_t at = gone; at < count_; ++at) {
            begins_[at - gone] = begins_[at];
            times_[at - gone] = times_[at];
        }
        count_ = static_cast<std::uint8_t>(count_ - gone);
    }

    /// Of all segments, the one whose clock value was the freshest when it was sent tells best when the clock ticks.
    constexpr void learn_clock(const segment& sent) noexcept {
        const auto& stamps = sent.options.timestamps;
        if (!stamps) return;
        const nanoseconds ahead = static_cast<std::int32_t>(stamps->value - clock_) * tick;
        if (has_clock_ && ahead <= sent.time - clock_time_) return;
        has_clock_ = true;
        clock_ = stamps->value;
        clock_time_ = sent.time;
    }

    /// The round trip by the echo of the sender's clock, as the sender computes it.
    [[nodiscard]] constexpr std::optional<nanoseconds> clock_sample(const segment& answer) const noexcept {
        const auto& stamps = answer.options.timestamps;
        if (!stamps || stamps->echo == 0 || !has_clock_ || answer.time < clock_time_) return std::nullopt;
        const std::int64_t ticks =
            (answer.time - clock_time_) / tick + static_cast<std::int32_t>(clock_ - stamps->echo);
        if (ticks < 0) return std::nullopt;
        return std::max<std::int64_t>(ticks, 1) * tick;
    }

    constexpr void sample(timestamp now, nanoseconds took, bool maybe_delayed) noexcept {
        if (!least_round_trip::is_plausible(took)) return;
        if (const auto least = least_.least(); maybe_delayed && least && took > *least) return;
        least_.add(now, took);
    }

    friend void archive(auto& ar, kernel_round_trip& of) {
        ar.expect_equal("bursts of a profile_observer", std::uint16_t{Capacity});
        ar.bounded(of.count_, Capacity);
        for (std::size_t at = 0; at < of.count_; ++at) ar(of.begins_[at], of.times_[at]);
        ar(of.least_, of.reported_, of.sent_again_, of.least_gap_, of.clock_time_, of.clock_, of.has_clock_);
        ar.require(of.least_gap_ >= nanoseconds{} && of.least_gap_ <= 2 * longest_gap);
    }

    windowed_minimum least_{};
    std::array<timestamp, Capacity> times_{};        ///< when each burst began, in the order of the numbers
    std::array<sequence_number, Capacity> begins_{}; ///< where each burst begins
    number_ranges<6> reported_{};                    ///< by SACK, and not acknowledged
    number_ranges<6> sent_again_{};                  ///< or sent when is not known
    nanoseconds least_gap_{};                        ///< between the begins of two bursts
    timestamp clock_time_{};                         ///< when clock_ was sent
    std::uint32_t clock_ = 0;                        ///< of the timestamps option
    bool has_clock_ = false;
    std::uint8_t count_ = 0; ///< bursts
};

} // namespace tcplens::inline v1::detail
