// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"
#include "packet_outcome.hpp"

namespace tcplens::inline v1::detail {

/// Either a checked view, or the outcome that says why there is none.
template <class View>
class parse_result {
public:
    TCPLENS_ALWAYS_INLINE constexpr parse_result(const View& view) noexcept : view_(view), holds_view_(true) {}
    TCPLENS_ALWAYS_INLINE constexpr parse_result(packet_outcome error) noexcept : error_(error) {}

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr explicit operator bool() const noexcept { return holds_view_; }
    /// @pre There is a view.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const View& operator*() const noexcept { return view_; }
    /// @pre There is a view.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const View* operator->() const noexcept { return &view_; }
    /// @pre There is no view.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr packet_outcome error() const noexcept { return error_; }

private:
    // Not std::optional: g++ keeps a union in memory.
    View view_{};
    packet_outcome error_ = packet_outcome::not_tcp;
    bool holds_view_ = false;
};

} // namespace tcplens::inline v1::detail
