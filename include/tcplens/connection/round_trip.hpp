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
            awaited_sequence_.reset();
            // A SYN-ACK echoes the first SYN's clock, whichever SYN it answers.
            if (towards.flags.syn()) awaited_clock_.reset();
            return;
        }
        if (towards.sequence_length() > 0 && !awaited_sequence_) {
            awaited_sequence_ = towards.sequence_end();
            sequence_passed_ = towards.time;
        }
        if (const auto& stamps = towards.options.timestamps;
            stamps && !awaited_clock_ && stamps->value != last_clock_) {
            awaited_clock_ = last_clock_ = stamps->value;
            clock_passed_ = towards.time;
        }
    }

    /// A segment from the side.
    constexpr void answers(const segment& from) noexcept {
        if (!from.flags.ack()) return;
        if (awaited_sequence_ && !before(from.acknowledgment, *awaited_sequence_)) {
            awaited_sequence_.reset();
            sample(from.time - sequence_passed_);
        }
        if (awaited_clock_ && from.options.timestamps) {
            const auto beyond = static_cast<std::int32_t>(from.options.timestamps->echo - *awaited_clock_);
            if (beyond == 0) sample(from.time - clock_passed_);
            if (beyond >= 0) awaited_clock_.reset();
        }
    }

    /// Whether a round trip can have taken so long: less than nothing, or more than an hour, is a clock that was set.
    [[nodiscard]] static constexpr bool is_plausible(std::chrono::nanoseconds took) noexcept {
        return took >= std::chrono::nanoseconds::zero() && took <= std::chrono::hours{1};
    }

    [[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> least() const noexcept { return least_; }

private:
    constexpr void sample(std::chrono::nanoseconds took) noexcept {
        if (is_plausible(took)) least_ = std::min(took, least_.value_or(took));
    }

    std::optional<std::chrono::nanoseconds> least_{};
    timestamp sequence_passed_{};
    timestamp clock_passed_{};
    std::optional<sequence_number> awaited_sequence_{};
    std::optional<std::uint32_t> awaited_clock_{};
    std::optional<std::uint32_t> last_clock_{};
};

} // namespace tcplens
