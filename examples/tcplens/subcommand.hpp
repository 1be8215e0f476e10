// SPDX-License-Identifier: MIT
#pragma once

// What a subcommand is. Each has a file of its own, which ends with a definition of this kind:
//
//     struct segments_options { capture_list files{}; … };
//     void declare(command_line& line, segments_options& given);     // which arguments there are, and where they go
//     exit_status run(const segments_options& given, session& with); // reads with.captures(…), writes to with.out
//
//     const subcommand subcommands::segments{
//         .name = "segments", …, .prepare = prepare<segments_options, declare, run>};
//
// and one line in subcommands.hpp, by which main.cpp, the help, the man page and the completions know it.

#include "command_line.hpp"
#include "session.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace program {

/// A command line to try, and what it does.
struct example_line {
    std::string_view command;
    std::string_view meaning;
};

struct subcommand {
    std::string_view name;
    std::string_view summary;     ///< one line, without a full stop, for the list of subcommands
    std::string_view description; ///< paragraphs, with an empty line between two
    std::vector<example_line> examples{};
    /// The library that this build lacks, with its Debian package: "libpcap (Debian: libpcap-dev)". Its help is there all the same.
    std::string_view missing{};
    /// Declares the arguments; what it returns runs the subcommand with those that were given.
    std::function<exit_status(session&)> (*prepare)(command_line&);
};

template <class Options, void (*Declare)(command_line&, Options&), exit_status (*Run)(const Options&, session&)>
std::function<exit_status(session&)> prepare(command_line& line) {
    const auto given = std::make_shared<Options>();
    Declare(line, *given);
    return [given](session& with) { return Run(*given, with); };
}

} // namespace program
