// SPDX-License-Identifier: MIT
#pragma once

/// Before a function that every packet needs, and whose results are to stay in registers.
#if defined(__GNUC__)
#define TCPLENS_INLINED [[gnu::always_inline]] inline
#elif defined(_MSC_VER)
#define TCPLENS_INLINED __forceinline
#else
#define TCPLENS_INLINED inline
#endif
