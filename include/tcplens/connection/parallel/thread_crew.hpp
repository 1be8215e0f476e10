// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace tcplens::inline v1::detail {

/// Threads that are waited for when the crew is destroyed. `Thread` is std::thread but in tests.
template <class Thread = std::thread>
class thread_crew {
public:
    explicit thread_crew(std::size_t most) { threads_.reserve(most); }
    thread_crew(const thread_crew&) = delete;
    thread_crew& operator=(const thread_crew&) = delete;
    thread_crew(thread_crew&&) = delete;
    thread_crew& operator=(thread_crew&&) = delete;
    ~thread_crew() {
        for (Thread& each : threads_) each.join();
    }

    /// Starts a thread that calls `work(number)`. Returns false if the system cannot start one; where exceptions are disabled, the
    /// standard library then ends the program.
    template <class Work>
    [[nodiscard]] bool start(const Work& work, std::size_t number) {
#if defined(__cpp_exceptions)
        try {
            threads_.emplace_back(work, number);
        } catch (const std::system_error&) {
            return false;
        }
#else
        threads_.emplace_back(work, number);
#endif
        return true;
    }

private:
    std::vector<Thread> threads_{};
};

} // namespace tcplens::inline v1::detail
