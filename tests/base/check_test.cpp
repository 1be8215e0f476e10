// SPDX-License-Identifier: MIT
#define TCPLENS_CHECKS 1 // no other header of tcplens is included here: they check, or not, as the build does
#include <tcplens/base/check.hpp>

#include <doctest/doctest.h>

#if __has_include(<sys/wait.h>)
#include <array>
#include <csignal>
#include <string>
#include <string_view>

#include <sys/wait.h>
#include <unistd.h>
#endif

namespace {

constexpr int half(int even) noexcept {
    TCPLENS_CHECK(even % 2 == 0, "the number is even");
    return even / 2;
}

static_assert(half(6) == 3); // usable in constant expressions

} // namespace

TEST_CASE("check: a precondition that holds has no effect") {
    CHECK(half(4) == 2);
}

#if __has_include(<sys/wait.h>)
TEST_CASE("check: a violated precondition names file, line and sentence, and aborts") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL); // the test framework's handler would report it
        ::dup2(ends[1], STDERR_FILENO);
        ::_exit(half(3));
    }
    ::close(ends[1]);
    std::string written;
    std::array<char, 256> some{};
    for (ssize_t got = 0; (got = ::read(ends[0], some.data(), some.size())) > 0;)
        written.append(some.data(), static_cast<std::size_t>(got));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(written.find("check_test.cpp:20: tcplens: violated precondition: the number is even\n") != std::string::npos);
}
#endif
