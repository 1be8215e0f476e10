// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens {

/// What a packet turned out to be: exactly one of these.
enum class packet_outcome : std::uint8_t {
    tcp,              ///< a TCP segment, told in full (options as far as they were captured)
    not_tcp,          ///< something else, or nothing that tcplens knows the way through
    fragment,         ///< a part of a fragmented IP packet that carries TCP
    truncated,        ///< the capture (snaplen) ended before the TCP header did
    malformed,        ///< a header contradicts itself, the packet on the wire ended within it, or a checksum is bad
    unsupported_link, ///< tcplens does not know this link type
};

[[nodiscard]] constexpr std::string_view name(packet_outcome outcome) noexcept {
    constexpr std::array<std::string_view, 6> names{"tcp",       "not_tcp",   "fragment",
                                                    "truncated", "malformed", "unsupported_link"};
    return names[static_cast<std::size_t>(outcome)];
}

/// How many packets turned out to be what. The parts always sum to the whole.
struct decode_statistics {
    std::uint64_t packets = 0;
    std::uint64_t tcp = 0;
    std::uint64_t not_tcp = 0;
    std::uint64_t fragments = 0;
    std::uint64_t truncated = 0;
    std::uint64_t malformed = 0;
    std::uint64_t unsupported_link = 0;
    /// Of those malformed: whole TCP segments with a bad checksum, passed over since somebody asked for it.
    std::uint64_t bad_checksums = 0;

    /// Counts a TCP segment that was passed over for its checksum.
    constexpr void count_bad_checksum() noexcept {
        count(packet_outcome::malformed);
        ++bad_checksums;
    }

    constexpr void count(packet_outcome outcome) noexcept {
        ++packets;
        switch (outcome) {
        case packet_outcome::tcp: ++tcp; break;
        case packet_outcome::not_tcp: ++not_tcp; break;
        case packet_outcome::fragment: ++fragments; break;
        case packet_outcome::truncated: ++truncated; break;
        case packet_outcome::malformed: ++malformed; break;
        case packet_outcome::unsupported_link: ++unsupported_link; break;
        }
    }

    [[nodiscard]] friend constexpr bool operator==(const decode_statistics&,
                                                   const decode_statistics&) noexcept = default;
};

} // namespace tcplens
