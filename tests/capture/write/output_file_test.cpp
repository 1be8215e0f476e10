// SPDX-License-Identifier: MIT
#include "../../support/capture_writer.hpp"

#include <tcplens/capture/write/output_file.hpp>
#include <tcplens/capture/write/pcap_writer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <utility>

#ifndef _WIN32
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#endif

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

TEST_CASE("output file: one that was moved from, closed or committed takes nothing more") {
    const folder in;
    output_file file{in.file("a")};
    output_file other{std::move(file)};
    CHECK(file(text("x")) == -EBADF); // NOLINT(bugprone-use-after-move): it is an output all the same
    CHECK(!file.commit());
    output_file& same = other;
    other = std::move(same);
    CHECK(other(text("kept")) == 4);
    CHECK(other.commit());
    CHECK(content(in.file("a")) == "kept");
    CHECK(other(text("x")) == -EBADF);
    CHECK(!other.commit());
    CHECK(!other.error());
}

TEST_CASE("output file: standard output stays open, and is whole at any time") {
    output_file out = output_file::standard_output();
    CHECK(out({}) == 0);
    CHECK(out.commit());
    CHECK(out.commit());
    CHECK(out({}) == 0);
}

TEST_CASE("output file: a name that was taken by a folder meanwhile is an error, and nothing is left behind") {
    const folder in;
    output_file file{in.file("a")};
    file(text("lost"));
    std::filesystem::create_directories(in.path / "a" / "b");
    CHECK(!file.commit());
    REQUIRE(file.error());
    CHECK(file.error()->code == write_error::reason::replace_failed);
    CHECK(in.files() == 1);
    // A writer says how much it had written by then.
    tcplens::pcap_writer writer{in.file("c")};
    std::filesystem::create_directories(in.path / "c" / "d");
    CHECK(!writer.close());
    REQUIRE(writer.error());
    CHECK(writer.error()->code == write_error::reason::replace_failed);
    CHECK(writer.error()->offset == 24);
}

#ifndef _WIN32
TEST_CASE("output file: a device is written directly, and may be read at the same time") {
    const std::string inputs[]{"/dev/null"};
    output_file file{"/dev/null", inputs};
    REQUIRE(!file.error());
    CHECK(file(text("abc")) == 3);
    CHECK(file.commit());
    CHECK(!file.error());
}

TEST_CASE("output file: a socket cannot be opened as a file") {
    const folder in;
    const std::string path = in.file("s");
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    REQUIRE(path.size() < sizeof name.sun_path);
    std::ranges::copy(path, name.sun_path);
    const int listening = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(listening >= 0);
    REQUIRE(::bind(listening, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0);
    const output_file file{path};
    REQUIRE(file.error());
    CHECK(file.error()->code == write_error::reason::open_failed);
    CHECK(file.error()->system_error == ENXIO);
    ::close(listening);
}
#endif
