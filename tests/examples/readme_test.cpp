// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::string contents(const std::filesystem::path& path) {
    std::ifstream in{path, std::ios::binary};
    REQUIRE_MESSAGE(in, path.string());
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<std::string> blocks(std::string_view text, std::string_view language) {
    const std::string opening = "\n```" + std::string{language} + "\n";
    std::vector<std::string> found;
    for (std::size_t at = text.find(opening); at != std::string_view::npos; at = text.find(opening, at)) {
        at += opening.size();
        const std::size_t end = text.find("```\n", at);
        REQUIRE(end != std::string_view::npos);
        found.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return found;
}

} // namespace

TEST_CASE("README: the shortest program is an example, to the letter") {
    const std::vector<std::string> programs = blocks(contents("README.md"), "cpp");
    REQUIRE(programs.size() == 2);
    CHECK_MESSAGE(contents("examples/shortest.cpp").find(programs[0]) != std::string::npos, programs[0]);
    // The counter for own packets: tests/examples/small_programs_test.cpp runs it.
    CHECK_MESSAGE(contents("examples/live_counter.cpp").find(programs[1]) != std::string::npos, programs[1]);
}

TEST_CASE("README: it has at most 150 lines") {
    const std::string readme = contents("README.md");
    CHECK(std::ranges::count(readme, '\n') <= 150);
}

TEST_CASE("README: the quick start is two commands of one line each") {
    const std::string readme = contents("README.md");
    const std::size_t begin = readme.find("\n## Quick start\n");
    REQUIRE(begin != std::string::npos);
    const std::size_t end = readme.find("\n## ", begin + 1);
    const std::vector<std::string> commands = blocks(readme.substr(begin, end - begin), "sh");
    REQUIRE(commands.size() == 2);
    for (const std::string& command : commands) {
        CHECK(command.find('\n') == command.size() - 1);
        CHECK(command.starts_with("apt-get update && apt-get install -y "));
    }
    CHECK(commands[0].find(" && build/release/examples/tcplens report tests/data/") != std::string::npos);
    CHECK(contents(".ci/run").find(commands[1].substr(0, commands[1].size() - 1)) != std::string::npos);
}
