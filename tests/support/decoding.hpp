// SPDX-License-Identifier: MIT
#pragma once

#include "packet_builder.hpp"

#include <tcplens/wire.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <ostream>
#include <span>
#include <string>

namespace tcplens::inline v1 {

inline doctest::String toString(packet_outcome outcome) {
    return std::string{to_string(outcome)}.c_str();
}
inline std::ostream& operator<<(std::ostream& out, const address& value) {
    return out << to_string(value);
}
inline std::ostream& operator<<(std::ostream& out, const endpoint& value) {
    return out << to_string(value);
}
inline std::ostream& operator<<(std::ostream& out, sequence_number number) {
    return out << number.value;
}

} // namespace tcplens::inline v1

/// What decode() made of a packet.
struct decoding {
    tcplens::packet_outcome outcome{};
    tcplens::segment segment{};
};

inline decoding decode_packet(const tcplens::packet& packet) {
    decoding made;
    made.outcome = tcplens::decode(packet, made.segment);
    return made;
}

/// Decodes a frame of which the capture kept at most `how.snapshot_length` bytes.
inline decoding decode_frame(std::span<const std::byte> frame, const packet_builder::capture_options& how = {}) {
    return decode_packet(*packet_builder::captured_packet{frame, how});
}

/// The frame, captured in full, is a TCP segment.
inline tcplens::segment segment_of(std::span<const std::byte> frame,
                                   tcplens::link_type link = tcplens::link_type::ethernet) {
    const decoding made = decode_frame(frame, {.link = link});
    REQUIRE(made.outcome == tcplens::packet_outcome::tcp);
    return made.segment;
}

/// What becomes of a frame that the capture cut to each length up to its own: up to `needed` bytes it is truncated, from
/// there on what `expected` says.
inline void check_snapshots(std::span<const std::byte> frame, tcplens::link_type link, std::size_t needed,
                            tcplens::packet_outcome expected) {
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        CAPTURE(length);
        const decoding made = decode_frame(frame, {.link = link, .snapshot_length = length});
        CHECK(made.outcome == (length < needed ? tcplens::packet_outcome::truncated : expected));
    }
}

/// What becomes of a frame that was on the wire only up to each length: up to `needed` bytes it is malformed.
inline void check_ends(std::span<const std::byte> frame, tcplens::link_type link, std::size_t needed,
                       tcplens::packet_outcome expected) {
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        CAPTURE(length);
        const decoding made = decode_frame(frame.first(length), {.link = link});
        CHECK(made.outcome == (length < needed ? tcplens::packet_outcome::malformed : expected));
    }
}
