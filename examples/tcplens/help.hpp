// SPDX-License-Identifier: MIT
#pragma once

// The help, the man page and the completions of shells, all made from what the subcommands declare.

#include "subcommand.hpp"

#include <cstddef>
#include <string>

namespace program {

/// The page of `tcplens --help`.
[[nodiscard]] std::string help_page(std::size_t width);
/// The page of `tcplens SUBCOMMAND --help`.
[[nodiscard]] std::string help_page(const subcommand& of, std::size_t width);
/// "tcplens 1.0.0"
[[nodiscard]] std::string version_line();
/// What --version prints: that, the compiler, and the optional libraries of this build.
[[nodiscard]] std::string version_page();

/// tcplens.1, as man(7) has it.
[[nodiscard]] std::string man_page();
[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();

} // namespace program
