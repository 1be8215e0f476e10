// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace tcplens::inline v1::detail {

/// The first exception that work in several threads threw.
class first_exception {
public:
    /// Calls `work`. Returns whether it threw; where exceptions are disabled, the standard library then ends the program.
    template <class Work>
    [[nodiscard]] bool is_thrown_by(const Work& work) noexcept {
#if defined(__cpp_exceptions)
        try {
            work();
        } catch (...) {
            const std::scoped_lock lock{mutex_};
            if (!kept_) kept_ = std::current_exception();
            return true;
        }
#else
        work();
#endif
        return false;
    }

    /// Throws it, if there is one. @pre the threads have ended
    void rethrow() const {
#if defined(__cpp_exceptions)
        if (kept_) std::rethrow_exception(kept_);
#endif
    }

private:
    std::mutex mutex_{};
    std::exception_ptr kept_{};
};

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
