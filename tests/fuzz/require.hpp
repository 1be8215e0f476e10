// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

/// Aborts, so that a fuzzer notices and a sanitizer shows where, if something does not hold.
inline void require(bool holds) {
    if (!holds) std::abort();
}
