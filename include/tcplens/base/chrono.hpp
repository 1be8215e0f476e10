// SPDX-License-Identifier: MIT
#pragma once

// The durations and clocks of std::chrono. libstdc++ declares them in <mutex> as well, and there without calendars and time zones, which take as
// long to compile as <vector> and <string> together. Code that names a date includes <chrono>.
#include <version>

#if defined(_GLIBCXX_RELEASE) && _GLIBCXX_RELEASE <= 15
#include <mutex>
#else
#include <chrono>
#endif
