// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <cstddef>

namespace tcplens::inline v1::detail {

/// std::min by value: with references to members g++ does not keep their object in registers.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t lesser(std::size_t a, std::size_t b) noexcept {
    return b < a ? b : a;
}

} // namespace tcplens::inline v1::detail
