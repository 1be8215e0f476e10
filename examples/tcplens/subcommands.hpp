// SPDX-License-Identifier: MIT
#pragma once

#include "subcommand.hpp"

#include <string_view>
#include <vector>

namespace program {

// A new subcommand is a file NAME.cpp beside this, a line here, a line in subcommands.cpp, and a line each in CMakeLists.txt and
// meson.build above.
// They have names of types and functions, too, so they are in a namespace of their own.
namespace subcommands {
extern const subcommand report;
extern const subcommand connections;
extern const subcommand connection;
extern const subcommand segments;
extern const subcommand observations;
extern const subcommand zeek;
extern const subcommand series;
extern const subcommand times;
extern const subcommand rtt;
extern const subcommand extract;
extern const subcommand bytes;
extern const subcommand split;
extern const subcommand graph;
extern const subcommand watch;
extern const subcommand mcp;
} // namespace subcommands

/// All, in the order of the help.
[[nodiscard]] const std::vector<const subcommand*>& all_subcommands();
/// The one of that name, or nullptr.
[[nodiscard]] const subcommand* find_subcommand(std::string_view name);
/// The name that is most like this one; empty if none is.
[[nodiscard]] std::string_view similar_name(std::string_view name);

} // namespace program
