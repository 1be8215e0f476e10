// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/prefetch.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Queues of record numbers; each record is in one of them. All operations take constant time.
template <std::size_t QueueCount>
class idle_queues {
public:
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    /// The record that is in the queue for longest, or `none`.
    [[nodiscard]] std::uint32_t front(std::size_t queue) const noexcept { return ends_[queue].first; }

    /// The record behind another one in its queue, or `none`.
    [[nodiscard]] std::uint32_t after(std::uint32_t record) const noexcept { return links_[record].next; }

    /// Fetches from memory what remove() touches.
    TCPLENS_ALWAYS_INLINE void prefetch(std::uint32_t record) const noexcept {
        detail::prefetch<sizeof(link)>(&links_[record]);
    }

    /// Makes room for records below `count`.
    void resize(std::size_t count) { links_.resize(count); }

    /// @pre there is room for the record, and it is in no queue
    void push_back(std::size_t queue, std::uint32_t record) noexcept {
        end& of = ends_[queue];
        links_[record] = {of.last, none};
        (of.last == none ? of.first : links_[of.last].next) = record;
        of.last = record;
    }

    /// @pre the record is in that queue
    void remove(std::size_t queue, std::uint32_t record) noexcept {
        const link around = links_[record];
        (around.previous == none ? ends_[queue].first : links_[around.previous].next) = around.next;
        (around.next == none ? ends_[queue].last : links_[around.next].previous) = around.previous;
    }

private:
    struct link {
        std::uint32_t previous = none;
        std::uint32_t next = none;
    };
    struct end {
        std::uint32_t first = none;
        std::uint32_t last = none;
    };

    std::vector<link> links_{};
    std::array<end, QueueCount> ends_{};
};

} // namespace tcplens::inline v1::detail
