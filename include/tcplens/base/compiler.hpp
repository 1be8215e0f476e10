// SPDX-License-Identifier: MIT
#pragma once

// TCPLENS_ALWAYS_INLINE stands before a function that every packet needs and whose results must stay in registers. g++ splits a
// view into registers only if every function that takes its address is inlined early, and it does not inline even an accessor
// on its own: without this, decoding takes a fifth more instructions.
//
// TCPLENS_NOINLINE stands before a function that few packets need: kept apart, it leaves registers to the common path.
//
// Where TCPLENS_ALWAYS_INLINE is defined already, it stays: .ci/coverage makes it `inline`, so that a branch is counted in its own function
// and not in each of its callers.
#if defined(TCPLENS_ALWAYS_INLINE)
#define TCPLENS_NOINLINE
#elif defined(__GNUC__)
#define TCPLENS_ALWAYS_INLINE [[gnu::always_inline]] inline
#define TCPLENS_NOINLINE [[gnu::noinline]]
#elif defined(_MSC_VER)
#define TCPLENS_ALWAYS_INLINE __forceinline
#define TCPLENS_NOINLINE __declspec(noinline)
#else
#define TCPLENS_ALWAYS_INLINE inline
#define TCPLENS_NOINLINE
#endif
