// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "byte_source.hpp"
#include "mapped_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v0::detail {

/// The bytes of a mapped file, read from front to back. Nothing is copied: packets point into the mapping.
///
/// Only the surroundings of the position are kept in memory, two chunks, however long the file is: the chunk ahead is made
/// present as a whole when it is reached, since a page fault for every few pages costs more, and what lies further back
/// is given up. Bytes that were peeked at stay good nevertheless, as long as the source or what it was moved to: where
/// they have been given up, the system brings them back when they are looked at.
/// A source that was moved from can only be destroyed.
class mapped_source {
public:
    /// Bytes that are made present, and given up, at a time.
    static constexpr std::size_t chunk_size = std::size_t{4} * 1024 * 1024;

    mapped_source() noexcept = default;
    explicit mapped_source(mapped_file file) noexcept
        : file_(std::move(file)), at_(file_.bytes().data()), end_(at_ + file_.bytes().size()) {
        enter_chunk();
    }

    [[nodiscard]] std::span<const std::byte> peek(std::size_t) const noexcept { return {at_, end_}; }

    std::uint64_t skip(std::uint64_t distance) noexcept {
        const auto left = static_cast<std::size_t>(end_ - at_);
        if (distance > left) [[unlikely]]
            distance = left;
        at_ += distance;
        prefetch_ahead();
        if (at_ >= chunk_end_) [[unlikely]]
            enter_chunk();
        return distance;
    }

    [[nodiscard]] std::uint64_t position() const noexcept {
        return static_cast<std::uint64_t>(at_ - file_.bytes().data());
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return file_.bytes().size(); }
    [[nodiscard]] std::optional<int> read_error() const noexcept { return std::nullopt; }

private:
    /// Has the processor fetch what comes soon: the next header, which is far away behind a large packet, and, where
    /// packets are small, two lines some packets on. By itself it follows within a page, and only small steps.
    void prefetch_ahead() const noexcept {
#if defined(__GNUC__)
        constexpr std::uintptr_t line = 64;
        constexpr std::uintptr_t some_packets = 1024;
        // Numbers, since the addresses may lie behind the mapping, which does not matter to the processor. Not in a function of
        // its own: g++ drops calls of functions that only prefetch.
        // NOLINTBEGIN(performance-no-int-to-ptr)
        const auto at = reinterpret_cast<std::uintptr_t>(at_);
        __builtin_prefetch(reinterpret_cast<const void*>(at));
        __builtin_prefetch(reinterpret_cast<const void*>(at + some_packets));
        __builtin_prefetch(reinterpret_cast<const void*>(at + some_packets + line));
        // NOLINTEND(performance-no-int-to-ptr)
#endif
    }

    /// Moves what is in memory to the position. The chunk before its own stays: the packet that was just passed is in it.
    TCPLENS_NOINLINE void enter_chunk() noexcept {
        const std::size_t size = file_.bytes().size();
        const std::size_t begin = static_cast<std::size_t>(position()) / chunk_size * chunk_size;
        const std::size_t end = begin + (std::min)(chunk_size, size - begin);
        file_.make_present(begin, end - begin);
        file_.announce(end, (std::min)(chunk_size, size - end));
        if (begin > kept_from_ + chunk_size) {
            file_.give_up(kept_from_, begin - chunk_size - kept_from_);
            kept_from_ = begin - chunk_size;
        }
        chunk_end_ = file_.bytes().data() + end;
    }

    mapped_file file_{};
    const std::byte* at_ = nullptr;
    const std::byte* end_ = nullptr;
    const std::byte* chunk_end_ = nullptr; ///< where the next chunk begins
    std::size_t kept_from_ = 0;            ///< where what was not given up begins
};

} // namespace tcplens::inline v0::detail
