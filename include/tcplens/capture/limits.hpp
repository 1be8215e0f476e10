// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// The limits that the readers of captures keep to, whatever a file claims.
struct capture_limits {
    /// The largest number of captured bytes of a pcap record, and the largest length of a pcapng block that has to be read as a
    /// whole (packets with their options, interface descriptions): 128 MiB, the largest snapshot length that libpcap accepts for
    /// any link type. A larger one is the error record_too_long. Blocks that are skipped may have any length.
    static constexpr std::uint32_t max_record_length = 128u * 1024 * 1024;

    /// The largest number of interfaces in one section of a pcapng file. One more is the error too_many_interfaces.
    static constexpr std::uint32_t max_interfaces_per_section = 65536;

    /// The largest number of sections, and of interfaces, that sections() and interfaces() of a reader return for one capture. The
    /// packets of further ones are delivered all the same. With all their statistics they take at most 14 MiB.
    static constexpr std::uint32_t max_descriptions = 65536;

    /// The largest number of bytes of names, comments and other options that a reader keeps for sections() and interfaces(), in all.
    static constexpr std::uint32_t max_description_bytes = 1024 * 1024;
};

} // namespace tcplens::inline v1
