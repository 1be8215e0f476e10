// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// A count of an anomaly_pattern that lies beyond a limit.
struct notable_observation {
    std::string_view name{}; ///< A fixed name for programs, such as `high_retransmission`; a string literal.
    std::string detail{};    ///< One sentence for people, with the count and, if an option sets it, the limit.
};

} // namespace tcplens::inline v1
