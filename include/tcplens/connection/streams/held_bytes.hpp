// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../rules/evidence/memory_pool.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace tcplens::inline v1::detail {

/// A set of positions in a block.
template <std::size_t Size>
class bit_range {
public:
    [[nodiscard]] constexpr bool test(std::size_t at) const noexcept { return ((words_[at / 64] >> at % 64) & 1) != 0; }
    constexpr void set(std::size_t at) noexcept { words_[at / 64] |= std::uint64_t{1} << at % 64; }
    constexpr void clear(std::size_t at) noexcept { words_[at / 64] &= ~(std::uint64_t{1} << at % 64); }
    /// Sets or clears all from `begin` up to `end`.
    constexpr void assign(std::size_t begin, std::size_t end, bool value) noexcept {
        while (begin < end) {
            const std::size_t in_word = begin % 64;
            const std::size_t count = (std::min)(end - begin, 64 - in_word);
            const std::uint64_t mask = (~std::uint64_t{0} >> (64 - count)) << in_word;
            if (value) words_[begin / 64] |= mask;
            else words_[begin / 64] &= ~mask;
            begin += count;
        }
    }
    /// The first position from `from` on, and before `end`, that is set, or that is not; `end` if there is none.
    [[nodiscard]] constexpr std::size_t find(std::size_t from, std::size_t end, bool value) const noexcept {
        while (from < end) {
            const std::uint64_t word = (value ? words_[from / 64] : ~words_[from / 64]) >> from % 64;
            if (word != 0) return (std::min)(end, from + static_cast<std::size_t>(std::countr_zero(word)));
            from += 64 - from % 64;
        }
        return end;
    }

private:
    std::array<std::uint64_t, Size / 64> words_{};
};

/// A piece of a stream: as many bytes as `size`, from an offset that is a multiple of it, with what is known of each.
struct held_block {
    /// Smaller ones cost more than their bytes, larger ones are mostly empty where senders leave holes.
    static constexpr std::size_t size = 2048;

    bit_range<size> filled{}; ///< its byte was captured, or its packet, and the byte was cut off
    bit_range<size> begins{}; ///< a segment that fills it begins with this byte
    bit_range<size> cut{};    ///< filled, but the byte itself was not captured
    std::array<std::byte, size> bytes;

    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init,modernize-use-equals-default): bytes that are not filled are not read
    held_block() noexcept {} // not `= default`: the bytes would be set to zero
};

/// The bytes of directions that wait behind a gap, in bounded memory. Any byte is found in constant time, whatever the order in which
/// bytes came: a hostile sender cannot make lists that are long to walk.
///
/// A direction that holds bytes has a table of groups, and each group a table of blocks, by the offset modulo `window`.
class held_bytes {
public:
    static constexpr std::uint32_t none = memory_pool<held_block>::none;
    static constexpr std::size_t blocks_in_group = 128;
    static constexpr std::size_t groups_in_hold = 64;
    static constexpr std::uint64_t blocks_in_window = blocks_in_group * groups_in_hold;
    /// Held bytes of a direction lie within so many bytes: 16 MiB.
    static constexpr std::uint64_t window = blocks_in_window * held_block::size;

    /// What one direction holds.
    struct hold {
        std::array<std::uint32_t, groups_in_hold> groups{};
        std::uint64_t present = 0; ///< the groups that there are
        // The list of all holds, in the order in which their gaps began to be waited for.
        std::uint32_t before = none;
        std::uint32_t behind = none;
        timestamp since{};     ///< when that was
        void* owner = nullptr; ///< of the one that holds: see stream_assembler
    };

    /// `bytes`: the bound for all memory.
    explicit held_bytes(std::uint64_t bytes)
        : held_bytes(static_cast<std::uint32_t>(
              std::clamp<std::uint64_t>(bytes / bytes_a_block, 1, (std::numeric_limits<std::uint32_t>::max)() - 16))) {}

    /// Allocates all memory.
    void reserve() {
        holds_.reserve(limit_);
        groups_.reserve(limit_);
        blocks_.reserve(limit_);
    }

    [[nodiscard]] hold& operator[](std::uint32_t number) noexcept { return holds_[number]; }

    /// The hold that has waited longest, or `none`.
    [[nodiscard]] std::uint32_t oldest() const noexcept { return oldest_; }
    /// Blocks in use, in all holds.
    [[nodiscard]] std::uint64_t blocks() const noexcept { return used_; }

    /// Begins to hold; `none` if there is no memory.
    [[nodiscard]] std::uint32_t open(void* owner, timestamp since) {
        const std::uint32_t number = holds_.take();
        if (number == none) return none;
        hold& opened = holds_[number];
        opened.owner = owner;
        opened.since = since;
        append(number);
        return number;
    }
    /// Gives all memory of a hold back.
    void close(std::uint32_t number) noexcept {
        hold& closed = holds_[number];
        for (; closed.present != 0; closed.present &= closed.present - 1) {
            const std::uint32_t group = closed.groups[static_cast<std::size_t>(std::countr_zero(closed.present))];
            group_type& of = groups_[group];
            for (std::size_t at = of.present.find(0, blocks_in_group, true); at < blocks_in_group;
                 at = of.present.find(at + 1, blocks_in_group, true)) {
                blocks_.give_back(of.blocks[at]);
                --used_;
            }
            groups_.give_back(group);
        }
        unlink(number);
        holds_.give_back(number);
    }
    /// Its wait begins anew.
    void wait_again(std::uint32_t number, timestamp since) noexcept {
        holds_[number].since = since;
        if (newest_ == number) return;
        unlink(number);
        append(number);
    }

    /// The block with that number (an offset divided by the size of a block); nullptr if there is none.
    [[nodiscard]] held_block* find(const hold& in, std::uint64_t block) noexcept {
        const std::size_t group = group_of(block);
        if (((in.present >> group) & 1) == 0) return nullptr;
        group_type& of = groups_[in.groups[group]];
        const std::size_t at = block % blocks_in_group;
        return of.present.test(at) ? &blocks_[of.blocks[at]] : nullptr;
    }
    /// The same, or a new block; nullptr if there is no memory.
    [[nodiscard]] held_block* make(hold& in, std::uint64_t block) {
        if (held_block* const found = find(in, block)) return found;
        const std::size_t group = group_of(block);
        if (used_ >= limit_) return nullptr;
        if (((in.present >> group) & 1) == 0) {
            const std::uint32_t made = groups_.take();
            if (made == none) return nullptr;
            in.groups[group] = made;
            in.present |= std::uint64_t{1} << group;
        }
        group_type& of = groups_[in.groups[group]];
        const std::uint32_t made = blocks_.take(); // there is one: at most `limit_` are used
        of.blocks[block % blocks_in_group] = made;
        of.present.set(block % blocks_in_group);
        ++of.count;
        ++used_;
        return &blocks_[made];
    }
    /// Gives a block back, if it is there.
    void release(hold& in, std::uint64_t block) noexcept {
        if (find(in, block) == nullptr) return;
        const std::size_t group = group_of(block);
        group_type& of = groups_[in.groups[group]];
        const std::size_t at = block % blocks_in_group;
        blocks_.give_back(of.blocks[at]);
        of.present.clear(at);
        --used_;
        if (--of.count > 0) return;
        groups_.give_back(in.groups[group]);
        in.present &= ~(std::uint64_t{1} << group);
    }

    /// The offset of the first filled byte from an offset on; `nullopt` if there is none.
    [[nodiscard]] std::optional<std::uint64_t> first_filled(const hold& in, std::uint64_t from) noexcept {
        std::optional<std::uint64_t> block = from / held_block::size;
        std::size_t at = from % held_block::size;
        while (block) {
            if (const held_block* const found = find(in, *block)) {
                const std::size_t first = found->filled.find(at, held_block::size, true);
                if (first < held_block::size) return *block * held_block::size + first;
            }
            block = next_block(in, *block);
            at = 0;
        }
        return std::nullopt;
    }

private:
    struct group_type {
        bit_range<blocks_in_group> present{};
        std::uint32_t count = 0;
        std::array<std::uint32_t, blocks_in_group> blocks;

        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init,modernize-use-equals-default): those that are not present are not read
        group_type() noexcept {}
    };

    /// At worst each block has a group and a hold of its own.
    static constexpr std::uint64_t bytes_a_block = sizeof(held_block) + sizeof(group_type) + sizeof(hold);

    explicit held_bytes(std::uint32_t limit) : limit_(limit), holds_(limit), groups_(limit), blocks_(limit) {}

    [[nodiscard]] static constexpr std::size_t group_of(std::uint64_t block) noexcept {
        return block / blocks_in_group % groups_in_hold;
    }

    /// The number of the first block behind another.
    [[nodiscard]] std::optional<std::uint64_t> next_block(const hold& in, std::uint64_t behind) noexcept {
        std::uint64_t block = behind + 1;
        while (block - behind < blocks_in_window) {
            if (const std::size_t group = group_of(block); ((in.present >> group) & 1) != 0) {
                const std::size_t at =
                    groups_[in.groups[group]].present.find(block % blocks_in_group, blocks_in_group, true);
                if (at < blocks_in_group) {
                    const std::uint64_t found = block - block % blocks_in_group + at;
                    if (found - behind < blocks_in_window) return found;
                    return std::nullopt;
                }
            }
            block += blocks_in_group - block % blocks_in_group;
            // Not std::rotr(), whose second parameter has another type in libc++ 16.
            const std::size_t group = group_of(block);
            const std::uint64_t later = in.present >> group | in.present << (groups_in_hold - group) % groups_in_hold;
            if (later == 0) return std::nullopt;
            block += static_cast<std::uint64_t>(std::countr_zero(later)) * blocks_in_group;
        }
        return std::nullopt;
    }

    void append(std::uint32_t number) noexcept {
        holds_[number].before = newest_;
        holds_[number].behind = none;
        (newest_ == none ? oldest_ : holds_[newest_].behind) = number;
        newest_ = number;
    }
    void unlink(std::uint32_t number) noexcept {
        const hold& of = holds_[number];
        (of.before == none ? oldest_ : holds_[of.before].behind) = of.behind;
        (of.behind == none ? newest_ : holds_[of.behind].before) = of.before;
    }

    std::uint32_t limit_;
    std::uint64_t used_ = 0;
    std::uint32_t oldest_ = none;
    std::uint32_t newest_ = none;
    memory_pool<hold> holds_;
    memory_pool<group_type> groups_;
    memory_pool<held_block> blocks_;
};

} // namespace tcplens::inline v1::detail
