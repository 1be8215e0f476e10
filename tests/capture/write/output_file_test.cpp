// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"

#include <tcplens/capture/write/output_file.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>

using capture_writer::text;
using tcplens::output_file;
using tcplens::write_error;

namespace {

/// A folder of this test's own.
struct folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() /
                                 ("tcplens-output-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)));
    folder() { std::filesystem::create_directory(path); }
    folder(const folder&) = delete;
    folder& operator=(const folder&) = delete;
    ~folder() { std::filesystem::remove_all(path); }
    [[nodiscard]] std::string file(const char* name) const { return (path / name).string(); }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{path}, {}));
    }
};

std::string content(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("output file: it takes its place when it is whole") {
    const folder in;
    std::ofstream{in.file("a")} << "before";
    {
        output_file file{in.file("a")};
        REQUIRE(!file.error());
        CHECK(file(text("after")) == 5);
        CHECK(content(in.file("a")) == "before");
        CHECK(file.commit());
        CHECK(content(in.file("a")) == "after");
        CHECK(in.files() == 1);
    }
    CHECK(content(in.file("a")) == "after");
}

TEST_CASE("output file: one that is not committed leaves nothing behind") {
    const folder in;
    { output_file{in.file("a")}(text("lost")); }
    CHECK(in.files() == 0);
    output_file file{in.file("a")};
    file(text("lost"));
    file = output_file{in.file("b")};
    CHECK(in.files() == 1);
    CHECK(file.commit());
    CHECK(std::filesystem::exists(in.file("b")));
    CHECK(in.files() == 1);
}

TEST_CASE("output file: a file that is read is not overwritten, whatever its name") {
    const folder in;
    std::ofstream{in.file("a")} << "input";
    const std::string inputs[]{in.file("missing"), in.file("a")};
    std::string other_name = (in.path / "." / "a").string();
    const auto is_refused = [&](const std::string& name) {
        output_file file{name, inputs};
        return file.error() && file.error()->code == write_error::reason::is_input && !file.commit();
    };
    CHECK(is_refused(in.file("a")));
    CHECK(is_refused(other_name));
#ifndef _WIN32
    std::filesystem::create_hard_link(in.file("a"), in.file("linked"));
    std::filesystem::create_symlink("a", in.file("pointing"));
    CHECK(is_refused(in.file("linked")));
    CHECK(is_refused(in.file("pointing")));
#endif
    CHECK(content(in.file("a")) == "input");
}

TEST_CASE("output file: what cannot be opened is an error") {
    const folder in;
    const auto error_of = [](const std::string& path) { return output_file{path}.error().value(); };
    CHECK(error_of(in.file("no/such/folder")).code == write_error::reason::open_failed);
    CHECK(error_of(in.file("no/such/folder")).system_error == ENOENT);
    CHECK(error_of(in.path.string()).code == write_error::reason::open_failed);
    CHECK(to_string(error_of(in.file("no/such"))).ends_with('.'));
}

#ifndef _WIN32
TEST_CASE("output file: a symbolic link stays, and its file keeps its rights") {
    const folder in;
    std::ofstream{in.file("a")} << "before";
    std::filesystem::permissions(in.file("a"),
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::filesystem::create_symlink("a", in.file("link"));
    output_file file{in.file("link")};
    file(text("after"));
    REQUIRE(file.commit());
    CHECK(std::filesystem::is_symlink(in.file("link")));
    CHECK(content(in.file("a")) == "after");
    CHECK(std::filesystem::status(in.file("a")).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}
#endif
