// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// What decode() found in a packet: exactly one of these.
enum class packet_outcome : std::uint8_t {
    tcp,              ///< a TCP segment; its options as far as they were captured
    not_tcp,          ///< another protocol, or a header that tcplens cannot read past
    fragment,         ///< a fragment of an IP packet that carries TCP
    truncated,        ///< the capture (snaplen) ends before the TCP header does
    malformed,        ///< a header contradicts itself, the packet on the wire ends within it, or a checksum is bad
    unsupported_link, ///< a link type that tcplens does not know, see can_decode()
};
/// The greatest value that archives accept.
[[nodiscard]] constexpr packet_outcome tcplens_archive_limit(packet_outcome) noexcept {
    return packet_outcome::unsupported_link;
}

/// The name of the enumerator: "not_tcp".
[[nodiscard]] constexpr std::string_view to_string(packet_outcome outcome) noexcept {
    constexpr std::array<std::string_view, 6> names{"tcp",       "not_tcp",   "fragment",
                                                    "truncated", "malformed", "unsupported_link"};
    return names[static_cast<std::size_t>(outcome)];
}

} // namespace tcplens::inline v1
