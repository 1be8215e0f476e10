// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tcplens::inline v1::detail {

/// Whether the first `count` elements of two arrays are equal: std::equal, which takes long to compile.
template <class Array>
[[nodiscard]] constexpr bool equal_first(const Array& a, const Array& b, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) {
        if (!(a[i] == b[i])) return false;
    }
    return true;
}

} // namespace tcplens::inline v1::detail
