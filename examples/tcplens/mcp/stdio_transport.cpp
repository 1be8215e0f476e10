// SPDX-License-Identifier: MIT
#include "stdio_transport.hpp"

#include <tcplens/connection/parallel/thread_crew.hpp>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <unistd.h>

namespace program::context_server {

namespace {

/// Messages to the client: a line each, whole whatever thread they come from.
class output {
public:
    /// Returns false if the client reads no more.
    bool send(const json& whole) {
        std::string line = whole.dump(-1, ' ', false, json::error_handler_t::replace);
        line += '\n';
        const std::lock_guard<std::mutex> guard{mutex_};
        std::string_view rest = line;
        while (!rest.empty() && !failed_) {
            const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
            if (written >= 0) rest.remove_prefix(static_cast<std::size_t>(written));
            else if (errno != EINTR) failed_ = true;
        }
        return !failed_;
    }
    [[nodiscard]] bool has_failed() const noexcept { return failed_; }

private:
    std::mutex mutex_{};
    std::atomic<bool> failed_{false};
};

/// A request that waits or is worked on.
struct pending {
    message asked;
    caller by;
    std::size_t bytes;
    std::unique_ptr<job> work{}; ///< from when it is begun
    bool is_cancelled = false;
};

/// Answers in a thread of its own, so that it hears what is cancelled meanwhile; where the system does not start one, between messages.
class conversation {
public:
    explicit conversation(server& with) : with_(with), worker_(std::in_place, 1) {
        has_worker_ = worker_->start([this](std::size_t) { answer_all(); }, 0);
    }
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

    void hear(std::string_view line) {
        message read = read_message(line);
        switch (read.what) {
        case message::kind::wrong: out_.send(error_message(read.id, read.code, read.complaint)); return;
        case message::kind::notification: note(read); return;
        case message::kind::request: break;
        }
        if (read.method == "initialize") by_.has_session = true;
        std::unique_lock<std::mutex> lock{mutex_};
        room_.wait(lock, [&] { return waiting_bytes_ < most_waiting_bytes && waiting_.size() < most_waiting; });
        waiting_bytes_ += line.size();
        waiting_.push_back({.asked = std::move(read), .by = by_, .bytes = line.size()});
        more_.notify_one();
        lock.unlock();
        if (!has_worker_) answer_all();
    }

    [[nodiscard]] bool has_failed() const noexcept { return out_.has_failed(); }

    /// Answers what still waits, and ends.
    void finish() {
        {
            const std::lock_guard<std::mutex> guard{mutex_};
            is_ending_ = true;
            more_.notify_one();
        }
        worker_.reset();
    }

private:
    static constexpr std::size_t most_waiting = 1024;
    static constexpr std::size_t most_waiting_bytes = 8 * most_line_bytes;

    void note(const message& notice) {
        if (notice.method != "notifications/cancelled") return;
        const auto id = notice.params.find("requestId");
        if (id == notice.params.end()) return;
        const std::lock_guard<std::mutex> guard{mutex_};
        for (pending& each : waiting_) {
            if (each.asked.id != *id) continue;
            each.is_cancelled = true;
            if (each.work) each.work->cancel();
        }
    }

    /// Answers what waits; in a thread of its own also what comes, until finish().
    void answer_all() {
        std::unique_lock<std::mutex> lock{mutex_};
        while (true) {
            if (has_worker_) more_.wait(lock, [&] { return is_ending_ || !waiting_.empty(); });
            if (waiting_.empty()) return;
            pending& next = waiting_.front(); // stays where it is: a deque moves nothing when others are put behind
            if (!next.is_cancelled && !out_.has_failed()) {
                const notifier notify = [this](const json& notice) { return out_.send(notice); };
                next.work = std::make_unique<job>(with_.longest(), server::progress_of(next.asked, notify));
                lock.unlock();
                const std::optional<json> answer = with_.respond(next.asked, next.by, *next.work, notify);
                lock.lock();
                if (answer && !next.is_cancelled) {
                    lock.unlock();
                    out_.send(*answer);
                    lock.lock();
                }
            }
            waiting_bytes_ -= next.bytes;
            waiting_.pop_front();
            room_.notify_one();
        }
    }

    server& with_;
    output out_{};
    caller by_{}; ///< only the reading thread uses it
    std::mutex mutex_{};
    std::condition_variable more_{};
    std::condition_variable room_{};
    std::deque<pending> waiting_{}; ///< the first one is worked on
    std::size_t waiting_bytes_ = 0;
    bool is_ending_ = false;
    std::atomic<bool> has_worker_{true};                   ///< its thread reads it before the constructor knows
    std::optional<tcplens::detail::thread_crew<>> worker_; ///< last: its thread uses the others
};

} // namespace

bool serve_standard_streams(server& with) {
    std::signal(SIGPIPE, SIG_IGN); // a client that reads no more ends the server by an error of write()
    conversation heard{with};
    line_reader lines;
    std::array<char, 65536> buffer{};
    const auto hear = [&](std::string_view line) { heard.hear(line); };
    while (!heard.has_failed()) {
        const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) break;
        lines.add({buffer.data(), static_cast<std::size_t>(count)}, hear);
    }
    lines.end(hear);
    heard.finish();
    return !heard.has_failed();
}

} // namespace program::context_server
