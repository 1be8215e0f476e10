// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <cstddef>

namespace tcplens::inline v0::detail {

/// std::min by value: a reference to a member keeps g++ from holding what it is a member of in registers.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr std::size_t lesser(std::size_t a, std::size_t b) noexcept {
    return b < a ? b : a;
}

} // namespace tcplens::inline v0::detail
