// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/mcp/worker_queue.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <new>
#include <system_error>
#include <thread>
#include <utility>

using program::context_server::worker_queue;

namespace {

/// A thread of a system that starts only so many.
class scarce_thread {
public:
    template <class... Arguments>
    explicit scarce_thread(Arguments&&... arguments) {
        if (left == 0) throw std::system_error{std::make_error_code(std::errc::resource_unavailable_try_again)};
        --left;
        thread_ = std::thread{std::forward<Arguments>(arguments)...};
    }
    void join() { thread_.join(); }

    static inline std::size_t left = 0;

private:
    std::thread thread_{};
};

} // namespace

TEST_CASE("mcp: requests are answered by as many threads as the system starts, and without any") {
    for (const std::size_t threads : {0u, 1u, 3u, 8u, 9u}) {
        CAPTURE(threads);
        scarce_thread::left = threads;
        std::atomic<int> done = 0;
        {
            worker_queue<scarce_thread> queue{8};
            CHECK(queue.threads() == (threads < 8 ? threads : 8));
            for (int i = 0; i < 100; ++i) queue.enqueue([&done] { ++done; });
            queue.shut_down();
            CHECK(done == 100);
            queue.shut_down(); // changes nothing
        }
        CHECK(done == 100);
    }
}

TEST_CASE("mcp: what was put in is done before its threads are gone") {
    std::atomic<int> done = 0;
    {
        worker_queue<> queue{2};
        for (int i = 0; i < 50; ++i) queue.enqueue([&done] { ++done; });
    }
    CHECK(done == 50);
}

TEST_CASE("mcp: a request for which there is no memory ends no others") {
    for (const std::size_t threads : {0u, 2u}) {
        scarce_thread::left = threads;
        std::atomic<int> done = 0;
        worker_queue<scarce_thread> queue{2};
        for (int i = 0; i < 50; ++i) {
            queue.enqueue([&done, i] {
                if (i % 2 == 0) throw std::bad_alloc{};
                ++done;
            });
        }
        queue.shut_down();
        CHECK(done == 25);
    }
}
