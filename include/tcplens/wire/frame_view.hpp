// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"
#include "../base/minimum.hpp"
#include "packet_outcome.hpp"

#include <cstddef>
#include <span>

namespace tcplens::inline v0::detail {

/// A packet from some header on: what was captured of it, and how long it was on the wire.
struct frame_view {
    std::span<const std::byte> bytes{};
    std::size_t wire_length = 0;  ///< not less than bytes.size(); more where the capture was cut
    std::size_t beyond_frame = 0; ///< how many of these a header promised that the frame had no room for

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool has(std::size_t length) const noexcept {
        return bytes.size() >= length;
    }

    /// Why there are not `length` bytes: because the capture was cut, or because they never were on the wire.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr packet_outcome truncation_error(std::size_t length) const noexcept {
        return wire_length >= length ? packet_outcome::truncated : packet_outcome::malformed;
    }

    /// What follows a header. \pre has(header_length)
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr frame_view subview(std::size_t header_length) const noexcept {
        return {bytes.subspan(header_length), wire_length - header_length, beyond_frame};
    }

    /// The layer with the length that its own header gives, whatever the frame around it says: padding falls away, and
    /// where a tool cut packets and rewrote the length of the frame, the header still knows.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr frame_view limited_to(std::size_t length) const noexcept {
        return {bytes.first(lesser(bytes.size(), length)), length, length - lesser(length, wire_length)};
    }
};

} // namespace tcplens::inline v0::detail
