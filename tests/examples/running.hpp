// SPDX-License-Identifier: MIT
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

/// A folder that is there as long as this is.
class temporary_folder {
public:
    temporary_folder() {
        std::string anomaly_pattern = (std::filesystem::temp_directory_path() / "tcplens-XXXXXX").string();
        REQUIRE(mkdtemp(anomaly_pattern.data()) != nullptr);
        path_ = anomaly_pattern;
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

    /// Writes a file, and returns its path.
    std::string write(std::string_view name, std::span<const std::byte> bytes) const {
        std::ofstream out{path_ / name, std::ios::binary};
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        REQUIRE(out.good());
        return file(name);
    }

private:
    std::filesystem::path path_;
};

inline std::string contents(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    REQUIRE_MESSAGE(in, path.string());
    return {std::istreambuf_iterator<char>{in}, {}};
}

/// The path of a built example.
inline std::string example(std::string_view name) {
    const char* const folder = std::getenv("TCPLENS_EXAMPLES");
    REQUIRE_MESSAGE(folder != nullptr, "TCPLENS_EXAMPLES must name the folder of the built examples");
    return (std::filesystem::path{folder} / name).string();
}

/// The beginning of a command line of the program: its path and a subcommand.
inline std::string program(std::string_view subcommand) {
    return example("tcplens") + " " + std::string{subcommand};
}

struct run_result {
    int status = -1; ///< -1 if it did not end by itself
    std::string out{};
    std::string err{};
};

/// Runs a command line of the shell.
inline run_result run(const std::string& command) {
    const temporary_folder folder;
    INFO(command);
    FILE* const pipe = popen(("{ " + command + "; } 2>'" + folder.file("err") + "'").c_str(), "r");
    REQUIRE(pipe != nullptr);
    run_result result;
    std::array<char, 4096> buffer{};
    while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
        result.out.append(buffer.data(), count);
    }
    const int status = pclose(pipe);
    if (WIFEXITED(status)) result.status = WEXITSTATUS(status);
    result.err = contents(folder.file("err"));
    return result;
}

inline bool contains(std::string_view text, std::string_view what) {
    return text.find(what) != std::string_view::npos;
}

/// The lines of a text, without their ends.
inline std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}
