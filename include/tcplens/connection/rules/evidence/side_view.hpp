// SPDX-License-Identifier: MIT
#pragma once

#include "side_state.hpp"

#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// One side of a connection, with its long memory if it has one. `->` reaches its side_state.
struct side_view {
    side_state& state;
    side_beginning& beginning;
    long_memory* at_length; ///< null if the connection has no long memory

    constexpr side_state& operator*() const noexcept { return state; }
    constexpr side_state* operator->() const noexcept { return &state; }

    /// The latest segment with this fingerprint, or null.
    [[nodiscard]] constexpr const remembered_segment* find_copy(std::uint32_t fingerprint) const noexcept {
        return at_length ? at_length->recent.find_copy(fingerprint, state.remembered)
                         : state.recent.find_copy(fingerprint, state.remembered);
    }
    /// The latest segment that covers the sequence number, or null.
    [[nodiscard]] constexpr const remembered_segment* find_covering(sequence_number at) const noexcept {
        return at_length ? at_length->recent.find_covering(at, state.remembered)
                         : state.recent.find_covering(at, state.remembered);
    }
    constexpr void remember(const segment& sent, std::uint32_t fingerprint, const send_stamp& stamp,
                            copy_kind kind) const noexcept {
        const auto kept = remembered_segment::of(sent, sent.sequence_length() & 0xffffff, fingerprint);
        if (at_length) at_length->recent.remember(kept, stamp, kind, state.remembered);
        else state.recent.remember(kept, stamp, kind, state.remembered);
        state.remembered.increment();
    }
    /// Its last segment. @pre heard
    [[nodiscard]] constexpr const remembered_segment& last() const noexcept {
        return at_length ? at_length->recent.latest(1, state.remembered) : state.recent.latest(1, state.remembered);
    }
    /// The segment before the `age` - 1 last ones; an empty one if there is none. @pre 0 < age <= 7
    [[nodiscard]] constexpr const remembered_segment& latest(std::size_t age) const noexcept {
        return at_length ? at_length->recent.latest(age, state.remembered) : state.recent.latest(age, state.remembered);
    }
    constexpr void open_hole(sequence_number begin, sequence_number end,
                             const sequence_holes::opening& by) const noexcept {
        if (at_length) at_length->holes.open(begin, end, by);
        else state.lost_holes = true;
    }
    [[nodiscard]] constexpr bool has_holes() const noexcept {
        return state.lost_holes || (at_length && !at_length->holes.empty());
    }
    /// Whether there may have been holes that began before `at` and are forgotten.
    [[nodiscard]] constexpr bool may_have_forgotten(sequence_number at) const noexcept {
        return state.lost_holes || (at_length && at_length->holes.forgotten(at));
    }
    /// A segment that ends before `end` was captured. @pre `next` becomes `end` if that is further
    constexpr void capture(sequence_number end) const noexcept {
        if (before(state.captured_up_to(), end)) state.uncaptured = state.next.value - end.value;
    }
    /// Makes `next` the number after the highest. Forgets what lies so far behind that its numbers, which repeat after 4 GiB,
    /// could be taken for new ones.
    constexpr void go_on_to(sequence_number next) const noexcept {
        const bool goes_far = state.goes_far(next);
        state.uncaptured += next.value - state.next.value;
        state.next = next;
        if (!goes_far) return;
        if (at_length) {
            at_length->holes.age(next);
            at_length->overtaken.age(next);
        }
        measure_first();
    }
    /// Notes whether `first` is so far below `next` that it may look higher: by a jump, or by a segment from far below, that is soon so.
    constexpr void measure_first() const noexcept {
        if (state.next.value - state.first.value > std::uint32_t{max_sequence_age}) state.first_is_near = false;
    }
    /// Begins anew. What is known of the capture stays: the long memory, and how packets come twice.
    constexpr void forget() const noexcept {
        state = {.busy = state.busy, .since_duplicate = state.since_duplicate, .copy_delay = state.copy_delay};
        beginning = {};
        if (at_length) *at_length = {};
    }
};

} // namespace tcplens::inline v1::detail::evidence
