// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// What a packet turned out to be: exactly one of these.
enum class packet_outcome : std::uint8_t {
    tcp,              ///< a TCP segment, told in full (options as far as they were captured)
    not_tcp,          ///< something else, or nothing that tcplens knows the way through
    fragment,         ///< a part of a fragmented IP packet that carries TCP
    truncated,        ///< the capture (snaplen) ended before the TCP header did
    malformed,        ///< a header contradicts itself, the packet on the wire ended within it, or a checksum is bad
    unsupported_link, ///< tcplens does not know this link type
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr packet_outcome archive_limit(packet_outcome) noexcept {
    return packet_outcome::unsupported_link;
}

[[nodiscard]] constexpr std::string_view to_string(packet_outcome outcome) noexcept {
    constexpr std::array<std::string_view, 6> names{"tcp",       "not_tcp",   "fragment",
                                                    "truncated", "malformed", "unsupported_link"};
    return names[static_cast<std::size_t>(outcome)];
}

} // namespace tcplens::inline v0
