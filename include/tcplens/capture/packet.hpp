// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "link_type.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v0 {

/// One captured packet: a view, good until the reader that gave it is asked for the next one (over a memory-mapped file
/// or a span of memory: as long as that memory).
struct packet {
    timestamp time{};                   ///< when it was captured; the epoch if `has_time` is false
    std::span<const std::byte> bytes{}; ///< what was captured, from the first byte of the link layer
    std::uint32_t wire_length = 0;      ///< bytes on the wire, not less than bytes.size()
    link_type link = link_type::ethernet;
    std::uint32_t interface_id = 0; ///< counted from 0 over the whole capture, all sections of it
    std::uint64_t number = 0;       ///< counted from 1, as Wireshark's frame.number
    bool has_time = true;           ///< false for a pcapng Simple Packet Block, which has none
};

} // namespace tcplens::inline v0
