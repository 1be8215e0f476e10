// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>

namespace tcplens {

/// A moment of capture: nanoseconds since 1970-01-01 00:00 UTC, from about 1678 to 2262.
/// Moments that a file places outside of that range are moved to its nearest end.
using timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

} // namespace tcplens
