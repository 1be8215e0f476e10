// SPDX-License-Identifier: MIT
#include "session.hpp"

#include "text.hpp"

#include <iostream>

namespace program {

session::session(std::ostream& output) : out(output), screen(terminal::of_standard_output()) {}

void session::complain(std::string_view sentence) const {
    out.flush(); // so that both stand in the order in which they were written
    std::cerr << "tcplens: " << sentence << '\n';
}

void session::complain(std::string_view file, std::string_view sentence) const {
    complain(escaped(file) + ": " + std::string{sentence});
}

exit_status session::conclude(const std::vector<file_problem>& problems) const {
    const bool written = static_cast<bool>(out.flush());
    for (const file_problem& each : problems) complain(each.file, each.sentence);
    if (!written) complain("The output could not be written.");
    return !problems.empty() || !written ? exit_status::bad_input : exit_status::good;
}

} // namespace program
