// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// How far a connection has come: what decides how long it is kept without a packet, and which one goes first when there is no
/// room for another.
enum class idle_class : std::uint8_t {
    attempt,     ///< a SYN was sent, and nobody has answered
    opening,     ///< somebody has, but the handshake is not complete
    one_sided,   ///< picked up midstream, one end was heard
    established, ///< open
    half_closed, ///< one end sent a FIN
    closed,      ///< over; what still comes are stragglers. A RST whose number is not its sender's ends nothing here
};
inline constexpr std::size_t idle_class_count = 6;

[[nodiscard]] constexpr std::string_view to_string(idle_class stage) noexcept {
    constexpr std::string_view names[]{"attempt", "opening", "one_sided", "established", "half_closed", "closed"};
    return names[static_cast<unsigned>(stage)];
}

} // namespace tcplens::inline v0
