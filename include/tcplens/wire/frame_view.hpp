// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"
#include "../base/minimum.hpp"
#include "packet_outcome.hpp"

#include <cstddef>
#include <span>

namespace tcplens::inline v1::detail {

/// A packet from some header on: its captured bytes, and its length on the wire.
struct frame_view {
    std::span<const std::byte> bytes{};
    std::size_t wire_length = 0;  ///< at least bytes.size(); more where the capture was cut
    std::size_t beyond_frame = 0; ///< how many bytes of `wire_length` a header claims that do not fit into the frame

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool has(std::size_t length) const noexcept {
        return bytes.size() >= length;
    }

    /// Why `length` bytes are not there: the capture was cut, or the packet was too short on the wire.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr packet_outcome truncation_error(std::size_t length) const noexcept {
        return wire_length >= length ? packet_outcome::truncated : packet_outcome::malformed;
    }

    /// The view behind a header. @pre has(header_length)
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr frame_view subview(std::size_t header_length) const noexcept {
        return {bytes.subspan(header_length), wire_length - header_length, beyond_frame};
    }

    /// The view behind `length` bytes of the wire, whether they were captured or not.
    [[nodiscard]] constexpr frame_view behind(std::size_t length) const noexcept {
        return {bytes.subspan(lesser(bytes.size(), length)), wire_length - lesser(wire_length, length), beyond_frame};
    }

    /// The view with the length that a header gives, whatever the frame around it says. That removes padding, and restores the
    /// length where a tool cut packets and rewrote the length of the frame.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr frame_view limited_to(std::size_t length) const noexcept {
        return {bytes.first(lesser(bytes.size(), length)), length, length - lesser(length, wire_length)};
    }
};

} // namespace tcplens::inline v1::detail
