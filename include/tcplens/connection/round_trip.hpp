// SPDX-License-Identifier: MIT
#pragma once

#include "../wire/segment.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tcplens {

/// The least time from the place of the capture to one side and back: between a segment on its way there and the answer to
/// it, told by acknowledgments and by the echoes of the timestamps option (RFC 7323 4).
class round_trip {
public:
    /// A segment on its way to the side. `again`: it is a retransmission, of which no answer can be told (Karn's rule).
    constexpr void passes(const segment& towards, bool again) noexcept {
        if (again) {
            awaits_sequence_ = false;
            // A SYN-ACK echoes the first SYN's clock, whichever SYN it answers.
            if (towards.flags.syn()) awaits_clock_ = false;
            return;
        }
        if (!awaits_sequence_ && towards.sequence_length() > 0) {
            awaits_sequence_ = true;
            awaited_sequence_ = towards.sequence_end();
            sequence_passed_ = towards.time;
        }
        if (const auto& stamps = towards.options.timestamps;
            stamps && !awaits_clock_ && !(had_clock_ && stamps->value == clock_)) {
            awaits_clock_ = had_clock_ = true;
            clock_ = stamps->value;
            clock_passed_ = towards.time;
        }
    }

    /// A segment from the side.
    constexpr void answers(const segment& from) noexcept {
        if (!from.flags.ack()) return;
        if (awaits_sequence_ && !before(from.acknowledgment, awaited_sequence_)) {
            awaits_sequence_ = false;
            sample(from.time - sequence_passed_);
        }
        if (awaits_clock_ && from.options.timestamps) {
            const auto beyond = static_cast<std::int32_t>(from.options.timestamps->echo - clock_);
            if (beyond == 0) sample(from.time - clock_passed_);
            if (beyond >= 0) awaits_clock_ = false;
        }
    }

    /// Whether a round trip can have taken so long: less than nothing, or more than an hour, is a clock that was set.
    [[nodiscard]] static constexpr bool is_plausible(std::chrono::nanoseconds took) noexcept {
        return took >= std::chrono::nanoseconds::zero() && took <= std::chrono::hours{1};
    }

    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> least() const noexcept {
        return least_ == unknown ? std::nullopt : std::optional{least_};
    }

private:
    static constexpr auto unknown = std::chrono::nanoseconds::max();

    constexpr void sample(std::chrono::nanoseconds took) noexcept {
        if (is_plausible(took)) least_ = std::min(took, least_);
    }

    std::chrono::nanoseconds least_ = unknown;
    timestamp sequence_passed_{};
    timestamp clock_passed_{};
    sequence_number awaited_sequence_{}; ///< if awaits_sequence_
    std::uint32_t clock_ = 0;            ///< the last that was timed, if had_clock_; awaited if awaits_clock_
    bool awaits_sequence_ = false;
    bool awaits_clock_ = false;
    bool had_clock_ = false;
};

} // namespace tcplens
