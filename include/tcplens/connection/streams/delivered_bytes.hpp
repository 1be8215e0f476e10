// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace tcplens::inline v0::detail {

/// The last delivered bytes of directions, in bounded memory: a ring for each, of which the oldest is taken for another direction.
class delivered_bytes {
public:
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    /// `size`: bytes of each ring, 0 or a power of two. `limit`: how many rings.
    delivered_bytes(std::uint32_t size, std::uint32_t limit) noexcept : size_(limit == 0 ? 0 : size), limit_(limit) {}

    /// Allocates all memory.
    void reserve() {
        if (size_ == 0) return;
        while (rings_.size() < limit_) make();
        free_.reserve(limit_);
    }

    [[nodiscard]] bool is_off() const noexcept { return size_ == 0; }

    /// Remembers bytes from an offset on. `owner` is the number of the direction's ring, `none` at first; it is changed, also when the
    /// ring is taken for another direction, so it must stay where it is until forget().
    void remember(std::uint32_t& owner, std::uint64_t offset, std::span<const std::byte> bytes) {
        if (owner == none) take(owner, offset);
        ring& into = rings_[owner];
        if (bytes.size() > size_) {
            offset += bytes.size() - size_;
            into.begin = offset;
            bytes = bytes.last(size_);
        }
        const std::size_t at = static_cast<std::size_t>(offset & (size_ - 1));
        const std::size_t first = (std::min)(bytes.size(), size_ - at);
        std::memcpy(into.bytes.get() + at, bytes.data(), first);
        if (first < bytes.size()) std::memcpy(into.bytes.get(), bytes.data() + first, bytes.size() - first);
    }
    /// Nothing before an offset is remembered: there is a gap before it.
    void begin_at(std::uint32_t owner, std::uint64_t offset) noexcept {
        if (owner != none) rings_[owner].begin = offset;
    }
    /// The remembered bytes from an offset on, up to `length`, as far as they lie behind each other in memory; empty if they are not
    /// remembered. `next`: the offset behind the last delivered byte.
    [[nodiscard]] std::span<const std::byte> find(std::uint32_t owner, std::uint64_t offset, std::uint64_t length,
                                                  std::uint64_t next) const noexcept {
        if (owner == none || offset < begin_of(owner, next) || offset >= next) return {};
        const std::size_t at = static_cast<std::size_t>(offset & (size_ - 1));
        const std::uint64_t count = (std::min)({length, next - offset, std::uint64_t{size_ - at}});
        return {rings_[owner].bytes.get() + at, static_cast<std::size_t>(count)};
    }
    /// The offset of the first remembered byte.
    [[nodiscard]] std::uint64_t begin_of(std::uint32_t owner, std::uint64_t next) const noexcept {
        return (std::max)(rings_[owner].begin, next < size_ ? 0 : next - size_);
    }
    /// The direction ends.
    void forget(std::uint32_t& owner) noexcept {
        if (owner == none) return;
        rings_[owner].owner = nullptr;
        free_.push_back(owner); // never more than there are rings
        owner = none;
    }

private:
    struct ring {
        std::unique_ptr<std::byte[]> bytes{};
        std::uint64_t begin = 0;
        std::uint32_t* owner = nullptr;
    };

    void make() {
        rings_.push_back({.bytes = std::make_unique<std::byte[]>(size_)});
        free_.reserve(rings_.capacity());
        free_.push_back(static_cast<std::uint32_t>(rings_.size() - 1));
    }

    void take(std::uint32_t& owner, std::uint64_t offset) {
        if (free_.empty() && rings_.size() < limit_) make();
        if (free_.empty()) {
            owner = oldest_; // the rings are taken in turn
            oldest_ = oldest_ + 1 == limit_ ? 0 : oldest_ + 1;
            *rings_[owner].owner = none;
            rings_[owner].owner = nullptr;
        } else {
            owner = free_.back();
            free_.pop_back();
        }
        rings_[owner].owner = &owner;
        rings_[owner].begin = offset;
    }

    std::uint32_t size_;
    std::uint32_t limit_;
    std::uint32_t oldest_ = 0;
    std::vector<ring> rings_{};
    std::vector<std::uint32_t> free_{}; ///< rings that no direction has
};

} // namespace tcplens::inline v0::detail
