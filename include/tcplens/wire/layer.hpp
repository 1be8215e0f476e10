// SPDX-License-Identifier: MIT
#pragma once

#include "packet_outcome.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

namespace tcplens {

/// A packet from some header on: what was captured of it, and how long it was on the wire.
struct layer {
    std::span<const std::byte> bytes{};
    std::size_t wire_length = 0;  ///< not less than bytes.size(); more where the capture was cut
    std::size_t beyond_frame = 0; ///< how many of these a header promised that the frame had no room for

    [[nodiscard]] constexpr bool has(std::size_t length) const noexcept { return bytes.size() >= length; }

    /// Why there are not `length` bytes: because the capture was cut, or because they never were on the wire.
    [[nodiscard]] constexpr packet_outcome shortfall(std::size_t length) const noexcept {
        return wire_length >= length ? packet_outcome::truncated : packet_outcome::malformed;
    }

    /// What follows a header. \pre has(header_length)
    [[nodiscard]] constexpr layer after(std::size_t header_length) const noexcept {
        return {bytes.subspan(header_length), wire_length - header_length, beyond_frame};
    }

    /// The layer with the length that its own header gives, whatever the frame around it says: padding falls away, and
    /// where a tool cut packets and rewrote the length of the frame, the header still knows.
    [[nodiscard]] constexpr layer with_length(std::size_t length) const noexcept {
        return {bytes.first(std::min(bytes.size(), length)), length, length - std::min(length, wire_length)};
    }
};

/// Either a checked view, or the reason why there is none.
template <class View>
class parsed {
public:
    constexpr parsed(const View& view) noexcept : view_(view) {}
    constexpr parsed(packet_outcome reason) noexcept : reason_(reason) {}

    [[nodiscard]] constexpr explicit operator bool() const noexcept { return view_.has_value(); }
    /// \pre it holds a view
    [[nodiscard]] constexpr const View& operator*() const noexcept { return *view_; }
    /// \pre it holds a view
    [[nodiscard]] constexpr const View* operator->() const noexcept { return &*view_; }
    /// \pre it holds none
    [[nodiscard]] constexpr packet_outcome reason() const noexcept { return reason_; }

private:
    std::optional<View> view_{};
    packet_outcome reason_ = packet_outcome::not_tcp;
};

} // namespace tcplens
