// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/owned_bytes.hpp"
#include "byte_source.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v1 {

namespace detail {

/// A callable that puts the next bytes of a stream into a buffer, which is never empty, and returns how many: at least 1, at most the
/// size of the buffer. It returns 0 at the end of the stream, and a negative number, best `-errno`, if reading failed. If it has a
/// member `skip(n)`, that goes up to n bytes ahead without reading them, and returns by how many.
template <typename Fill>
concept stream_filler = std::move_constructible<Fill> && requires(Fill& fill, std::span<std::byte> buffer) {
    { fill(buffer) } -> std::integral;
};

} // namespace detail

/// A byte_source over bytes that arrive one after the other: from a file, a pipe, a socket, a decompressor, any `stream_filler`.
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
        if (held() < n) [[unlikely]]
            wait_for(n);
        return {at_, end_};
    }

    /// Moves the position by so many bytes, or to the end of the stream; returns by how many.
    std::uint64_t skip(std::uint64_t distance) {
        if (distance > held()) [[unlikely]]
            return skip_beyond(distance);
        at_ += distance;
        return distance;
    }

    /// Bytes before the position.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return start_ + static_cast<std::uint64_t>(at_ - buffer_.get());
    }
    /// After `fill` failed the errno that it returned, 0 if it is not one; `nullopt` before.
    [[nodiscard]] std::optional<int> read_error() const noexcept {
        return failed_ ? std::optional<int>{error_number_} : std::nullopt;
    }
    /// What `fill.change()` says, if it has that: see file_stream::change().
    [[nodiscard]] auto change() const noexcept requires requires(const Fill& fill) { fill.change(); }
    { return fill_.change(); }
    /// Length of the stream in bytes, if `fill` knows it: that of a regular file when it was opened, or what was read of it since
    /// then if that is more. `nullopt` for other streams.
    [[nodiscard]] std::optional<std::uint64_t> known_size() const noexcept {
        if constexpr (requires { fill_.regular_size(); }) {
            if (const std::optional<std::uint64_t> size = fill_.regular_size()) return (std::max)(*size, position());
        }
        return std::nullopt;
    }

private:
    // 64 KiB: a file is read by 2 % faster with 128 or 256 KiB, by 10 to 20 % slower with 32 KiB or 1 MiB (a processor with 1 MiB of L2
    // cache, packets of 100 and of 1,500 bytes, file in the page cache), and each open capture takes as much.
    static constexpr std::size_t first_capacity = std::size_t{64} * 1024;

    [[nodiscard]] std::size_t held() const noexcept { return static_cast<std::size_t>(end_ - at_); }

    TCPLENS_NOINLINE void wait_for(std::size_t n) {
        while (held() < n && !ended_) {
            make_room();
            receive();
        }
    }

    TCPLENS_NOINLINE std::uint64_t skip_beyond(std::uint64_t distance) {
        std::uint64_t skipped = 0;
        while (true) {
            const std::size_t step =
                distance - skipped < held() ? static_cast<std::size_t>(distance - skipped) : held();
            at_ += step;
            skipped += step;
            if (skipped == distance || ended_) return skipped;
            start_ = position();
            at_ = end_ = buffer_.get();
            if constexpr (requires {
                              { fill_.skip(distance) } -> std::same_as<std::uint64_t>;
                          }) {
                const std::uint64_t unread = fill_.skip(distance - skipped);
                start_ += unread;
                skipped += unread;
            }
            make_room();
            receive();
        }
    }

    /// Makes room for at least one byte at `end_`.
    void make_room() {
        if (end_ != buffer_.get() + capacity_) return;
        const std::size_t kept = held();
        const std::uint64_t start = position();
        if (at_ != buffer_.get()) {
            std::memmove(buffer_.get(), at_, kept);
        } else {
            const std::size_t capacity = (std::max)(first_capacity, 2 * capacity_);
            detail::owned_bytes larger{capacity};
            if (kept != 0) std::memcpy(larger.get(), at_, kept);
            buffer_ = std::move(larger);
            capacity_ = capacity;
        }
        start_ = start;
        at_ = buffer_.get();
        end_ = at_ + kept;
    }

    void receive() {
        const auto room = static_cast<std::size_t>(buffer_.get() + capacity_ - end_);
        const auto received = static_cast<std::ptrdiff_t>(fill_(std::span<std::byte>{end_, room}));
        if (received > 0 && static_cast<std::size_t>(received) <= room) {
            end_ += received;
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
    detail::owned_bytes buffer_{};
    std::size_t capacity_ = 0;
    std::byte* at_ = nullptr;  ///< in the buffer: the first byte that was not skipped
    std::byte* end_ = nullptr; ///< in the buffer: behind what is held
    std::uint64_t start_ = 0;  ///< where in the stream the buffer's first byte stands
    bool ended_ = false;
    bool failed_ = false;
    int error_number_ = 0;
};

} // namespace tcplens::inline v1
