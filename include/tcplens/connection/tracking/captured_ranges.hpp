// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// Which sequence numbers of one direction were captured, as ranges. At most `Capacity` ranges are remembered, which is one
/// more than holes between them; of more, the lowest is forgotten. Of what lies below that, it is taken for captured what
/// was acknowledged, since nothing is acknowledged that was not sent. Nothing is remembered of what lies more than
/// `max_sequence_age` below the highest number; a segment that lies further away than that begins the set anew.
template <std::size_t Capacity = 8>
class captured_ranges {
    static_assert(Capacity >= 2 && Capacity <= 65535);

public:
    struct addition {
        std::uint32_t covered = 0; ///< numbers that had been captured before
        bool fills_hole = false;   ///< others had not, though higher ones had
        bool forgot = false;       ///< a range had to be forgotten
        bool unsure = false;       ///< it reached below a forgotten one: `covered` may be wrong
    };

    /// Adds the numbers from `begin` up to, not including, `end`; up to `acknowledged` the peer says that it has all.
    /// \pre begin is before end
    constexpr addition add(sequence_number begin, sequence_number end, sequence_number acknowledged) noexcept {
        if (count_ > 0 && begin == top().end) { // the usual case: in order
            top().end = end;
            age();
            return {};
        }
        return add_elsewhere(begin, end, acknowledged);
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
    /// After the highest number. \pre !empty()
    [[nodiscard]] constexpr sequence_number highest() const noexcept { return ranges_[count_ - 1u].end; }

private:
    struct range {
        sequence_number begin{};
        sequence_number end{};

        static void archive(auto& ar, range& of) {
            auto& [begin_, end_] = of;
            ar(begin_, end_);
        }
    };

    [[nodiscard]] constexpr range& top() noexcept { return ranges_[count_ - 1u]; }

    constexpr addition add_elsewhere(sequence_number begin, sequence_number end,
                                     sequence_number acknowledged) noexcept {
        addition done;
        if (count_ > 0) {
            const std::int32_t away = distance(top().end, begin);
            if (away > max_sequence_age || away < -max_sequence_age) *this = {};
        }
        if (forgot_ && before(begin, known_from_)) {
            const sequence_number limit = before(end, known_from_) ? end : known_from_;
            done.unsure = true;
            if (before(begin, acknowledged)) {
                done.covered = (before(limit, acknowledged) ? limit : acknowledged).value - begin.value;
            }
            done.fills_hole = done.covered < limit.value - begin.value;
            if (limit == end) return done;
            begin = limit;
        }

        // The ranges from `first` up to, not including, `last` touch it, and become one with it.
        std::size_t first = count_;
        while (first > 0 && !before(ranges_[first - 1].end, begin)) --first;
        std::size_t last = first;
        std::uint32_t covered = 0;
        range merged{begin, end};
        for (; last < count_ && !before(end, ranges_[last].begin); ++last) {
            const range& here = ranges_[last];
            const auto from = before(here.begin, begin) ? begin : here.begin;
            const auto to = before(here.end, end) ? here.end : end;
            covered += to.value - from.value;
            if (before(here.begin, merged.begin)) merged.begin = here.begin;
            if (before(merged.end, here.end)) merged.end = here.end;
        }
        done.covered += covered;
        if (count_ > 0 && before(begin, top().end)) {
            const sequence_number below = before(end, top().end) ? end : top().end;
            done.fills_hole |= covered < below.value - begin.value;
        }

        if (first < last) {
            ranges_[first] = merged;
            for (std::size_t from = last, to = first + 1; from < count_; ++from, ++to) ranges_[to] = ranges_[from];
            count_ = static_cast<std::uint16_t>(count_ - (last - first - 1));
        } else if (count_ < Capacity) {
            for (std::size_t at = count_++; at > first; --at) ranges_[at] = ranges_[at - 1];
            ranges_[first] = merged;
        } else {
            done.forgot = forgot_ = true;
            if (first == 0) {
                known_from_ = end;
            } else {
                known_from_ = ranges_[0].end;
                for (std::size_t at = 1; at < first; ++at) ranges_[at - 1] = ranges_[at];
                ranges_[first - 1] = merged;
            }
        }
        age();
        return done;
    }

    /// Forgets what is so far below the highest number that it would soon seem to lie above it.
    constexpr void age() noexcept {
        const sequence_number oldest = highest() - static_cast<std::uint32_t>(max_sequence_age);
        if (forgot_ && !before(oldest, known_from_)) forgot_ = false;
        if (!before(ranges_[0].begin, oldest)) return;
        std::size_t gone = 0;
        while (!before(oldest, ranges_[gone].end)) ++gone; // the highest is not
        for (std::size_t at = gone; at < count_; ++at) ranges_[at - gone] = ranges_[at];
        count_ = static_cast<std::uint16_t>(count_ - gone);
        if (before(ranges_[0].begin, oldest)) ranges_[0].begin = oldest;
    }

    friend void archive(auto& ar, captured_ranges& of) {
        auto& [ranges, known_from, count, forgot] = of;
        ar.expect_equal("ranges of a profile_observer", std::uint16_t{Capacity});
        ar.bounded(count, Capacity);
        for (std::size_t i = 0; i < count; ++i) ar(ranges[i]);
        ar(known_from, forgot);
    }

    std::array<range, Capacity> ranges_{}; ///< in order, with a hole between each two
    sequence_number known_from_{};         ///< below this, ranges were forgotten
    std::uint16_t count_ = 0;
    bool forgot_ = false;
};

} // namespace tcplens::inline v0::detail
