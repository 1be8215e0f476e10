// SPDX-License-Identifier: MIT
#pragma once

// What the rules said of a segment, in words.

#include <tcplens/connection/verdict.hpp>

#include <chrono>
#include <string>

namespace program {

/// Milliseconds with three decimals: "300.000 ms".
[[nodiscard]] std::string milliseconds_text(std::chrono::nanoseconds time);
/// "certain", "likely", or "undecided:" with the readings that are left, the named one first and '|' between.
[[nodiscard]] std::string certainty_text(const tcplens::verdict& said);
/// ": retransmission, because of seen_before, likely, 300.000 ms after #8", to stand behind what the segment is; empty if it was only new.
[[nodiscard]] std::string verdict_text(const tcplens::verdict& said);

} // namespace program
