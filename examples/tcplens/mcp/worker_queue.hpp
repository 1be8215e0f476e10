// SPDX-License-Identifier: MIT
#pragma once

// The threads that answer requests of HTTP. That of cpp-httplib ends the process if the system cannot start all of its threads.

#include <tcplens/connection/parallel/thread_crew.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace program::context_server {

/// Works tasks off, in as many threads as are asked for; in fewer, if the system does not start so many; and if it starts none, within
/// enqueue(). `Thread` is std::thread but in tests.
template <class Thread = std::thread>
class worker_queue {
public:
    explicit worker_queue(std::size_t most) : crew_(std::in_place, most) {
        while (threads_ < most && crew_->start([this](std::size_t) { work(); }, threads_)) ++threads_;
    }
    worker_queue(const worker_queue&) = delete;
    worker_queue& operator=(const worker_queue&) = delete;
    worker_queue(worker_queue&&) = delete;
    worker_queue& operator=(worker_queue&&) = delete;
    ~worker_queue() { shut_down(); }

    void enqueue(std::function<void()> task) {
        if (threads_ == 0) {
            perform(task);
            return;
        }
        {
            const std::lock_guard<std::mutex> guard{mutex_};
            tasks_.push_back(std::move(task));
        }
        ready_.notify_one();
    }

    /// Waits for all tasks that were put in.
    void shut_down() {
        {
            const std::lock_guard<std::mutex> guard{mutex_};
            ends_ = true;
        }
        ready_.notify_all();
        crew_.reset();
    }

    [[nodiscard]] std::size_t threads() const noexcept { return threads_; }

private:
    /// A request for which there is no memory is not answered, and ends no others.
    static void perform(const std::function<void()>& task) noexcept {
        try {
            task();
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch)
        }
    }

    void work() {
        while (true) {
            std::function<void()> task;
            {
                std::unique_lock<std::mutex> lock{mutex_};
                ready_.wait(lock, [this] { return ends_ || !tasks_.empty(); });
                if (tasks_.empty()) return;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            perform(task);
        }
    }

    std::mutex mutex_{};
    std::condition_variable ready_{};
    std::deque<std::function<void()>> tasks_{};
    bool ends_ = false;
    std::size_t threads_ = 0;
    std::optional<tcplens::detail::thread_crew<Thread>> crew_; ///< last: its threads use the others
};

} // namespace program::context_server
