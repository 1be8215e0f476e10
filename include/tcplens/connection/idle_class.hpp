// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// The class of a connection that decides how long the table keeps it without a packet (idle_timeouts), and which connection the table
/// drops first if there is no room for another.
enum class idle_class : std::uint8_t {
    attempt,     ///< one side sent a SYN, and the other has not answered
    opening,     ///< the other side has answered, but the handshake is not complete
    one_sided,   ///< picked up midstream, and only one side was heard
    established, ///< open
    half_closed, ///< one side sent a FIN
    closed,      ///< ended; late packets may follow. A RST that its receiver would not accept (RFC 5961) does not close
};
namespace detail {

/// Number of enumerators of idle_class.
inline constexpr std::size_t idle_class_count = 6;

} // namespace detail

/// The name of the enumerator, e.g. "half_closed".
[[nodiscard]] constexpr std::string_view to_string(idle_class stage) noexcept {
    constexpr std::string_view names[]{"attempt", "opening", "one_sided", "established", "half_closed", "closed"};
    return names[static_cast<unsigned>(stage)];
}

} // namespace tcplens::inline v1
