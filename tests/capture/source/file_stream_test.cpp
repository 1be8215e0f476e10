// SPDX-License-Identifier: MIT
// Files as streams: what cannot be opened, pipes without bytes, streams that were moved.
#ifndef _WIN32
#include <tcplens/capture/source/file_stream.hpp>

#include "../../support/test_folder.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

using tcplens::capture_error_code;
using tcplens::file_stream;

namespace {

std::string read_all(file_stream& from) {
    std::string text;
    std::array<std::byte, 16> bytes{};
    while (true) {
        const auto count = from(bytes);
        if (count <= 0) return count == 0 ? text : text + " errno " + std::to_string(-count);
        text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(count));
    }
}

} // namespace

TEST_CASE("file stream: each reason why a file cannot be opened") {
    const test_folder in;
    const auto error_of = [&](const std::string& path) { return file_stream{path.c_str()}.error().value(); };
    std::ofstream{in.path() / "file"} << "text";
    CHECK(error_of((in.path() / "missing").string()).code == capture_error_code::file_not_found);
    CHECK(error_of((in.path() / "file/below").string()).code == capture_error_code::file_not_found);
    CHECK(error_of(in.path().string()).code == capture_error_code::is_a_directory);
    std::filesystem::create_symlink("loop", in.path() / "loop");
    CHECK(error_of((in.path() / "loop").string()).code == capture_error_code::open_failed);
    CHECK(error_of((in.path() / "loop").string()).system_error == ELOOP);
    CHECK(error_of((in.path() / std::string(5000, 'x')).string()).system_error == ENAMETOOLONG);
    CHECK(!file_stream{in.path() / "file"}.error());
}

TEST_CASE("file stream: it can be moved while it is read, and what is left reads nothing") {
    const test_folder in;
    std::ofstream{in.path() / "a"} << "0123456789abcdefXYZ";
    std::ofstream{in.path() / "b"} << "other";
    file_stream first{in.path() / "a"};
    std::array<std::byte, 16> bytes{};
    CHECK(first(bytes) == 16);
    file_stream second{std::move(first)};
    CHECK(first.descriptor() == -1); // NOLINT(bugprone-use-after-move): it is a stream all the same
    CHECK(first(bytes) == -EBADF);
    file_stream third{in.path() / "b"};
    third = std::move(second);
    CHECK(third.regular_size() == 19);
    file_stream& same = third;
    third = std::move(same);
    CHECK(read_all(third) == "XYZ");
    CHECK(!third.change());
    std::ofstream{in.path() / "a", std::ios::app} << "more";
    CHECK(!third.change());
    std::filesystem::resize_file(in.path() / "a", 3);
    REQUIRE(third.change());
    CHECK(third.change()->shrank);
    CHECK(third.change()->overwritten);
    CHECK(third.change()->size_now == 3);
}

TEST_CASE("file stream: a pipe that does not block is waited for") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    const int input_before = ::dup(0);
    REQUIRE(::dup2(ends[0], 0) == 0);
    std::string text;
    bool is_regular = true;
    {
        std::thread writer{[&] {
            for (const char* const part : {"one ", "two ", "three"}) {
                std::this_thread::sleep_for(std::chrono::milliseconds{20});
                static_cast<void>(::write(ends[1], part, std::string{part}.size()));
            }
            ::close(ends[1]);
        }};
        file_stream input = file_stream::standard_input();
        is_regular = input.regular_size().has_value();
        text = read_all(input);
        CHECK(!input.change());
        writer.join();
    }
    ::dup2(input_before, 0);
    ::close(input_before);
    ::close(ends[0]);
    CHECK(text == "one two three");
    CHECK(!is_regular);
}

TEST_CASE("file stream: a folder in place of standard input is an error when it is read") {
    const test_folder in;
    const int folder = ::open(in.path().c_str(), O_RDONLY | O_DIRECTORY);
    REQUIRE(folder >= 0);
    const int input_before = ::dup(0);
    REQUIRE(::dup2(folder, 0) == 0);
    std::string text;
    {
        file_stream input = file_stream::standard_input();
        text = read_all(input);
    }
    ::dup2(input_before, 0);
    ::close(input_before);
    ::close(folder);
    CHECK(text == " errno " + std::to_string(EISDIR));
}
#endif
