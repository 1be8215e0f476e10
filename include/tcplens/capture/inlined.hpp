// SPDX-License-Identifier: MIT
#pragma once

/// Before a function that every packet needs, and whose results are to stay in registers. g++ splits a view into registers only
/// if all that takes its address is inlined early, which it leaves undone for as little as an accessor: of decoding, a fifth.
#if defined(__GNUC__)
#define TCPLENS_INLINED [[gnu::always_inline]] inline
#elif defined(_MSC_VER)
#define TCPLENS_INLINED __forceinline
#else
#define TCPLENS_INLINED inline
#endif
