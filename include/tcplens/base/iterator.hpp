// SPDX-License-Identifier: MIT
#pragma once

// Tags, concepts and sentinels of iterators. libstdc++ declares them in <string> as well, and there without the iterators of streams.
#include <version>

#if defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE <= 15
#include <string>
#else
#include <iterator>
#endif
