// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace tcplens::inline v1::detail {

// `a` if `condition`, else `b`, without a branch: for conditions that no processor can predict, such as who sent the next packet. Of
// `x = condition ? a : x` compilers make a branch around the store.

template <std::integral Number>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Number choose(bool condition, Number a, Number b) noexcept {
    using bits = std::make_unsigned_t<Number>;
    const auto mask = static_cast<bits>(-static_cast<std::make_signed_t<Number>>(condition));
    return static_cast<Number>(static_cast<bits>(b) ^ ((static_cast<bits>(a) ^ static_cast<bits>(b)) & mask));
}

template <class Object>
[[nodiscard]] TCPLENS_ALWAYS_INLINE Object& choose_object(bool condition, Object& a, Object& b) noexcept {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): what a compiler could tell of either object, it cannot tell of the chosen one anyway
    return *reinterpret_cast<Object*>(
        choose(condition, reinterpret_cast<std::uintptr_t>(&a), reinterpret_cast<std::uintptr_t>(&b)));
}

} // namespace tcplens::inline v1::detail
