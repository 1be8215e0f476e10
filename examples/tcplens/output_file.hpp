// SPDX-License-Identifier: MIT
#pragma once

// Answers that go to a file, by -o, or to standard output.

#include "command_line.hpp"
#include "session.hpp"
#include "text.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace program {

/// Declares -o.
inline void declare_output(command_line& line, std::string& to) {
    line.file("-o,--output", "FILE", "write to this file, and not to standard output; what it held is replaced", to);
}

/// Refuses to write over a file that is read. \throws usage_error
inline void check_output(const std::string& output, const std::vector<std::string>& inputs) {
    if (output.empty()) return;
    for (const std::string& each : inputs) {
        std::error_code is_not_there;
        if (each != "-" && !each.empty() && std::filesystem::equivalent(output, each, is_not_there)) {
            throw usage_error{"-o " + escaped(output) + " would write over a file that is read or saved."};
        }
    }
}

/// Writes to the file of that name, or to standard output if it is empty. Complains if that fails.
[[nodiscard]] inline exit_status write_output(session& with, const std::string& output, std::string_view content) {
    if (output.empty()) {
        with.out << content;
        return exit_status::good; // conclude() looks whether it was written
    }
    std::ofstream file{output, std::ios::binary | std::ios::trunc};
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (file) return exit_status::good;
    with.complain(output, "The file could not be written.");
    return exit_status::bad_input;
}

} // namespace program
