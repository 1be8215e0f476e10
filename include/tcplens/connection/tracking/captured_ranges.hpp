// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The captured sequence numbers of one direction, as ranges with holes between them.
///
/// At most `Capacity` ranges are remembered; a further one makes the set forget the lowest. Below the forgotten ranges, acknowledged
/// numbers count as captured, since only sent numbers are acknowledged. Numbers more than `max_sequence_age` below the highest are
/// forgotten. A segment that lies further away begins the set anew.
template <std::size_t Capacity = 8>
class captured_ranges {
    static_assert(Capacity >= 2 && Capacity <= 65535);

public:
    struct addition {
        std::uint32_t covered = 0; ///< numbers of the segment that had been captured before
        bool fills_hole = false;   ///< some of its numbers had not been captured, though higher ones had
        bool forgot = false;       ///< the set had to forget a range
        bool unsure = false;       ///< the segment reaches below a forgotten range: `covered` may be wrong
    };

    /// Adds the numbers of [begin, end). The peer has acknowledged all numbers below `acknowledged`. @pre begin is before end
    constexpr addition add(sequence_number begin, sequence_number end, sequence_number acknowledged) noexcept {
        if (count_ > 0 && begin == top().end) { // the usual case: in order
            top().end = end;
            age();
            return {};
        }
        return add_elsewhere(begin, end, acknowledged);
    }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
    /// After the highest number. @pre !empty()
    [[nodiscard]] constexpr sequence_number highest() const noexcept { return ranges_[count_ - 1u].end; }

private:
    struct range {
        sequence_number begin{};
        sequence_number end{};
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
            const sequence_number limit = earlier(end, known_from_);
            done.unsure = true;
            if (before(begin, acknowledged)) done.covered = earlier(limit, acknowledged).value - begin.value;
            done.fills_hole = done.covered < limit.value - begin.value;
            if (limit == end) return done;
            begin = limit;
        }

        const touched_ranges touched = find_touched(begin, end);
        done.covered += touched.covered;
        if (count_ > 0 && before(begin, top().end)) {
            done.fills_hole |= touched.covered < earlier(end, top().end).value - begin.value;
        }
        if (touched.first < touched.last) merge(touched);
        else if (count_ < Capacity) insert(touched.first, touched.merged);
        else {
            done.forgot = forgot_ = true;
            insert_and_forget(touched.first, touched.merged);
        }
        age();
        return done;
    }

    /// The ranges from `first` up to, not including, `last`, which touch a segment.
    struct touched_ranges {
        std::size_t first = 0;
        std::size_t last = 0;
        std::uint32_t covered = 0; ///< numbers of the segment that they hold
        range merged{};            ///< all of them and the segment in one
    };
    [[nodiscard]] constexpr touched_ranges find_touched(sequence_number begin, sequence_number end) const noexcept {
        touched_ranges touched{.first = count_, .merged = {begin, end}};
        while (touched.first > 0 && !before(ranges_[touched.first - 1].end, begin)) --touched.first;
        touched.last = touched.first;
        for (; touched.last < count_ && !before(end, ranges_[touched.last].begin); ++touched.last) {
            const range& held = ranges_[touched.last];
            touched.covered += earlier(held.end, end).value - later(held.begin, begin).value;
            touched.merged = {earlier(held.begin, touched.merged.begin), later(held.end, touched.merged.end)};
        }
        return touched;
    }

    constexpr void merge(const touched_ranges& touched) noexcept {
        ranges_[touched.first] = touched.merged;
        for (std::size_t from = touched.last, to = touched.first + 1; from < count_; ++from, ++to) {
            ranges_[to] = ranges_[from];
        }
        count_ = static_cast<std::uint16_t>(count_ - (touched.last - touched.first - 1));
    }
    /// @pre there is room
    constexpr void insert(std::size_t place, const range& added) noexcept {
        for (std::size_t at = count_++; at > place; --at) ranges_[at] = ranges_[at - 1];
        ranges_[place] = added;
    }
    /// Forgets the lowest range, which may be `added` itself.
    constexpr void insert_and_forget(std::size_t place, const range& added) noexcept {
        if (place == 0) {
            known_from_ = added.end;
            return;
        }
        known_from_ = ranges_[0].end;
        for (std::size_t at = 1; at < place; ++at) ranges_[at - 1] = ranges_[at];
        ranges_[place - 1] = added;
    }

    [[nodiscard]] static constexpr sequence_number earlier(sequence_number a, sequence_number b) noexcept {
        return before(b, a) ? b : a;
    }
    [[nodiscard]] static constexpr sequence_number later(sequence_number a, sequence_number b) noexcept {
        return before(a, b) ? b : a;
    }

    /// Forgets numbers so far below the highest that they would soon seem to lie above it.
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

} // namespace tcplens::inline v1::detail
