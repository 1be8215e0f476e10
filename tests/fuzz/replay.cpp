// SPDX-License-Identifier: MIT
// Runs a fuzz target, without a fuzzer, over the files and folders that are its arguments.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool replay(const std::filesystem::path& path) {
    std::ifstream file{path, std::ios::binary};
    const std::vector<char> read{std::istreambuf_iterator<char>{file}, {}};
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", path.string().c_str());
        return false;
    }
    const std::vector<std::uint8_t> bytes{read.begin(), read.end()}; // ends where its memory does
    std::printf("%s (%zu bytes)\n", path.string().c_str(), bytes.size());
    std::fflush(stdout); // before it crashes
    return LLVMFuzzerTestOneInput(bytes.data(), bytes.size()) == 0;
}

} // namespace

int main(int count, char** arguments) {
    std::vector<std::filesystem::path> paths;
    for (int i = 1; i < count; ++i) {
        if (std::filesystem::is_directory(arguments[i])) {
            for (const auto& entry : std::filesystem::recursive_directory_iterator{arguments[i]}) {
                if (entry.is_regular_file()) paths.push_back(entry.path());
            }
        } else {
            paths.emplace_back(arguments[i]);
        }
    }
    std::ranges::sort(paths);
    if (paths.empty()) {
        std::fprintf(stderr, "usage: %s FILE-OR-FOLDER…, and at least one file in them\n", arguments[0]);
        return 2;
    }
    bool good = true;
    for (const auto& path : paths) good = replay(path) && good;
    return good ? 0 : 1;
}
