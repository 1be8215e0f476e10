// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>

// The algorithms of the standard library take long to compile for each type that they search.
namespace tcplens::inline v1::detail {

/// Whether a predicate holds for an element of a range.
template <class Range, class Predicate>
[[nodiscard]] constexpr bool any_satisfies(const Range& range, const Predicate& holds) noexcept {
    for (const auto& each : range) { // NOLINT(readability-use-anyofallof): this is in the place of it
        if (holds(each)) return true;
    }
    return false;
}

/// Whether a value is among the elements of a range.
template <class Range, class Value>
[[nodiscard]] constexpr bool contains(const Range& range, const Value& value) noexcept {
    return any_satisfies(range, [&](const auto& each) { return each == value; });
}

/// Whether all bytes are 0.
[[nodiscard]] constexpr bool are_zeros(std::span<const std::byte> bytes) noexcept {
    return !any_satisfies(bytes, [](std::byte each) { return each != std::byte{0}; });
}

} // namespace tcplens::inline v1::detail
