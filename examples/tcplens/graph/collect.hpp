// SPDX-License-Identifier: MIT
#pragma once

// Reads captures and keeps what pictures of some of their connections need.

#include "../captures.hpp"
#include "../rule_sets.hpp"
#include "overview.hpp"
#include "trace.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace program::graphs {

/// What one reading found.
struct collected {
    std::vector<trace> traces{};   ///< of the connections asked for that are there, in the order of the question
    std::uint64_t connections = 0; ///< how many there are in all
};

/// Reads all of the captures. Connections have the numbers that `connections` and `segments` show. Memory: the table of
/// connections, and a trace of each connection asked for.
/// \param numbers of connections, each once
/// \param whole is filled with the connections that `server` selects, unless it is null
[[nodiscard]] collected collect(captures& from, const tcplens::decode_options& decoding, rule_set rules,
                                std::span<const std::uint64_t> numbers, const trace_options& options = {},
                                capture_overview* whole = nullptr, const tcplens::server_filter& server = {});

} // namespace program::graphs
