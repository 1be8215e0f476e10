// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// What a reader came past without making packets of it, and without ending there.
struct skipped_parts {
    /// pcapng sections of a major version that is not known, with all packets in them. Once everything else is read,
    /// error() tells of the first.
    std::uint64_t sections = 0;
    /// pcapng blocks that are no packets, but that Wireshark numbers with them: custom blocks, journal entries, system
    /// calls (Sysdig). So `packet::number` passes them over, to be Wireshark's frame.number.
    std::uint64_t numbered_blocks = 0;
    /// pcapng options of a wrong length, which are not heeded: a clock with such a resolution or offset is taken to
    /// have none, so that the times of its packets may be wrong; statistics with such a number don't have that number.
    std::uint64_t bad_options = 0;
    /// Sections and interfaces of which more is said than is kept (`max_descriptions`, `max_description_bytes`).
    std::uint64_t descriptions = 0;

    /// Adds what another reader came past.
    constexpr void add(const skipped_parts& more) noexcept {
        sections += more.sections;
        numbered_blocks += more.numbered_blocks;
        bad_options += more.bad_options;
        descriptions += more.descriptions;
    }

    friend constexpr bool operator==(const skipped_parts&, const skipped_parts&) = default;
};

} // namespace tcplens::inline v0
