// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/sequence_number.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// What is known of bytes that are sent again.
struct retransmitted {
    std::optional<std::chrono::nanoseconds> since_last{}; ///< since they were sent the last time, if that is remembered
    std::uint16_t times = 0; ///< how often they were sent again by now, as far as remembered
};

/// What an acknowledgment tells of the sends that it covers.
struct ack_effect {
    enum class kind : std::uint8_t {
        none,      ///< no remembered segment ends at the acknowledged number
        clear,     ///< the segment that ends there was sent once: a round trip sample
        ambiguous, ///< the segment was sent more than once: no sample (Karn's algorithm)
        post_loss, ///< lower numbers were sent after the segment, and the acknowledgment waited for them
    };
    kind is = kind::none;
    std::uint32_t cumulative = 0;      ///< segments below that one that the acknowledgment covers too
    std::chrono::nanoseconds waited{}; ///< since that segment was sent the last time
};

/// Times round trips: remembers the segments of one direction that wait for their acknowledgment, and when each was sent.
///
/// At most `Capacity` segments are remembered. If there are more, about half of them are dropped and from then on every second one is
/// taken, then every fourth, and so on, until few are in flight again. A hash of the sequence number chooses, so that neither the
/// waiting time nor the place in a burst nor delayed acknowledgments bias the samples.
template <std::size_t Capacity = 16>
class round_trip_sampler {
    static_assert(Capacity >= 4 && Capacity <= 32768 && std::has_single_bit(Capacity));

public:
    /// New numbers [begin, end) were sent. Returns how many sends are not followed for lack of room: this one, or others that were
    /// dropped in its favour.
    constexpr std::uint32_t sent(sequence_number begin, sequence_number end, timestamp time) noexcept {
        if (thinning_ > 0) {
            if (count_ <= Capacity / 4) --thinning_;
            if (!is_chosen(end, thinning_)) return 1;
        }
        std::uint32_t dropped = 0;
        if (count_ == Capacity) {
            dropped = thin_out();
            if (count_ == Capacity || !is_chosen(end, thinning_)) return dropped + 1;
        }
        insert(begin, end, time, 0);
        return dropped;
    }

    /// The numbers [begin, end) were sent again; those below `acknowledged` needlessly.
    constexpr retransmitted sent_again(sequence_number begin, sequence_number end, sequence_number acknowledged,
                                       timestamp time) noexcept {
        retransmitted done;
        if (!before(acknowledged, end)) { // all needlessly: it gives no sample, but delays what still waits
            overtake(begin, time);
            return done;
        }
        if (before(begin, acknowledged)) begin = acknowledged;
        bool found = false;
        for (std::size_t i = 0; i < count_; ++i) {
            if (!before(ranges_[slot(i)].begin, end)) break;
            if (!before(begin, ranges_[slot(i)].end)) continue;
            // It may be cut into other segments now. Without room for the pieces, all of it counts as sent again.
            if (before(ranges_[slot(i)].begin, begin) && begin != acknowledged && split(i, begin)) continue;
            if (before(end, ranges_[slot(i)].end)) split(i, end);
            const std::size_t at = slot(i);
            if (!found) done.since_last = time - times_[at];
            found = true;
            times_[at] = time;
            std::uint16_t& again = marks_[at];
            again &= resent;
            if (again < resent) ++again;
            if (again > done.times) done.times = again;
        }
        overtake(begin, time);
        if (!found) { // it was not remembered; from now on it is, if there is room
            done.times = 1;
            if (count_ < Capacity) insert(begin, end, time, 1);
        }
        return done;
    }

    /// All numbers below `number` are acknowledged.
    constexpr ack_effect acknowledged(sequence_number number, timestamp time) noexcept {
        ack_effect said;
        while (count_ > 0 && !before(number, ranges_[head_].end)) {
            if (ranges_[head_].end == number) {
                const std::uint16_t mark = marks_[head_];
                said.is = (mark & overtaken) != 0 ? ack_effect::kind::post_loss
                          : mark != 0             ? ack_effect::kind::ambiguous
                                                  : ack_effect::kind::clear;
                said.waited = time - times_[head_];
            } else {
                ++said.cumulative;
            }
            head_ = static_cast<std::uint16_t>(slot(1));
            --count_;
        }
        return said;
    }

    constexpr void clear() noexcept { *this = {}; }
    [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }

private:
    struct range {
        sequence_number begin{};
        sequence_number end{};
    };

    static constexpr std::uint8_t most_thinning = 31;
    static constexpr std::uint16_t overtaken = 0x8000; ///< lower numbers were sent after it
    static constexpr std::uint16_t resent = 0x7fff;    ///< how often it was sent again

    [[nodiscard]] constexpr std::size_t slot(std::size_t place) const noexcept { return (head_ + place) % Capacity; }

    /// True of one of 2^thinning numbers, spread as if at random.
    [[nodiscard]] static constexpr bool is_chosen(sequence_number end, unsigned thinning) noexcept {
        std::uint32_t mixed = end.value;
        mixed = (mixed ^ mixed >> 16) * 0x7feb352du; // Wellons' lowbias32
        mixed = (mixed ^ mixed >> 15) * 0x846ca68bu;
        mixed ^= mixed >> 16;
        return (mixed & ((std::uint32_t{1} << thinning) - 1)) == 0;
    }

    /// Drops about half of the segments that were sent only once.
    constexpr std::uint32_t thin_out() noexcept {
        std::size_t kept = count_;
        while (kept == count_ && thinning_ < most_thinning) {
            ++thinning_;
            kept = 0;
            for (std::size_t i = 0; i < count_; ++i) {
                const std::size_t from = slot(i);
                if ((marks_[from] & resent) == 0 && !is_chosen(ranges_[from].end, thinning_)) continue;
                move(from, slot(kept++));
            }
        }
        const auto dropped = static_cast<std::uint32_t>(count_ - kept);
        count_ = static_cast<std::uint16_t>(kept);
        return dropped;
    }

    constexpr void move(std::size_t from, std::size_t to) noexcept {
        times_[to] = times_[from];
        ranges_[to] = ranges_[from];
        marks_[to] = marks_[from];
    }

    constexpr void insert(sequence_number begin, sequence_number end, timestamp time, std::uint16_t mark) noexcept {
        std::size_t place = count_;
        while (place > 0 && before(begin, ranges_[slot(place - 1)].begin)) --place;
        open(place);
        const std::size_t at = slot(place);
        times_[at] = time;
        ranges_[at] = {begin, end};
        marks_[at] = mark;
        overtake(begin, time);
    }

    /// Cuts a range in two at `where`.
    constexpr bool split(std::size_t place, sequence_number where) noexcept {
        if (count_ == Capacity) return false;
        open(place + 1);
        move(slot(place), slot(place + 1));
        ranges_[slot(place)].end = where;
        ranges_[slot(place + 1)].begin = where;
        return true;
    }

    constexpr void open(std::size_t place) noexcept {
        for (std::size_t at = count_++; at > place; --at) move(slot(at - 1), slot(at));
    }

    /// A segment that begins at `begin` was sent: ranges above that were sent before have to wait for it.
    constexpr void overtake(sequence_number begin, timestamp time) noexcept {
        for (std::size_t i = count_; i > 0; --i) {
            const std::size_t at = slot(i - 1);
            if (!before(begin, ranges_[at].begin)) return;
            if (times_[at] < time) marks_[at] |= overtaken;
        }
    }

    friend void archive(auto& ar, round_trip_sampler& of) {
        auto& [times, ranges, marks, head, count, thinning] = of;
        ar.expect_equal("sends of a profile_observer", std::uint16_t{Capacity});
        ar.bounded(head, Capacity - 1);
        ar.bounded(count, Capacity);
        ar.bounded(thinning, most_thinning);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t at = of.slot(i);
            ar(times[at], ranges[at], marks[at]);
        }
    }

    std::array<timestamp, Capacity> times_{}; ///< when each was sent the last time
    std::array<range, Capacity> ranges_{};    ///< by sequence number, in a ring that begins at head_
    std::array<std::uint16_t, Capacity> marks_{};
    std::uint16_t head_ = 0;
    std::uint16_t count_ = 0;
    std::uint8_t thinning_ = 0; ///< one of 2^thinning_ segments is followed
};

} // namespace tcplens::inline v1::detail
