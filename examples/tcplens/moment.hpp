// SPDX-License-Identifier: MIT
#pragma once

// A time as people write it on a command line.

#include <tcplens/base/timestamp.hpp>

#include <chrono>
#include <optional>
#include <string_view>

namespace program {

/// A time of the clock, or so long after the first packet.
struct moment {
    std::chrono::nanoseconds value{}; ///< since 1970 in UTC, or since the first packet
    bool after_first_packet = false;

    /// The time of the clock. `first_packet`: when that was captured.
    [[nodiscard]] tcplens::timestamp in(tcplens::timestamp first_packet) const;
    [[nodiscard]] friend bool operator==(const moment&, const moment&) = default;
};

/// Reads "2026-11-22 03:11:57.25", with 'T' between and "Z", " UTC" or an offset such as +01:00 behind if wanted; a date alone; seconds since
/// 1970; or '+' and seconds after the first packet. Without an offset it is UTC, as all times that the program prints.
[[nodiscard]] std::optional<moment> parse_moment(std::string_view text);

/// What parse_moment() reads, behind "needs".
inline constexpr std::string_view moment_needs =
    "a time such as 2026-11-22T03:11:57.25Z, seconds since 1970, or +SECONDS after the first packet";

} // namespace program
