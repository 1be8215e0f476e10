// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// What an anomaly_pattern is about.
enum class anomaly_category : std::uint8_t {
    connection_establishment, ///< How connections begin.
    connection_termination,   ///< Which side ends connections.
    reliability,              ///< What has to be sent again.
    connection_lifecycle,     ///< How many connections end in which way.
};

/// The enumerator's name.
[[nodiscard]] constexpr std::string_view to_string(anomaly_category category) noexcept {
    constexpr std::string_view names[]{"connection_establishment", "connection_termination", "reliability",
                                       "connection_lifecycle"};
    return names[static_cast<unsigned>(category)];
}

} // namespace tcplens::inline v1
