// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/choose.hpp"
#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"

#include <algorithm>
#include <array>
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
        const bool begins = (sequence_passed_ == not_awaited) & (length > 0);
        awaited_sequence_.value = choose(begins, towards.sequence.value + length, awaited_sequence_.value);
        sequence_passed_ = choose(begins, moment_of(towards.time), sequence_passed_);
        if (const auto& stamps = towards.options.timestamps) {
            // An echo answers the first segment of a tick. The tick of the first segment after an answer may have begun before it.
            const bool is_timed = clock_passed_ > tick_unknown;
            const bool ticks = (stamps->value != clock_) | (clock_passed_ == never);
            const moment passed = choose(ticks & (clock_passed_ != tick_unknown), moment_of(towards.time), not_awaited);
            clock_passed_ = choose(is_timed, clock_passed_, passed);
            clock_ = choose(is_timed, clock_, stamps->value);
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
        const moment now = moment_of(from.time);
        const bool reaches = !before(from.acknowledgment, awaited_sequence_);
        sample(now - sequence_passed_, reaches);
        sequence_passed_ = choose(reaches, not_awaited, sequence_passed_);
        if (const auto& stamps = from.options.timestamps) {
            const auto beyond = static_cast<std::int32_t>(stamps->echo - clock_);
            sample(now - clock_passed_, beyond == 0);
            clock_passed_ = choose(beyond >= 0, (std::min)(clock_passed_, tick_unknown), clock_passed_);
        }
    }

    /// Whether a segment from the side answers what is known to have passed less than `wait` ago. What passes while an answer to something
    /// earlier is awaited is not timed.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool answers_within(const segment& from,
                                                                      std::chrono::nanoseconds wait) const noexcept {
        const bool is_recent =
            sequence_passed_ > moment_of(from.time - wait); // `not_awaited` is before all that a segment can have
        const bool is_answered = !before(from.acknowledgment, awaited_sequence_);
        return is_recent & is_answered;
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
    /// A time as a number of nanoseconds from 0 on: see segment::time. Modulo 2^64, a round trip that began at one of the moments that no
    /// segment has took more than an hour.
    using moment = std::uint64_t;
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr moment moment_of(timestamp time) noexcept {
        return static_cast<moment>(time.time_since_epoch().count()) + (moment{1} << 63);
    }
    // Moments that no segment has.
    static constexpr moment never = 0;
    static constexpr moment not_awaited = 1;
    static constexpr moment tick_unknown = 2; ///< or sent again: the next tick is timed

    /// Two directions of a capture are seldom further apart in time: aggregating taps and adapters buffer for less (lab: 0.5 to 5 ms).
    static constexpr std::chrono::nanoseconds most_skew = std::chrono::milliseconds{10};
    static constexpr std::chrono::nanoseconds unknown = std::chrono::hours{1} + std::chrono::nanoseconds{1};

    /// Takes the time of a round trip, if it `counts`. Few are the least.
    TCPLENS_ALWAYS_INLINE constexpr void sample(moment took, bool counts) noexcept {
        const moment counted = took | (moment{counts} - 1); // one comparison, since && would be two branches
        if (counted < static_cast<moment>(least_.count())) [[unlikely]] {
            if (least_ >= std::chrono::nanoseconds::zero())
                least_ = std::chrono::nanoseconds{static_cast<std::int64_t>(took)};
        }
    }

    friend void archive(auto& ar, least_round_trip& of) {
        auto& [least, sequence_passed, clock_passed, awaited_sequence, clock] = of;
        constexpr auto unknown_in_archives = (std::chrono::nanoseconds::max)();
        std::chrono::nanoseconds archived = least == unknown ? unknown_in_archives : least;
        ar(archived);
        least = archived == unknown_in_archives ? unknown : archived;
        ar.require(least == unknown || (least >= -most_skew && least <= std::chrono::hours{1}));
        archive_moment(ar, sequence_passed, {not_awaited, not_awaited});
        archive_moment(ar, clock_passed, {never, tick_unknown});
        ar(awaited_sequence, clock);
    }
    /// A moment of a segment, or one of those from `others[0]` to `others[1]`.
    static void archive_moment(auto& ar, moment& at, std::array<moment, 2> others) {
        timestamp time{std::chrono::nanoseconds{static_cast<std::int64_t>(at - moment_of({}))}};
        ar.raw(time);
        at = moment_of(time);
        ar.require((others[0] <= at && at <= others[1]) || clamp_for_arithmetic(time) == time);
    }

    std::chrono::nanoseconds least_ = unknown;
    moment sequence_passed_ = not_awaited; ///< when the segment that ends at awaited_sequence_ passed
    moment clock_passed_ = never;          ///< when clock_ passed
    sequence_number awaited_sequence_{};
    std::uint32_t clock_ = 0; ///< the timestamp that is timed, or the last that passed
};

} // namespace tcplens::inline v1::detail
