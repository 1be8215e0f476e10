// SPDX-License-Identifier: MIT
#pragma once

#include "require.hpp"

#include <tcplens/capture/capture_error.hpp>
#include <tcplens/capture/packet.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

/// What holds of an error, after so many packets, of a capture of that many bytes.
inline void require_sound(const tcplens::capture_error& error, std::uint64_t packets, std::size_t size) {
    require(error.offset <= size);
    require(error.packet_number == packets + 1 || (error.packet_number == 0 && packets == 0));
    require(error.code != tcplens::capture_error_code::read_failed);
    if (error.code == tcplens::capture_error_code::truncated) {
        require(error.available < error.needed);
        require(error.available == size - error.offset);
    }
    require(name(error.code) != "unknown");
    require(error.message().ends_with('.'));
}

/// Reads all packets over memory and requires what must hold of every capture.
template <typename Reader>
void require_sound(Reader& reader, std::span<const std::byte> input) {
    const std::byte* unread = input.data();
    const std::byte* const end = input.data() + input.size();
    std::uint64_t packets = 0;
    for (const tcplens::packet& packet : reader) {
        require(packet.number == ++packets);
        require(reader.packets() == packets);
        require(packet.bytes.data() >= unread &&
                packet.bytes.size() <= static_cast<std::size_t>(end - packet.bytes.data()));
        unread = packet.bytes.data() + packet.bytes.size();
        require(packet.wire_length >= packet.bytes.size());
        require(packet.has_time || packet.time == tcplens::timestamp{});
        require(packet.interface_id <= input.size() / 20); // the smallest interface description
        require(reader.position() <= input.size());
    }
    require(reader.next() == nullptr);
    require(reader.packets() == packets);
    if (reader.error()) {
        require_sound(*reader.error(), packets, input.size());
    } else {
        require(reader.position() == input.size());
    }
}
