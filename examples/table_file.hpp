// SPDX-License-Identifier: MIT
#pragma once

// A table in a file: what --save writes and --resume reads.

#include "command_line.hpp"

#include <tcplens/connection/saved_table.hpp>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iostream>
#include <iterator>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace example {

/// Whether the table now goes on with the one in the file; else it has said why not.
template <class Table>
[[nodiscard]] bool resume_table(const arguments& given, Table& table) {
    std::ifstream file{given.resumed, std::ios::binary};
    const std::vector<char> read{std::istreambuf_iterator<char>{file}, {}};
    if (!file) {
        std::cerr << given.program << ": " << given.resumed << ": It could not be read.\n";
        return false;
    }
    const auto error = tcplens::restore(table, std::as_bytes(std::span{read}));
    if (error) std::cerr << given.program << ": " << given.resumed << ": " << error->message() << '\n';
    return !error;
}

/// Whether the table is in the file now; else it has said why not, and what was there is there still.
template <class Table>
[[nodiscard]] bool save_table(const arguments& given, const Table& table) {
    const std::vector<std::byte> bytes = tcplens::save(table);
    const std::string unfinished = given.saved + ".new";
    std::ofstream file{unfinished, std::ios::binary};
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    std::error_code failed;
    if (file) std::filesystem::rename(unfinished, given.saved, failed);
    if (file && !failed) return true;
    std::cerr << given.program << ": " << given.saved << ": It could not be written.\n";
    return false;
}

} // namespace example
