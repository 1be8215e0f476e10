// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace tcplens::inline v1::detail {

/// Assigns work to threads that take chunks of packets through four steps. Chunks are read in order, one at a time; decoded in any
/// order; settled in order, one at a time; and followed in order by each follower. Any thread may do any step, but each prefers
/// to be the follower with its own number.
///
/// Chunks lie in a ring: a chunk is read when all followers are done with the chunk in whose place it comes.
class chunk_schedule {
public:
    enum class task : std::uint8_t {
        read,   ///< and decode
        settle, ///< what depends on earlier packets
        follow,
        none, ///< there is nothing left to do
    };
    struct assignment {
        task what = task::none;
        std::uint64_t chunk = 0;
        std::size_t follower = 0; ///< of task::follow
    };

    /// @pre both are positive; numbers of chunks go on from `first`
    chunk_schedule(std::size_t followers, std::size_t ring, std::uint64_t first)
        : decoded_(ring), followers_(followers, {.next = first}), next_read_(first), next_settled_(first) {}

    /// Waits for something to do, or for the end.
    [[nodiscard]] assignment next(std::size_t thread) {
        std::unique_lock lock{mutex_};
        for (;;) {
            if (stopped_) return {};
            if (const assignment found = find(thread); found.what != task::none) return found;
            if (is_over()) return {};
            ++waiting_;
            changed_.wait(lock);
            --waiting_;
        }
    }

    /// The thread that has read a chunk decodes it next. `is_last`: no chunk follows.
    void has_read(bool is_last) {
        const std::scoped_lock lock{mutex_};
        reading_ = false;
        ended_ = is_last;
        ++next_read_;
        wake();
    }
    void has_decoded(std::uint64_t chunk) {
        const std::scoped_lock lock{mutex_};
        decoded_[place(chunk)] = true;
        wake();
    }
    void has_settled() {
        const std::scoped_lock lock{mutex_};
        settling_ = false;
        decoded_[place(next_settled_++)] = false;
        wake();
    }
    void has_followed(std::size_t follower) {
        const std::scoped_lock lock{mutex_};
        followers_[follower].busy = false;
        ++followers_[follower].next;
        wake();
    }

    /// Nothing is left to do: a step failed.
    void stop() {
        const std::scoped_lock lock{mutex_};
        stopped_ = true;
        wake();
    }

private:
    struct follower_state {
        std::uint64_t next = 0; ///< the chunk that it has to follow next
        bool busy = false;
    };

    [[nodiscard]] std::size_t place(std::uint64_t chunk) const noexcept {
        return static_cast<std::size_t>(chunk % decoded_.size());
    }
    [[nodiscard]] bool can_follow(std::size_t follower) const noexcept {
        return !followers_[follower].busy && followers_[follower].next < next_settled_;
    }
    /// The oldest chunk that a follower still has to follow.
    [[nodiscard]] std::uint64_t oldest() const noexcept {
        return (std::ranges::min)(followers_, {}, &follower_state::next).next;
    }
    [[nodiscard]] bool is_over() const noexcept { return ended_ && oldest() == next_read_; }

    [[nodiscard]] assignment follow(std::size_t follower) noexcept {
        followers_[follower].busy = true;
        return {task::follow, followers_[follower].next, follower};
    }

    [[nodiscard]] assignment find(std::size_t thread) noexcept {
        if (!settling_ && decoded_[place(next_settled_)]) { // the others wait for it
            settling_ = true;
            return {task::settle, next_settled_};
        }
        if (can_follow(thread)) return follow(thread);
        if (!reading_ && !ended_ && next_read_ < oldest() + decoded_.size()) {
            reading_ = true;
            return {task::read, next_read_};
        }
        for (std::size_t other = 0; other < followers_.size(); ++other) {
            if (can_follow(other)) return follow(other);
        }
        return {};
    }

    void wake() {
        if (waiting_ > 0) changed_.notify_all();
    }

    std::mutex mutex_{};
    std::condition_variable changed_{};
    std::vector<bool> decoded_; ///< by place in the ring: decoded, and not settled
    std::vector<follower_state> followers_;
    std::uint64_t next_read_;
    std::uint64_t next_settled_;
    std::size_t waiting_ = 0; ///< threads
    bool reading_ = false;
    bool settling_ = false;
    bool ended_ = false;
    bool stopped_ = false;
};

} // namespace tcplens::inline v1::detail
