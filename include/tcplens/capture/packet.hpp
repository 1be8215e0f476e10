// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "link_type.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1 {

/// One packet of a capture, as a view.
///
/// It is valid until the reader that gave it is asked for the next packet. Its bytes are valid longer where the reader's bytes_stay()
/// says so: over memory as long as that memory.
struct packet {
    /// When the packet was captured; the epoch if `has_time` is false.
    timestamp time{};
    /// The captured bytes, from the first byte of the link layer. Fewer than `wire_length` where the snapshot length cut the packet.
    std::span<const std::byte> bytes{};
    /// The length of the packet on the wire, in bytes; at least bytes.size().
    std::uint32_t wire_length = 0;
    /// The link layer that the bytes begin with.
    link_type link = link_type::ethernet;
    /// The interface that captured the packet: an index into interfaces() of the reader. Counted from 0 over all sections.
    std::uint32_t interface_id = 0;
    /// The number of the packet in the capture, counted from 1 as Wireshark's frame.number.
    std::uint64_t number = 0;
    /// Whether the capture has a time for the packet. False only for a Simple Packet Block of pcapng.
    bool has_time = true;
};

} // namespace tcplens::inline v1
