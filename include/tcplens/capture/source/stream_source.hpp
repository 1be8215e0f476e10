// SPDX-License-Identifier: MIT
#pragma once

#include "byte_source.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v0 {

namespace detail {

/// A callable that puts the next bytes of a stream into a buffer, which is never empty, and returns how many: at least 1, at most the
/// size of the buffer. It returns 0 at the end of the stream, and a negative number, best `-errno`, if reading failed.
template <typename Fill>
concept stream_filler = std::move_constructible<Fill> && requires(Fill& fill, std::span<std::byte> buffer) {
    { fill(buffer) } -> std::integral;
};

} // namespace detail

/// A byte_source over bytes that arrive one after the other: from a pipe, a socket, a decompressor, any `stream_filler`.
///
/// It has one buffer. The buffer begins with 64 KiB and doubles only when it is full of bytes that have arrived, so that no length
/// that a capture claims causes an allocation. `fill` is called only when more bytes are needed than the buffer holds, so that the
/// packets of a live capture are delivered at once. A source that was moved from can only be destroyed.
template <detail::stream_filler Fill>
class stream_source {
public:
    /// Reads nothing yet.
    explicit stream_source(Fill fill) : fill_(std::move(fill)) {}

    /// The bytes from the position on, at least n; fewer only at the end of the stream. Valid until the next peek(), and until a skip()
    /// beyond them. Calls `fill` until there are enough.
    [[nodiscard]] std::span<const std::byte> peek(std::size_t n) {
        while (end_ - begin_ < n && !ended_) {
            make_room();
            receive();
        }
        return {buffer_.get() + begin_, end_ - begin_};
    }

    /// Moves the position by so many bytes, or to the end of the stream; returns by how many.
    std::uint64_t skip(std::uint64_t distance) {
        std::uint64_t skipped = 0;
        while (true) {
            const std::size_t held = end_ - begin_;
            const std::size_t step = distance - skipped < held ? static_cast<std::size_t>(distance - skipped) : held;
            begin_ += step;
            skipped += step;
            if (skipped == distance || ended_) return skipped;
            start_ += begin_;
            begin_ = end_ = 0;
            make_room();
            receive();
        }
    }

    /// Bytes before the position.
    [[nodiscard]] std::uint64_t position() const noexcept { return start_ + begin_; }
    /// After `fill` failed the errno that it returned, 0 if it is not one; `nullopt` before.
    [[nodiscard]] std::optional<int> read_error() const noexcept {
        return failed_ ? std::optional<int>{error_number_} : std::nullopt;
    }

private:
    static constexpr std::size_t first_capacity = std::size_t{64} * 1024;

    /// Makes room for at least one byte at `end_`.
    void make_room() {
        if (end_ < capacity_) return;
        const std::size_t held = end_ - begin_;
        if (begin_ != 0) {
            std::memmove(buffer_.get(), buffer_.get() + begin_, held);
        } else {
            const std::size_t capacity = (std::max)(first_capacity, 2 * capacity_);
            auto larger = std::make_unique_for_overwrite<std::byte[]>(capacity);
            if (held != 0) std::memcpy(larger.get(), buffer_.get(), held);
            buffer_ = std::move(larger);
            capacity_ = capacity;
        }
        start_ += begin_;
        begin_ = 0;
        end_ = held;
    }

    void receive() {
        const std::size_t room = capacity_ - end_;
        const auto received = static_cast<std::ptrdiff_t>(fill_(std::span<std::byte>{buffer_.get() + end_, room}));
        if (received > 0 && static_cast<std::size_t>(received) <= room) {
            end_ += static_cast<std::size_t>(received);
            return;
        }
        ended_ = true;
        // A filler that says that it put more than there was room for is broken.
        if (received != 0) {
            const bool is_errno = received < 0 && received >= -(std::numeric_limits<int>::max)();
            failed_ = true;
            error_number_ = is_errno ? static_cast<int>(-received) : 0;
        }
    }

    Fill fill_;
    std::unique_ptr<std::byte[]> buffer_{};
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;   ///< of what is held and not yet skipped, in the buffer
    std::size_t end_ = 0;     ///< of what is held, in the buffer
    std::uint64_t start_ = 0; ///< where in the stream the buffer's first byte stands
    bool ended_ = false;
    bool failed_ = false;
    int error_number_ = 0;
};

} // namespace tcplens::inline v0
