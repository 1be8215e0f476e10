// SPDX-License-Identifier: MIT
#pragma once

// One request while it is worked on: whether it is still wanted, how long it may take, and who hears how far it got.

#include "failures.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace program::context_server {

class job {
public:
    using clock = std::chrono::steady_clock;
    /// Hears of bytes done, of all bytes, and of packets. Returns false if nobody listens any more.
    using listener = std::function<bool(std::uint64_t done, std::uint64_t all, std::uint64_t packets)>;

    explicit job(std::chrono::seconds longest, listener hears = {})
        : longest_(longest), ends_(clock::now() + longest), hears_(std::move(hears)) {}
    job(const job&) = delete;
    job& operator=(const job&) = delete;

    /// From any thread.
    void cancel() noexcept { cancelled_ = true; }
    [[nodiscard]] bool is_cancelled() const noexcept { return cancelled_; }

    /// Is called between batches of packets. \throws request_cancelled, tool_failure
    void look(std::uint64_t done, std::uint64_t all, std::uint64_t packets) {
        if (cancelled_) throw request_cancelled{};
        const clock::time_point now = clock::now();
        if (now >= ends_) {
            throw tool_failure{"Reading took longer than " + std::to_string(longest_.count()) + " s, after " +
                               std::to_string(done) + " of " + std::to_string(all) +
                               " bytes. Start the server with a larger --max-seconds, or cut the capture into parts."};
        }
        constexpr std::chrono::milliseconds between_reports{200}; // a person's eye needs no more
        if (!hears_ || now - heard_ < between_reports || done <= told_) return;
        heard_ = now;
        told_ = done;
        if (!hears_(done, all, packets)) throw request_cancelled{};
    }

private:
    std::atomic<bool> cancelled_{false};
    std::chrono::seconds longest_;
    clock::time_point ends_;
    listener hears_;
    clock::time_point heard_ = clock::now();
    std::uint64_t told_ = 0; ///< progress only ever grows
};

} // namespace program::context_server
