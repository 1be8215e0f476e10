// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace tcplens::inline v1::detail {

/// The same bytes in the opposite order.
template <std::unsigned_integral Unsigned>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Unsigned reverse_bytes(Unsigned value) noexcept {
    if constexpr (sizeof(Unsigned) == 1) {
        return value;
    } else if constexpr (sizeof(Unsigned) == 2) {
        return static_cast<Unsigned>((value << 8) | (value >> 8));
    } else if constexpr (sizeof(Unsigned) == 4) {
        return (value << 24) | ((value & 0xff00u) << 8) | ((value >> 8) & 0xff00u) | (value >> 24);
    } else {
        static_assert(sizeof(Unsigned) == 8);
        const auto low = reverse_bytes(static_cast<std::uint32_t>(value));
        const auto high = reverse_bytes(static_cast<std::uint32_t>(value >> 32));
        return (static_cast<Unsigned>(low) << 32) | high;
    }
}

/// The unsigned integer at `at` in the given byte order.
/// @pre sizeof(Unsigned) bytes can be read at `at`; no alignment is needed.
template <std::unsigned_integral Unsigned>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Unsigned load(const std::byte* at, std::endian order) noexcept {
    Unsigned value = 0;
    if (std::is_constant_evaluated()) {
        for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
            const std::size_t significance = order == std::endian::big ? sizeof(Unsigned) - 1 - i : i;
            value = static_cast<Unsigned>(value | (std::to_integer<std::uint64_t>(at[i]) << (8 * significance)));
        }
        return value;
    }
    std::memcpy(&value, at, sizeof value);
    return order == std::endian::native ? value : reverse_bytes(value);
}

/// The unsigned integer at `at` in network byte order. @pre as for load()
template <std::unsigned_integral Unsigned>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Unsigned load_big(const std::byte* at) noexcept {
    return load<Unsigned>(at, std::endian::big);
}

/// The unsigned integer at `at`, least significant byte first. @pre as for load()
template <std::unsigned_integral Unsigned>
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Unsigned load_little(const std::byte* at) noexcept {
    return load<Unsigned>(at, std::endian::little);
}

} // namespace tcplens::inline v1::detail
