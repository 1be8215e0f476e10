// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// The largest length that is believed of one pcap record's captured bytes, and of one whole pcapng block that has to
/// be read (packets with their options, interface descriptions): 128 MiB, the largest snapshot length that libpcap
/// accepts for any link type. Blocks that are skipped may have any length.
inline constexpr std::uint32_t max_record_length = 128u * 1024 * 1024;

/// The most interfaces that one section of a pcapng file may describe.
inline constexpr std::uint32_t max_interfaces_per_section = 65536;

/// How many sections, and how many interfaces, of one capture are kept to be asked for. Packets of further ones are
/// delivered all the same. With all their statistics they take at most 14 MiB.
inline constexpr std::uint32_t max_descriptions = 65536;

/// How many bytes of names, comments and the like of a capture's sections and interfaces are kept to be asked for, in
/// all.
inline constexpr std::uint32_t max_description_bytes = 1024 * 1024;

} // namespace tcplens::inline v0
