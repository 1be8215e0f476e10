// SPDX-License-Identifier: MIT
#pragma once

/// Before a function that few packets need: kept apart, it does not crowd the way of all the others.
#if defined(__GNUC__)
#define TCPLENS_OUT_OF_LINE [[gnu::noinline]]
#elif defined(_MSC_VER)
#define TCPLENS_OUT_OF_LINE __declspec(noinline)
#else
#define TCPLENS_OUT_OF_LINE
#endif
