// SPDX-License-Identifier: MIT
#pragma once

#include "captures.hpp"

#include <tcplens/tcplens.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace program {

/// Some captures, and what was found in their packets besides connections.
struct capture_summary {
    std::vector<std::string> files{}; ///< as people call them
    std::string resumed{};            ///< the file with the table that they go on from, or empty
    std::uint64_t packets_before = 0; ///< of which that was; among `packets` too
    tcplens::decode_statistics packets{};
    std::uint64_t dropped = 0; ///< while capturing, as the captures say
    tcplens::skipped_parts skipped{};
    std::vector<file_problem> problems{};
};

} // namespace program
