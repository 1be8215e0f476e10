// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// The least time from the capture point to one side and back: from a segment that passes on its way there to the answer, which
/// acknowledgments and echoes of the timestamps option tell (RFC 7323 section 4).
class least_round_trip {
public:
    /// A segment passes on its way to the side. A retransmission (`again`) gives no sample: its answer may be to the first copy (Karn's
    /// algorithm, RFC 6298 section 3).
    constexpr void passes(const segment& towards, bool again) noexcept {
        if (again) {
            sequence_passed_ = not_awaited;
            // A SYN-ACK echoes the first SYN's clock, whichever SYN it answers.
            const bool lost = towards.flags.syn() && clock_passed_ != never;
            if (lost || clock_passed_ == not_awaited) clock_passed_ = tick_unknown;
            return;
        }
        passes_once(towards, towards.sequence_length());
    }

    /// A segment that is no retransmission passes on its way to the side. `length`: its sequence_length().
    TCPLENS_ALWAYS_INLINE constexpr void passes_once(const segment& towards, std::uint32_t length) noexcept {
        if (sequence_passed_ == not_awaited && length > 0) {
            awaited_sequence_ = towards.sequence + length;
            sequence_passed_ = towards.time;
        }
        if (const auto& stamps = towards.options.timestamps; stamps && clock_passed_ <= tick_unknown) {
            // An echo answers the first segment of a tick. The tick of the first segment after an answer may have begun before it.
            if (clock_passed_ == tick_unknown) clock_passed_ = not_awaited;
            else if (stamps->value != clock_ || clock_passed_ == never) clock_passed_ = towards.time;
            clock_ = stamps->value;
        }
    }

    /// A segment that is no retransmission passes on its way to the side, captured behind its answer, which came at `answered` or before.
    /// Later answers say nothing of it.
    constexpr void passes_late(const segment& towards, timestamp answered) noexcept {
        const std::chrono::nanoseconds took = answered - towards.time;
        if (took >= -most_skew && is_plausible(took + most_skew)) least_ = (std::min)(took, least_);
    }

    /// A segment with an acknowledgment comes from the side.
    TCPLENS_ALWAYS_INLINE constexpr void answers(const segment& from) noexcept {
        if (sequence_passed_ != not_awaited && !before(from.acknowledgment, awaited_sequence_)) {
            sample(from.time - sequence_passed_);
            sequence_passed_ = not_awaited;
        }
        if (const auto& stamps = from.options.timestamps; stamps && clock_passed_ > tick_unknown) {
            const auto beyond = static_cast<std::int32_t>(stamps->echo - clock_);
            if (beyond == 0) sample(from.time - clock_passed_);
            if (beyond >= 0) clock_passed_ = tick_unknown;
        }
    }

    /// Whether a segment from the side answers what passed at least `wait` ago.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool answers_after(const segment& from,
                                                                     std::chrono::nanoseconds wait) const noexcept {
        return sequence_passed_ <= from.time - wait && sequence_passed_ != not_awaited &&
               !before(from.acknowledgment, awaited_sequence_);
    }

    /// Whether a round trip can have taken so long. A negative time or one above an hour means that a clock was set.
    [[nodiscard]] static constexpr bool is_plausible(std::chrono::nanoseconds took) noexcept {
        return took >= std::chrono::nanoseconds::zero() && took <= std::chrono::hours{1};
    }

    /// The least time. Negative, down to -most_skew, if answers were captured before what they answer; then the other side's least time is
    /// as much too long, and the sum of both is right.
    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> least() const noexcept {
        return least_ == unknown ? std::nullopt : std::optional{least_};
    }

    [[nodiscard]] friend constexpr bool operator==(const least_round_trip&, const least_round_trip&) noexcept = default;

private:
    /// Two directions of a capture are seldom further apart in time: aggregating taps and adapters buffer for less (lab: 0.5 to 5 ms).
    static constexpr std::chrono::nanoseconds most_skew = std::chrono::milliseconds{10};
    static constexpr auto unknown = (std::chrono::nanoseconds::max)();
    // Times that no segment has: see segment::time.
    static constexpr timestamp never = (timestamp::min)();
    static constexpr timestamp not_awaited = never + std::chrono::nanoseconds{1};
    static constexpr timestamp tick_unknown =
        never + std::chrono::nanoseconds{2}; ///< or sent again: the next tick is timed

    constexpr void sample(std::chrono::nanoseconds took) noexcept {
        if (is_plausible(took)) least_ = (std::min)(took, least_);
    }

    friend void archive(auto& ar, least_round_trip& of) {
        auto& [least, sequence_passed, clock_passed, awaited_sequence, clock] = of;
        ar(least);
        ar.raw(sequence_passed);
        ar.raw(clock_passed);
        ar(awaited_sequence, clock);
        ar.require(least == unknown || (least >= -most_skew && least <= std::chrono::hours{1}));
        ar.require(sequence_passed == not_awaited || clamp_for_arithmetic(sequence_passed) == sequence_passed);
        ar.require(clock_passed <= tick_unknown || clamp_for_arithmetic(clock_passed) == clock_passed);
    }

    std::chrono::nanoseconds least_ = unknown;
    timestamp sequence_passed_ = not_awaited; ///< when the segment that ends at awaited_sequence_ passed
    timestamp clock_passed_ = never;          ///< when clock_ passed
    sequence_number awaited_sequence_{};
    std::uint32_t clock_ = 0; ///< the timestamp that is timed, or the last that passed
};

} // namespace tcplens::inline v1::detail
