// SPDX-License-Identifier: MIT
#pragma once

// TCPLENS_CHECK(condition, "sentence") checks a precondition of a public function. If the condition is false, the program writes
// the place and the sentence to stderr and aborts.
//
// The checks are on unless NDEBUG is defined; TCPLENS_CHECKS=1 or 0 says so whatever NDEBUG is. Where they are off, the condition
// is not evaluated. A program that defines TCPLENS_CHECK_FAILED(file, line, sentence) decides what happens instead of the abort. As for
// assert(), all sources of a program should be compiled with the same setting.
#if !defined(TCPLENS_CHECKS)
#if defined(NDEBUG)
#define TCPLENS_CHECKS 0
#else
#define TCPLENS_CHECKS 1
#endif
#endif

#if TCPLENS_CHECKS

#if !defined(TCPLENS_CHECK_FAILED)
#include "compiler.hpp"

#include <cstdio>
#include <cstdlib>

namespace tcplens::inline v1::detail {

/// Not constexpr: a constant expression that violates a precondition does not compile.
[[noreturn]] TCPLENS_NOINLINE inline void check_failed(const char* file, int line, const char* sentence) noexcept {
    std::fprintf(stderr, "%s:%d: tcplens: violated precondition: %s\n", file, line, sentence);
    std::abort();
}

} // namespace tcplens::inline v1::detail

#define TCPLENS_CHECK_FAILED(file, line, sentence) ::tcplens::detail::check_failed(file, line, sentence)
#endif

#define TCPLENS_CHECK(condition, sentence)                                                                             \
    ((condition) ? static_cast<void>(0) : TCPLENS_CHECK_FAILED(__FILE__, __LINE__, sentence))

#else
#define TCPLENS_CHECK(condition, sentence) static_cast<void>(0)
#endif
