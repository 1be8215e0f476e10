// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace tcplens::inline v1::detail {

/// Where the last delivered bytes of one direction are remembered.
struct remembered_bytes {
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    std::uint32_t ring = none;
    std::uint64_t from = 0; ///< nothing before this offset is remembered
};

/// The last delivered bytes of directions, in bounded memory: a ring for each, of which the oldest is taken for another direction.
class delivered_bytes {
public:
    static constexpr std::uint32_t none = remembered_bytes::none;

    /// `size`: bytes of each ring, 0 or a power of two. `limit`: how many rings.
    delivered_bytes(std::uint32_t size, std::uint32_t limit) noexcept : size_(limit == 0 ? 0 : size), limit_(limit) {}

    /// Allocates all memory.
    void reserve() {
        while (size_ != 0 && owners_.size() < limit_) make();
    }

    [[nodiscard]] bool is_off() const noexcept { return size_ == 0; }

    /// Remembers bytes that were delivered, from an offset on. `own` must stay where it is until forget(): it is changed when its ring
    /// is taken for another direction.
    TCPLENS_ALWAYS_INLINE void remember(remembered_bytes& own, std::uint64_t offset, std::span<const std::byte> bytes) {
        if (own.ring == none) [[unlikely]]
            take(own, offset);
        if (bytes.size() > size_) {
            offset += bytes.size() - size_;
            bytes = bytes.last(size_);
        }
        std::byte* const ring = ring_of(own.ring);
        const std::size_t at = static_cast<std::size_t>(offset & (size_ - 1));
        const std::size_t first = (std::min)(bytes.size(), size_ - at);
        std::memcpy(ring + at, bytes.data(), first);
        if (first < bytes.size()) std::memcpy(ring, bytes.data() + first, bytes.size() - first);
    }
    /// The remembered bytes from an offset on, up to `length`, as far as they lie behind each other in memory; empty if they are not
    /// remembered. `next`: the offset behind the last delivered byte.
    [[nodiscard]] std::span<const std::byte> find(const remembered_bytes& own, std::uint64_t offset,
                                                  std::uint64_t length, std::uint64_t next) const noexcept {
        if (own.ring == none || offset < begin_of(own, next) || offset >= next) return {};
        const std::size_t at = static_cast<std::size_t>(offset & (size_ - 1));
        const std::uint64_t count = (std::min)({length, next - offset, std::uint64_t{size_ - at}});
        return {ring_of(own.ring) + at, static_cast<std::size_t>(count)};
    }
    /// The offset of the first remembered byte.
    [[nodiscard]] std::uint64_t begin_of(const remembered_bytes& own, std::uint64_t next) const noexcept {
        return (std::max)(own.from, next < size_ ? 0 : next - size_);
    }
    /// The direction ends.
    void forget(remembered_bytes& own) noexcept {
        if (own.ring == none) return;
        owners_[own.ring] = nullptr;
        free_.push_back(own.ring); // never more than there are rings
        own.ring = none;
    }

private:
    static constexpr std::size_t rings_in_chunk = 16;

    [[nodiscard]] TCPLENS_ALWAYS_INLINE std::byte* ring_of(std::uint32_t ring) const noexcept {
        return chunks_[ring / rings_in_chunk].get() + ring % rings_in_chunk * size_;
    }

    void make() {
        if (owners_.size() % rings_in_chunk == 0) {
            chunks_.push_back(std::make_unique<std::byte[]>(rings_in_chunk * size_));
            free_.reserve((std::max)(free_.capacity(), chunks_.capacity() * rings_in_chunk));
        }
        free_.push_back(static_cast<std::uint32_t>(owners_.size()));
        owners_.push_back(nullptr);
    }

    TCPLENS_NOINLINE void take(remembered_bytes& own, std::uint64_t offset) {
        if (free_.empty() && owners_.size() < limit_) make();
        if (free_.empty()) {
            own.ring = oldest_; // the rings are taken in turn
            oldest_ = oldest_ + 1 == limit_ ? 0 : oldest_ + 1;
            owners_[own.ring]->ring = none;
        } else {
            own.ring = free_.back();
            free_.pop_back();
        }
        owners_[own.ring] = &own;
        own.from = offset;
    }

    std::size_t size_;
    std::size_t limit_;
    std::uint32_t oldest_ = 0;
    std::vector<std::unique_ptr<std::byte[]>> chunks_{};
    std::vector<remembered_bytes*> owners_{}; ///< of each ring
    std::vector<std::uint32_t> free_{};       ///< rings that no direction has
};

} // namespace tcplens::inline v1::detail
