// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// Counts of what a reader skipped without making packets of it, and of what it corrected, without an error that ends reading.
struct skipped_parts {
    /// pcapng sections of an unknown major version, with all their packets. At the end of the capture the reader's error() tells of
    /// the first.
    std::uint64_t sections = 0;
    /// pcapng blocks that are no packets, but that Wireshark numbers like packets: custom blocks, journal entries, system calls
    /// (Sysdig). `packet::number` counts them, so that it is Wireshark's frame.number.
    std::uint64_t numbered_blocks = 0;
    /// pcapng options of a wrong length, which are ignored. If such an option is the resolution or the offset of a clock, the default
    /// is used, and the times of the packets of this interface may be wrong.
    std::uint64_t bad_options = 0;
    /// Sections and interfaces that are not described in full, because `capture_limits::max_descriptions` or
    /// `capture_limits::max_description_bytes` was reached.
    std::uint64_t descriptions = 0;
    /// pcap files that say that their times are microseconds, and whose times are nanoseconds: a fraction of a second of 1,000,000 or
    /// more proves it. Times are read as nanoseconds from the first packet with such a fraction on; the packets before it, if there are
    /// any, are up to a second late.
    std::uint64_t corrected_clocks = 0;

    /// Adds the counts of another reader.
    constexpr void add(const skipped_parts& more) noexcept {
        sections += more.sections;
        numbered_blocks += more.numbered_blocks;
        bad_options += more.bad_options;
        descriptions += more.descriptions;
        corrected_clocks += more.corrected_clocks;
    }

    friend constexpr bool operator==(const skipped_parts&, const skipped_parts&) = default;
};

} // namespace tcplens::inline v1
