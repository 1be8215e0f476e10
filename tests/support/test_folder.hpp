// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <span>
#include <string>

/// A folder of its own for each test, gone with it.
class test_folder {
public:
    test_folder() {
        static int count = 0;
        do {
            path_ = std::filesystem::temp_directory_path() / ("tcplens_test_" + std::to_string(count++));
        } while (!std::filesystem::create_directory(path_));
    }
    ~test_folder() { std::filesystem::remove_all(path_); }
    test_folder(const test_folder&) = delete;
    test_folder& operator=(const test_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] std::filesystem::path file(const std::string& name, std::span<const std::byte> bytes) const {
        const std::filesystem::path path = path_ / name;
        std::ofstream out{path, std::ios::binary};
        out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        return path;
    }

private:
    std::filesystem::path path_;
};
