// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

// std::find and std::all_of take long to compile for each type that they search.
namespace tcplens::inline v1::detail {

/// Whether a value is among the elements of a range.
template <class Range, class Value>
[[nodiscard]] constexpr bool contains(const Range& range, const Value& value) noexcept {
    for (const auto& each : range) {
        if (each == value) return true;
    }
    return false;
}

/// Whether all bytes are 0.
[[nodiscard]] constexpr bool are_zeros(std::span<const std::byte> bytes) noexcept {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (bytes[i] != std::byte{0}) return false;
    }
    return true;
}

} // namespace tcplens::inline v1::detail
