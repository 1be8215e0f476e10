// SPDX-License-Identifier: MIT
#pragma once

// What a running subcommand has to do with the world: standard output, the terminal, complaints, the exit status.

#include "captures.hpp"
#include "terminal.hpp"

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace program {

enum class exit_status {
    good = 0,      ///< answered
    bad_input = 1, ///< a capture could not be read to its end, or output failed: the answer is for what was read
    bad_usage = 2, ///< a wrong command line, an unknown subcommand, a connection or an output that is not there
};

class session {
public:
    explicit session(std::ostream& output);

    /// Standard output.
    std::ostream& out;
    /// Its width and colours.
    terminal screen;

    /// Says on standard error what is wrong. `sentence` ends with a full stop.
    void complain(std::string_view sentence) const;
    /// The same of a file, whose name is shown escaped.
    void complain(std::string_view file, std::string_view sentence) const;

    /// Complains of what went wrong with reading or writing, if anything did. Every subcommand that reads captures ends with
    /// `return with.conclude(input);`.
    [[nodiscard]] exit_status conclude(const std::vector<file_problem>& problems) const;
    [[nodiscard]] exit_status conclude(const captures& read) const { return conclude(read.problems()); }
    /// The same where nothing was read.
    [[nodiscard]] exit_status conclude() const { return conclude(std::vector<file_problem>{}); }
};

} // namespace program
