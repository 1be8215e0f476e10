// SPDX-License-Identifier: MIT
#pragma once

#include "byte_stream.hpp"
#include "held_bytes.hpp"

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// Puts one segment among those that are held, block by block, and decides which copy counts where they overlap. A held segment that was
/// trimmed begins where its first remaining byte is.
class overlap_resolution {
public:
    /// The segment begins at `begin`; of it, what is from `first` up to `end` is put in. `replaces`: its copy always counts.
    overlap_resolution(std::uint64_t begin, std::uint64_t first, std::uint64_t end, byte_stream::overlap_policy policy,
                       bool replaces) noexcept
        : begin_(begin), at_(first), end_(end), policy_(policy), replaces_(replaces) {}

    /// Puts in the bytes of one block, from position `from` up to `to`; the first of them were captured as `bytes`, the rest was cut off.
    /// `piece_end(offset, limit)` finds where the held segment at an offset ends; `conflict(position, earlier, later, later_counts)` gets
    /// the copies of bytes that were captured twice.
    void fill(held_block& into, std::size_t from, std::size_t to, std::span<const std::byte> bytes,
              const auto& piece_end, const auto& conflict) {
        const std::size_t captured_end = from + bytes.size();
        for (std::size_t at = from; at < to;) {
            const bool captured = at < captured_end;
            std::size_t stop = captured ? captured_end : to;
            const auto copy = [&] {
                return captured ? bytes.subspan(at - from, stop - at) : std::span<const std::byte>{};
            };
            if (!into.filled.test(at)) {
                stop = into.filled.find(at, stop, true);
                write(into, at, stop, copy());
                overwrote_ = false;
            } else {
                const bool was_cut = into.cut.test(at);
                stop = (std::min)({stop, into.filled.find(at, stop, false), into.begins.find(at + 1, stop, true),
                                   into.cut.find(at, stop, !was_cut)});
                compare_begin(into, at);
                const bool counts = captured && (was_cut || replaces_ || later_counts(piece_end));
                if (captured && !was_cut)
                    conflict(at, std::span<const std::byte>{into.bytes}.subspan(at, stop - at), copy(), counts);
                if (counts) write(into, at, stop, copy());
                overwrote_ = counts;
            }
            at_ += stop - at;
            at = stop;
        }
    }

    /// Whether the last byte that was put in took the place of another: the rest of that segment begins behind it.
    [[nodiscard]] bool overwrote_last() const noexcept { return overwrote_; }

private:
    void write(held_block& into, std::size_t from, std::size_t to, std::span<const std::byte> bytes) noexcept {
        std::copy(bytes.begin(), bytes.end(), into.bytes.begin() + static_cast<std::ptrdiff_t>(from));
        into.filled.assign(from, to, true);
        into.cut.assign(from, to, bytes.empty());
        into.begins.assign(from, to, false);
        if (at_ != written_to_) into.begins.set(from);
        written_to_ = at_ + (to - from);
    }

    /// Sees where the held segment at the position begins, compared with this one.
    void compare_begin(const held_block& into, std::size_t at) noexcept {
        if (into.begins.test(at)) begins_ = at_ <=> begin_; // otherwise it goes on, or began before this one
    }

    /// Whether this segment counts where it overlaps the held one at `at_`.
    [[nodiscard]] bool later_counts(const auto& piece_end) const {
        using enum byte_stream::overlap_policy;
        switch (policy_) {
        case first: return false;
        case last: return true;
        case bsd: return begins_ > 0;
        case linux_kernel: return begins_ > 0 || (begins_ == 0 && piece_end(at_, end_) < end_);
        }
        return false;
    }

    std::uint64_t begin_;
    std::uint64_t at_; ///< the offset that is put in next
    std::uint64_t end_;
    std::uint64_t written_to_ = ~std::uint64_t{0}; ///< behind what was put in last
    byte_stream::overlap_policy policy_;
    bool replaces_;
    bool overwrote_ = false;
    std::strong_ordering begins_ = std::strong_ordering::less; ///< the held segment, before this one or behind
};

} // namespace tcplens::inline v1::detail
