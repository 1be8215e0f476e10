// SPDX-License-Identifier: MIT
#pragma once

// A folder into which files are written.

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace program {

/// Makes a folder, with those above it, if it is not there. Folders that it made are removed again, if they are empty, unless keep() is called.
class output_folder {
public:
    explicit output_folder(const std::string& path) {
        namespace fs = std::filesystem;
        std::error_code failed;
        if (fs::exists(path, failed)) {
            if (!fs::is_directory(path, failed)) problem_ = "is no folder.";
            return;
        }
        std::vector<fs::path> missing;
        fs::path each = fs::path{path}.lexically_normal();
        while (!each.empty() && !fs::exists(each, failed)) {
            if (each.has_filename()) missing.push_back(each);
            if (each == each.parent_path()) break;
            each = each.parent_path();
        }
        for (; !missing.empty(); missing.pop_back()) {
            if (fs::create_directory(missing.back(), failed)) made_.push_back(missing.back());
            if (!failed) continue;
            problem_ = "cannot be made (" + failed.message() + ").";
            return;
        }
    }
    output_folder(const output_folder&) = delete;
    output_folder& operator=(const output_folder&) = delete;
    ~output_folder() {
        std::error_code ignored;
        for (; !made_.empty(); made_.pop_back()) std::filesystem::remove(made_.back(), ignored);
    }

    /// What is wrong with it, in a sentence without its name; empty: nothing.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    void keep() noexcept { made_.clear(); }

private:
    std::string problem_{};
    std::vector<std::filesystem::path> made_{}; ///< each below the one before
};

} // namespace program
