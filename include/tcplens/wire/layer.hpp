// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/inlined.hpp"
#include "packet_outcome.hpp"

#include <cstddef>
#include <span>

namespace tcplens {

/// std::min by value: a reference to a member keeps g++ from holding what it is a member of in registers.
[[nodiscard]] TCPLENS_INLINED constexpr std::size_t lesser(std::size_t a, std::size_t b) noexcept {
    return b < a ? b : a;
}

/// A packet from some header on: what was captured of it, and how long it was on the wire.
struct layer {
    std::span<const std::byte> bytes{};
    std::size_t wire_length = 0;  ///< not less than bytes.size(); more where the capture was cut
    std::size_t beyond_frame = 0; ///< how many of these a header promised that the frame had no room for

    [[nodiscard]] TCPLENS_INLINED constexpr bool has(std::size_t length) const noexcept {
        return bytes.size() >= length;
    }

    /// Why there are not `length` bytes: because the capture was cut, or because they never were on the wire.
    [[nodiscard]] TCPLENS_INLINED constexpr packet_outcome shortfall(std::size_t length) const noexcept {
        return wire_length >= length ? packet_outcome::truncated : packet_outcome::malformed;
    }

    /// What follows a header. \pre has(header_length)
    [[nodiscard]] TCPLENS_INLINED constexpr layer after(std::size_t header_length) const noexcept {
        return {bytes.subspan(header_length), wire_length - header_length, beyond_frame};
    }

    /// The layer with the length that its own header gives, whatever the frame around it says: padding falls away, and
    /// where a tool cut packets and rewrote the length of the frame, the header still knows.
    [[nodiscard]] TCPLENS_INLINED constexpr layer with_length(std::size_t length) const noexcept {
        return {bytes.first(lesser(bytes.size(), length)), length, length - lesser(length, wire_length)};
    }
};

/// Either a checked view, or the reason why there is none.
template <class View>
class parsed {
public:
    TCPLENS_INLINED constexpr parsed(const View& view) noexcept : view_(view), holds_view_(true) {}
    TCPLENS_INLINED constexpr parsed(packet_outcome reason) noexcept : reason_(reason) {}

    [[nodiscard]] TCPLENS_INLINED constexpr explicit operator bool() const noexcept { return holds_view_; }
    /// \pre it holds a view
    [[nodiscard]] TCPLENS_INLINED constexpr const View& operator*() const noexcept { return view_; }
    /// \pre it holds a view
    [[nodiscard]] TCPLENS_INLINED constexpr const View* operator->() const noexcept { return &view_; }
    /// \pre it holds none
    [[nodiscard]] TCPLENS_INLINED constexpr packet_outcome reason() const noexcept { return reason_; }

private:
    // Not std::optional: g++ keeps a union in memory.
    View view_{};
    packet_outcome reason_ = packet_outcome::not_tcp;
    bool holds_view_ = false;
};

} // namespace tcplens
