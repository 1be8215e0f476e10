// SPDX-License-Identifier: MIT
#pragma once

#include "svg.hpp"
#include "trace.hpp"

#include <string>

namespace program::graphs {

/// Which segments a ladder shows: the first ones, or the first of those with a verdict or with SYN, FIN or RST.
enum class ladder_rows { first, odd };

/// Who sent what when, an arrow for each segment, with its verdict: trace_options::steps of them at most. The picture says how many
/// are left out.
[[nodiscard]] std::string ladder(const trace& of, ladder_rows rows, const picture_options& options = {});

} // namespace program::graphs
