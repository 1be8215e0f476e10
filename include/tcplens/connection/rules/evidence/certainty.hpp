// SPDX-License-Identifier: MIT
#pragma once

#include "../../verdict.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// What a verdict rests on, as far as that says how sure it is.
enum class basis : std::uint8_t {
    order,          ///< sequence numbers, Identifications, hop limits or clocks exclude every other reading
    inference,      ///< something that was not captured is missing, or a delay tells
    clock,          ///< the clock of a copy stands still for longer than a retransmission allows
    causes,         ///< the time since the hole opened, against a round trip that was measured
    weak_causes,    ///< the same, but close to the bound, or against the clock, or without a measured round trip
    acknowledged,   ///< the time since the acknowledgment of what was not captured before
    repeated_later, ///< the bytes were captured before, and these were sent later, but the earlier copies are forgotten
    repeated,       ///< the bytes were captured before; nothing says which copy was sent first
    same_tick,      ///< the same, but the sender's clock had not moved on
    numbered_copy,  ///< its Identification is that of the first copy of its bytes, which is forgotten
    forgotten,      ///< it was sent before others, but what was captured of its bytes is forgotten
    likeness,       ///< it equals an earlier packet that says nothing of when it was sent
};

/// A verdict with what it rests on.
struct ruling : verdict {
    basis by = basis::order;

    // NOLINTNEXTLINE(google-explicit-constructor): a verdict that rests on order is one
    constexpr ruling(const verdict& said = {}, basis reason = basis::order) noexcept : verdict{said}, by{reason} {}

    /// Adds to the evidence for the verdict.
    constexpr void add(evidence_set more) noexcept { evidence |= more; }
};

/// How sure it is that bytes that were captured before were sent again. A copy that the network made can be as late as a spurious
/// retransmission; one that the peer asked for, or that a timer sent, was sent again.
[[nodiscard]] constexpr verdict::certainty_level certainty_of_repeat(const ruling& given) noexcept {
    using enum verdict::certainty_level;
    constexpr evidence_set asked = evidence_set::duplicate_acks | evidence_set::selective_ack | evidence_set::silence;
    const bool was_acknowledged = contains_any(given.evidence, evidence_set::acknowledged);
    const bool exceeded = contains_any(given.evidence, evidence_set::memory_exceeded);
    if (given.by == basis::repeated_later) return was_acknowledged ? likely : certain;
    if (given.by == basis::same_tick) return was_acknowledged || exceeded ? undecided : likely;
    if (was_acknowledged) return exceeded ? undecided : likely;
    return contains_any(given.evidence, asked) ? certain : likely;
}

/// How sure a verdict is, from what it rests on. The calibration table in docs/accuracy.md has how often each is right.
[[nodiscard]] constexpr verdict::certainty_level certainty_of(const ruling& given) noexcept {
    using enum verdict::certainty_level;
    switch (given.by) {
    case basis::order: return certain;
    case basis::inference:
    case basis::clock:
    case basis::numbered_copy:
    case basis::causes: return likely;
    case basis::repeated_later:
    case basis::repeated:
    case basis::same_tick: return certainty_of_repeat(given);
    case basis::weak_causes:
    case basis::acknowledged:
    case basis::forgotten:
    case basis::likeness: return undecided;
    }
    return undecided;
}

/// All that a segment can be, if its verdict rests on this and is not certain.
[[nodiscard]] constexpr verdict::reading_set readings_of(basis by) noexcept {
    using enum verdict::reading_set;
    switch (by) {
    case basis::order: return none;
    case basis::inference:
    case basis::acknowledged: return new_data | retransmission;
    case basis::clock: return retransmission | duplicate;
    case basis::causes:
    case basis::weak_causes: return retransmission | out_of_order;
    case basis::repeated_later:
    case basis::repeated:
    case basis::same_tick:
    case basis::numbered_copy:
    case basis::forgotten:
    case basis::likeness: return retransmission | out_of_order | duplicate;
    }
    return none;
}

/// The verdict with how sure it is.
[[nodiscard]] constexpr verdict grade(const ruling& given) noexcept {
    verdict result = given; // NOLINT(cppcoreguidelines-slicing): what it rests on is not told
    result.certainty = certainty_of(given);
    if (!result.is_certain()) result.alternatives = readings_of(given.by) & ~result.reading();
    return result;
}

} // namespace tcplens::inline v1::detail::evidence
