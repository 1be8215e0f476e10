// SPDX-License-Identifier: MIT
#include <tcplens/connection/parallel/thread_crew.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <system_error>
#include <thread>
#include <utility>

using tcplens::detail::thread_crew;

namespace {

/// A thread of a system that has room for two.
class scarce_thread {
public:
    template <class Work>
    scarce_thread(const Work& work, std::size_t number) {
        if (started == 2) throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
        ++started;
        thread_ = std::thread{work, number};
    }
    void join() {
        thread_.join();
        ++joined;
    }

    static inline int started = 0;
    static inline int joined = 0;

private:
    std::thread thread_{};
};

} // namespace

TEST_CASE(
    "thread crew: a thread that the system cannot start is reported, and those that were started are waited for") {
    bool did[4]{};
    {
        thread_crew<scarce_thread> crew{3};
        const auto work = [&](std::size_t number) { did[number] = true; };
        CHECK(crew.start(work, 1));
        CHECK(crew.start(work, 2));
        CHECK_FALSE(crew.start(work, 3));
    }
    CHECK(scarce_thread::joined == 2);
    CHECK((did[1] && did[2] && !did[3]));
}
