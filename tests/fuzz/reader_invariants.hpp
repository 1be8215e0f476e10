// SPDX-License-Identifier: MIT
#pragma once

#include "require.hpp"

#include <tcplens/capture/capture_error.hpp>
#include <tcplens/capture/limits.hpp>
#include <tcplens/capture/packet.hpp>
#include <tcplens/capture/packet_options.hpp>
#include <tcplens/capture/skipped_parts.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

/// What holds of an error behind the packet with the number `last`, of a capture of that many bytes.
inline void require_sound(const tcplens::capture_error& error, std::uint64_t last, std::size_t size) {
    require(error.offset <= size);
    // of sections that were skipped, it is told at the end, however many packets came after them
    if (error.code == tcplens::capture_error_code::unsupported_version) require(error.packet_number <= last + 1);
    else require(error.packet_number == last + 1 || (error.packet_number == 0 && last == 0));
    require(error.code != tcplens::capture_error_code::read_failed);
    if (error.code == tcplens::capture_error_code::truncated) {
        require(error.available < error.needed);
        require(error.available == size - error.offset);
    }
    require(to_string(error.code) != "unknown");
    require(to_string(error).ends_with('.'));
}

/// What holds of a packet's options: they are within the input, behind the packet's bytes.
inline void require_sound(const tcplens::packet_options& options, const tcplens::packet& of,
                          std::span<const std::byte> input) {
    const std::byte* unread = of.bytes.data() + of.bytes.size();
    for (const tcplens::option_list::option& each : options) {
        require(each.code != 0);
        require(each.value.data() >= unread + 4);
        unread = each.value.data() + each.value.size();
        require(unread <= input.data() + input.size());
        require(each.text().size() <= each.value.size());
    }
    static_cast<void>(options.damage());
    static_cast<void>(options.dropped());
    if (const auto flags = options.flags()) {
        require(flags->reception() <= tcplens::packet_options::packet_flags::reception::promiscuous);
        require(flags->fcs_length().value_or(1) > 0);
    }
    if (const auto comment = options.comment()) require(comment->find('\0') == comment->npos);
}

/// Whether a reader of one format ended since another capture begins: only capture_reader goes on with that.
template <typename Reader>
bool ends_before_another(const Reader& reader) {
    if constexpr (requires { reader.another_begins(); }) return reader.another_begins();
    else return false;
}

/// Reads all packets over memory and requires what must hold of every capture.
template <typename Reader>
void require_sound(Reader& reader, std::span<const std::byte> input) {
    const std::byte* unread = input.data();
    const std::byte* const end = input.data() + input.size();
    std::uint64_t packets = 0;
    std::uint64_t last = 0;
    require(reader.options().empty());
    for (const tcplens::packet& packet : reader) {
        require(packet.number > last);
        last = packet.number;
        require(reader.packets() == ++packets);
        require(packet.number <= packets + reader.skipped().numbered_blocks);
        require(packet.bytes.data() >= unread &&
                packet.bytes.size() <= static_cast<std::size_t>(end - packet.bytes.data()));
        unread = packet.bytes.data() + packet.bytes.size();
        require(packet.wire_length >= packet.bytes.size());
        require(packet.has_time || packet.time == tcplens::timestamp{});
        require(packet.interface_id <= input.size() / 20); // the smallest interface description
        require(reader.position() <= input.size());
        require_sound(reader.options(), packet, input);
    }
    require(reader.next() == nullptr);
    require(reader.packets() == packets);
    require(reader.options().empty());

    const tcplens::skipped_parts skipped = reader.skipped();
    const auto sections = reader.sections();
    const auto interfaces = reader.interfaces();
    require(sections.size() <= tcplens::capture_limits::max_descriptions &&
            interfaces.size() <= tcplens::capture_limits::max_descriptions);
    require(skipped.sections <= input.size() / 28 && skipped.descriptions <= input.size() / 20);
    require(packets == 0 || !interfaces.empty() || skipped.descriptions != 0);
    require(skipped.corrected_clocks <= input.size() / 24); // the smallest pcap file
    for (const auto& each : interfaces) require(each.section < sections.size());

    if (reader.error()) {
        require_sound(*reader.error(), packets + skipped.numbered_blocks, input.size());
    } else if (ends_before_another(reader)) {
        require(reader.position() + 12 <= input.size());
    } else {
        require(reader.position() == input.size());
        require(skipped.sections == 0);
    }
}
