// SPDX-License-Identifier: MIT
#pragma once

#include "compiler.hpp"

#include <cstddef>

#if defined(_MSC_VER) && !defined(__clang__) && (defined(_M_X64) || defined(_M_IX86))
#include <xmmintrin.h>
#endif

namespace tcplens::inline v1::detail {

/// Asks the processor to fetch the cache lines of an object that will be needed soon. Does nothing on processors without such an
/// instruction. Functions that wrap it must be inlined too: g++ takes a function that only prefetches for one without effect and drops
/// the call.
TCPLENS_ALWAYS_INLINE void prefetch(const void* object, std::size_t size) noexcept {
    constexpr std::size_t line = 64; // of nearly all processors; elsewhere it costs no more than a few fetches
    const auto* const bytes = static_cast<const char*>(object);
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC unroll 16
#endif
    for (std::size_t at = 0; at < size; at += line) {
#if defined(__GNUC__)
        __builtin_prefetch(bytes + at, 1);
#elif defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
        _mm_prefetch(bytes + at, _MM_HINT_T0);
#else
        static_cast<void>(bytes[at]);
#endif
    }
}

/// The same for so many lines. No loop: g++ 12 does not unroll those of prefetch() where it does not see through the size in time.
template <std::size_t Lines>
TCPLENS_ALWAYS_INLINE void prefetch_lines(const void* object) noexcept {
    if constexpr (Lines > 0) {
        prefetch(object, 1);
        prefetch_lines<Lines - 1>(static_cast<const char*>(object) + 64);
    }
}

} // namespace tcplens::inline v1::detail
