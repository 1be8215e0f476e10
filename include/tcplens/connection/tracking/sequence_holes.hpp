// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/sequence_number.hpp"
#include "send_order.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// The gaps in the captured sequence numbers of one direction. At most `capacity` holes are remembered: when another opens, the lowest
/// is forgotten, and forgotten() tells below which number holes may be missing.
class sequence_holes {
public:
    static constexpr std::size_t capacity = 12;

    /// The segment that opened a hole: it came before the bytes that belong there.
    struct opening {
        timestamp time{};
        std::uint64_t packet_number = 0;
        send_stamp stamp{};

        [[nodiscard]] friend constexpr bool operator==(const opening&, const opening&) noexcept = default;
    };

    /// What a segment filled.
    struct filling {
        std::uint32_t bytes = 0;
        opening opened{}; ///< of the lowest hole that it reached; empty if `bytes` is 0
    };

    /// Adds the hole [begin, end). @pre it is not empty and overlaps no other
    constexpr void open(sequence_number begin, sequence_number end, const opening& by) noexcept {
        if (count_ == capacity) {
            if (before(begin, holes_[0].begin)) {
                forget(end);
                return;
            }
            forget(holes_[0].end);
            drop_lowest();
        }
        std::size_t at = count_++;
        for (; at > 0 && before(begin, holes_[at - 1].begin); --at) holes_[at] = holes_[at - 1];
        holes_[at] = {begin, end, by};
    }

    /// Removes [begin, end) from the holes. A hole that is filled in its middle becomes two.
    constexpr filling fill(sequence_number begin, sequence_number end) noexcept {
        filling done;
        if (count_ == 0) return done;
        const sequence_holes old = *this;
        count_ = 0;
        for (std::size_t i = 0; i < old.count_; ++i) {
            const hole& here = old.holes_[i];
            const auto from = before(here.begin, begin) ? begin : here.begin;
            const auto to = before(end, here.end) ? end : here.end;
            if (!before(from, to)) {
                open(here.begin, here.end, here.by);
                continue;
            }
            if (done.bytes == 0) done.opened = here.by;
            done.bytes += to.value - from.value;
            if (before(here.begin, from)) open(here.begin, from, here.by);
            if (before(to, here.end)) open(to, here.end, here.by);
        }
        return done;
    }

    /// Drops holes so far below `next`, the highest sequence number, that their numbers could soon be taken for new ones.
    constexpr void age(sequence_number next) noexcept {
        while (count_ > 0 && distance(holes_[0].begin, next) > max_sequence_age) drop_lowest();
        forgot_ = forgot_ && distance(forgotten_up_to_, next) <= max_sequence_age;
    }

    /// Drops holes at or above `from`: those numbers were forged or damaged.
    constexpr void drop_from(sequence_number from) noexcept {
        while (count_ > 0 && !before(holes_[count_ - 1].begin, from)) --count_;
    }

    /// Whether holes may have been forgotten that began before `at`.
    [[nodiscard]] constexpr bool forgotten(sequence_number at) const noexcept {
        return forgot_ && before(at, forgotten_up_to_);
    }

    /// Whether holes were forgotten so recently that it matters for what is sent now.
    [[nodiscard]] constexpr bool forgot_any() const noexcept { return forgot_; }

    [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }

    [[nodiscard]] friend constexpr bool operator==(const sequence_holes&, const sequence_holes&) noexcept = default;

private:
    struct hole {
        sequence_number begin{};
        sequence_number end{};
        opening by{};

        [[nodiscard]] friend constexpr bool operator==(const hole&, const hole&) noexcept = default;
    };

    constexpr void forget(sequence_number up_to) noexcept {
        if (!forgot_ || before(forgotten_up_to_, up_to)) forgotten_up_to_ = up_to;
        forgot_ = true;
    }
    constexpr void drop_lowest() noexcept {
        for (std::size_t i = 1; i < count_; ++i) holes_[i - 1] = holes_[i];
        --count_;
    }

    friend void archive(auto& ar, sequence_holes& of) {
        auto& [holes, forgotten_up_to, count, forgot] = of;
        ar.bounded(count, capacity);
        for (std::size_t i = 0; i < count; ++i) ar(holes[i]);
        ar(forgotten_up_to, forgot);
    }

    std::array<hole, capacity> holes_{};
    sequence_number forgotten_up_to_{};
    std::uint8_t count_ = 0;
    bool forgot_ = false;
};

} // namespace tcplens::inline v1::detail
