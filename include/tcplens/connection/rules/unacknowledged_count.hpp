// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Counts the segments of one direction that wait for an acknowledgment, from the sequence numbers after their last bytes. The numbers
/// are kept as runs at equal distances, as bulk data makes them, so that few words hold thousands.
///
/// At most `capacity` runs are remembered. If there are more, the two oldest become one, whose numbers are assumed to be spread evenly:
/// from the next acknowledgment on the count is an estimate, until no segment waits any more. See exact().
class unacknowledged_count {
public:
    static constexpr std::size_t capacity = 8;

    /// Adds a segment that ends before `end`.
    constexpr void add(sequence_number end) noexcept {
        ++size_;
        if (count_ > 0 && runs_[count_ - 1].takes(end)) {
            runs_[count_ - 1].append(end);
            return;
        }
        if (count_ == capacity) merge_oldest();
        runs_[count_++] = {.first = end};
    }

    /// Removes the segments that `acknowledgment` covers: those whose end does not come after it.
    constexpr void remove_up_to(sequence_number acknowledgment) noexcept {
        std::size_t kept = 0;
        size_ = 0;
        for (std::size_t i = 0; i < count_; ++i) {
            run left = runs_[i];
            if (left.spread) exact_ = false;
            left.remove_up_to(acknowledgment);
            if (left.count == 0) continue;
            size_ += left.count;
            runs_[kept++] = left;
        }
        count_ = kept;
        if (size_ == 0) exact_ = true;
    }

    [[nodiscard]] constexpr std::uint32_t size() const noexcept { return size_; }

    /// Whether size() is exact, not an estimate.
    [[nodiscard]] constexpr bool exact() const noexcept { return exact_; }

private:
    static constexpr std::uint32_t half = std::uint32_t{1} << 31;
    static constexpr std::uint32_t most_restored = half / capacity; ///< of a run: so all of them can be added

    /// first, first + step, first + 2 * step, ... It spans less than half of the sequence space.
    struct run {
        sequence_number first{};
        std::uint32_t step = 0;
        std::uint32_t count = 1;
        bool spread = false; ///< the numbers are not the true ones

        [[nodiscard]] static constexpr bool is_consistent(const run& of) noexcept {
            return of.count > 0 && of.count <= most_restored;
        }

        [[nodiscard]] constexpr std::uint32_t span() const noexcept { return step * (count - 1); }

        [[nodiscard]] constexpr bool takes(sequence_number end) const noexcept {
            const std::uint32_t from_first = end.value - first.value;
            return from_first < half && !spread && (count == 1 || from_first == span() + step);
        }
        constexpr void append(sequence_number end) noexcept {
            if (count == 1) step = end.value - first.value;
            ++count;
        }

        constexpr void remove_up_to(sequence_number acknowledgment) noexcept {
            // The covered half of the sequence space begins or ends at most once within the run: what holds for the first
            // number holds up to there, and the contrary after it.
            const std::uint32_t reach = acknowledgment.value - first.value;
            const std::uint32_t alike = step == 0 ? count : (std::min)(count, reach % half / step + 1);
            if (reach < half) {
                first = first + alike * step;
                count -= alike;
            } else {
                count = alike;
            }
        }
    };

    constexpr void merge_oldest() noexcept {
        const run& a = runs_[0];
        const run& b = runs_[1];
        const sequence_number begin = before(b.first, a.first) ? b.first : a.first;
        const std::uint32_t span = (std::min)((std::max)(a.first.value - begin.value + a.span(), //
                                                         b.first.value - begin.value + b.span()),
                                              half - 1);
        const std::uint32_t count = a.count + b.count;
        runs_[0] = {.first = begin, .step = span / (count - 1), .count = count, .spread = true};
        std::move(runs_.begin() + 2, runs_.begin() + static_cast<std::ptrdiff_t>(count_), runs_.begin() + 1);
        --count_;
    }

    friend void archive(auto& ar, unacknowledged_count& of) {
        auto& [runs, count, size, exact] = of;
        ar(exact);
        ar.count(count, capacity);
        size = 0;
        for (std::size_t i = 0; i < count; ++i) {
            ar(runs[i]);
            size += runs[i].count;
        }
    }

    std::array<run, capacity> runs_{};
    std::size_t count_ = 0;
    std::uint32_t size_ = 0;
    bool exact_ = true;
};

} // namespace tcplens::inline v1::detail
