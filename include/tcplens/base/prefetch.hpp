// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <cstddef>

#if defined(_MSC_VER) && !defined(__clang__) && (defined(_M_X64) || defined(_M_IX86))
#include <xmmintrin.h>
#endif

namespace tcplens::inline v1::detail {

/// Asks the processor to fetch the cache lines of an object of so many bytes that will be needed soon. Does nothing on processors
/// without such an instruction. Functions that wrap it must be inlined too: g++ takes a function that only prefetches for one without
/// effect and drops the call.
template <std::size_t Size>
TCPLENS_ALWAYS_INLINE void prefetch(const void* object) noexcept {
    constexpr std::size_t line = 64;        // of nearly all processors; elsewhere it costs no more than a few fetches
    constexpr std::size_t most = 64 * line; // of larger objects only the beginning
    const auto* const bytes = static_cast<const char*>(object);
    if constexpr (Size > most) {
        prefetch<most>(object);
    } else {
#if defined(__GNUC__)
        __builtin_prefetch(bytes, 1);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
        _mm_prefetch(bytes, _MM_HINT_T0);
#else
        static_cast<void>(bytes);
#endif
        if constexpr (Size > line) prefetch<Size - line>(bytes + line); // g++ 12 does not unroll a loop
    }
}

} // namespace tcplens::inline v1::detail
