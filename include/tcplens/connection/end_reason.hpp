// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// Why a connection left its table.
enum class end_reason : std::uint8_t {
    closed, ///< the connection was closed, or another one between its endpoints took its place, and no packet came since
    reset,  ///< a RST ended the connection, and no packet came since
    idle,   ///< no packet came for longer than its idle timeout
    evicted, ///< the table needed the room for another connection
    flushed, ///< the user emptied the table
};
namespace detail {
/// Number of enumerators of end_reason.
inline constexpr std::size_t end_reason_count = 5;
} // namespace detail

/// The name of the enumerator, e.g. "evicted".
[[nodiscard]] constexpr std::string_view to_string(end_reason reason) noexcept {
    constexpr std::string_view names[]{"closed", "reset", "idle", "evicted", "flushed"};
    return names[static_cast<unsigned>(reason)];
}

} // namespace tcplens::inline v1
