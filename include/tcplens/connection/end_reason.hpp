// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// Why a connection left its table.
enum class end_reason : std::uint8_t {
    closed,  ///< it was closed, or overtaken by another between its endpoints, and silent since
    reset,   ///< a RST ended it, and it was silent since
    idle,    ///< it was silent for too long
    evicted, ///< there was no room for another
    flushed, ///< the table was emptied
};
inline constexpr std::size_t end_reason_count = 5;

[[nodiscard]] constexpr std::string_view to_string(end_reason reason) noexcept {
    constexpr std::string_view names[]{"closed", "reset", "idle", "evicted", "flushed"};
    return names[static_cast<unsigned>(reason)];
}

} // namespace tcplens::inline v0
