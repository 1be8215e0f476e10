// SPDX-License-Identifier: MIT
#pragma once

// What is said of captures besides their connections, as JSON.

#include "capture_summary.hpp"
#include "json_writer.hpp"

#include <cstddef>

namespace program {

/// What went wrong with a file.
[[nodiscard]] json_value error_json(const file_problem& problem);
/// Packets, what was not understood of them, what is missing. \param most_listed items of each list
[[nodiscard]] json_value capture_json(const capture_summary& captures, std::size_t most_listed);

} // namespace program
