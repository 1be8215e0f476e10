// SPDX-License-Identifier: MIT
#pragma once

// Segments of a few connections that an input tells: valid ones, near each other in sequence numbers and times, so that what the
// rules look for happens often.

#include <tcplens/wire/segment.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace segment_script {

/// Bytes a segment of the script has.
inline constexpr std::size_t bytes_per_segment = 8;

/// The addresses of the two hosts: the first is a client's by its port, unless they are exchanged.
[[nodiscard]] inline std::array<tcplens::address, 2> hosts(bool v6) {
    std::array<std::byte, 16> bytes{std::byte{0x20}, std::byte{0x01}};
    const auto make = [&](int last) {
        bytes[15] = static_cast<std::byte>(last);
        return v6 ? tcplens::address::v6(bytes) : tcplens::address::v4(std::span{bytes}.last<4>());
    };
    return {make(1), make(2)};
}

/// The segments that the input tells. Each of eight bytes: connection, side and kind; flags; how far its numbers are from the last
/// ones, and its length; time; options.
[[nodiscard]] inline std::vector<tcplens::segment> read(std::span<const std::uint8_t> input) {
    using namespace tcplens;
    struct side_state {
        std::uint32_t next = 0; ///< the number behind what it sent
        std::uint16_t id = 0;
    };
    struct talk {
        std::array<side_state, 2> sides{};
    };
    std::array<talk, 4> talks{};
    for (std::size_t i = 0; i < talks.size(); ++i) {
        talks[i].sides[0].next = i % 2 == 0 ? 1000 : 0xffff'ff00;
        talks[i].sides[1].next = i < 2 ? 0x7fff'ff00 : 77;
    }
    timestamp now{std::chrono::hours{400'000}};
    std::vector<segment> made;
    for (; input.size() >= bytes_per_segment; input = input.subspan(bytes_per_segment)) {
        const std::uint8_t who = input[0];
        talk& of = talks[who & 3];
        const std::size_t own = who >> 2 & 1;
        side_state& sender = of.sides[own];
        const side_state& peer = of.sides[1 - own];
        const auto offset = [](std::uint8_t byte, std::uint32_t unit) {
            return static_cast<std::uint32_t>(static_cast<std::int8_t>(byte)) * unit;
        };
        now += std::chrono::microseconds{1 << (input[5] & 15)} * ((input[5] >> 4) + 1);
        if (input[5] == 0) now -= std::chrono::milliseconds{3};
        if (input[5] == 0xff) now += std::chrono::hours{1};
        const std::array<address, 2> ends = hosts((who & 3) == 3);
        const auto port = static_cast<std::uint16_t>(40'000 + (who & 3));
        segment next;
        next.time = now;
        next.packet_number = made.size() + 1;
        next.source = own == 0 ? endpoint{ends[0], port} : endpoint{ends[1], 443};
        next.destination = own == 0 ? endpoint{ends[1], 443} : endpoint{ends[0], port};
        next.flags = {static_cast<std::uint16_t>(input[1] < 0xe0 ? 0x10 | (input[1] & 1) : input[1] & 0x3f)};
        const std::uint32_t unit = 1u << (who >> 5);
        next.sequence = {sender.next + offset(input[2], unit)};
        next.acknowledgment = {next.flags.ack() ? peer.next + offset(input[3], unit) : 0};
        next.payload_length = (who & 16) != 0 ? input[4] * unit : 0;
        next.captured_payload = next.payload_length;
        next.ip_length = next.wire_length = next.payload_length + 40;
        next.window = static_cast<std::uint16_t>(input[6] * 64);
        next.hop_limit = 64;
        if ((input[7] & 1) == 0 && (who & 3) != 3) {
            sender.id = static_cast<std::uint16_t>(sender.id + (input[7] >> 6));
            next.ip_id = sender.id;
        }
        if ((input[7] & 2) != 0)
            next.options.timestamps = {static_cast<std::uint32_t>(made.size() / 4),
                                       static_cast<std::uint32_t>(input[6])};
        if (next.flags.syn()) {
            next.options.window_scale = static_cast<std::uint8_t>(input[7] >> 2 & 7);
            next.options.sack_permitted = (input[7] & 32) != 0;
        } else if ((input[7] & 4) != 0) {
            next.options.sack_block_count = 1;
            next.options.sack_block_storage[0] = {next.acknowledgment + (input[7] >> 3) * unit,
                                                  next.acknowledgment + ((input[7] >> 3) + 1) * unit};
        }
        if (before(sequence_number{sender.next}, next.sequence_end())) sender.next = next.sequence_end().value;
        made.push_back(next);
    }
    return made;
}

} // namespace segment_script
