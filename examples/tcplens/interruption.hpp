// SPDX-License-Identifier: MIT
#pragma once

namespace program {

/// From now on the first Ctrl-C (SIGINT) is noted only, so that there is an answer for what was read; a second one ends the program.
void watch_for_interruption();
/// From now on Ctrl-C ends the program: all has been read.
void stop_watching_for_interruption();
/// Whether it came.
[[nodiscard]] bool interrupted() noexcept;

} // namespace program
