// SPDX-License-Identifier: MIT
#pragma once

// What `tcplens --version` says: needed in reports of errors.

#include <string>

namespace program {

/// The compiler and its version: "g++ 12.2.0".
[[nodiscard]] std::string compiler_name();
/// A line each for the optional libraries: name, version and what it is for, or what is missing without it.
[[nodiscard]] std::string optional_libraries();

} // namespace program
