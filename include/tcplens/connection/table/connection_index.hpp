// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/huge_pages.hpp"
#include "../../base/prefetch.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Finds the record of a 4-tuple by its hash: open addressing with linear probing, at most half full. It holds hashes and
/// record numbers only; the caller says by a predicate whether a record is the one that is looked for.
class connection_index {
public:
    static constexpr std::uint32_t none = (std::numeric_limits<std::uint32_t>::max)();

    /// The record with this hash for which `is_it(record)` holds, or `none`.
    template <class Predicate>
    [[nodiscard]] std::uint32_t find(std::uint32_t hash, Predicate&& is_it) const {
        if (slots_.empty()) return none;
        for (std::size_t at = home(hash); slots_[at].record != none; at = next(at)) {
            if (slots_[at].hash == hash && is_it(slots_[at].record)) return slots_[at].record;
        }
        return none;
    }

    /// The first record with this hash, which may be another than the one that is looked for, or `none`.
    [[nodiscard]] std::uint32_t first_with(std::uint32_t hash) const {
        return find(hash, [](std::uint32_t) { return true; });
    }

    /// Fetches what a search for this hash looks at.
    TCPLENS_ALWAYS_INLINE void prefetch(std::uint32_t hash) const noexcept {
        if (!slots_.empty()) detail::prefetch<sizeof(slot)>(&slots_[home(hash)]);
    }

    /// Adds a record. @pre it is not in the index
    void insert(std::uint32_t hash, std::uint32_t record) {
        if (2 * (size_ + 1) > slots_.size()) resize(slots_.empty() ? 64 : 2 * slots_.size());
        place({hash, record});
        ++size_;
    }

    /// Puts another record in the place of one. @pre `old_record` is in the index with this hash
    void replace(std::uint32_t hash, std::uint32_t old_record, std::uint32_t new_record) noexcept {
        std::size_t at = home(hash);
        while (slots_[at].record != old_record) at = next(at);
        slots_[at].record = new_record;
    }

    /// Takes a record out. @pre it is in the index with this hash
    void erase(std::uint32_t hash, std::uint32_t record) noexcept {
        std::size_t gap = home(hash);
        while (slots_[gap].record != record) gap = next(gap);
        --size_;
        // What stands behind moves up, unless it would come to stand before its home.
        for (std::size_t at = next(gap); slots_[at].record != none; at = next(at)) {
            if (steps(home(slots_[at].hash), at) < steps(gap, at)) continue;
            slots_[gap] = slots_[at];
            gap = at;
        }
        slots_[gap] = {};
    }

    /// Makes room for so many records in all, so that none is allocated up to then.
    void reserve(std::size_t records) {
        std::size_t size = slots_.empty() ? 64 : slots_.size();
        while (size < 2 * records) size *= 2;
        if (size > slots_.size()) resize(size);
    }

private:
    struct slot {
        std::uint32_t hash = 0;
        std::uint32_t record = none;
    };

    /// The upper bits choose, so that growing spreads what stood together.
    [[nodiscard]] std::size_t home(std::uint32_t hash) const noexcept {
        return static_cast<std::size_t>(std::uint64_t{hash} * slots_.size() >> 32);
    }
    [[nodiscard]] std::size_t next(std::size_t at) const noexcept { return at + 1 == slots_.size() ? 0 : at + 1; }

    [[nodiscard]] std::size_t steps(std::size_t from, std::size_t to) const noexcept {
        return to >= from ? to - from : to + slots_.size() - from;
    }

    void place(slot entry) noexcept {
        std::size_t at = home(entry.hash);
        while (slots_[at].record != none) at = next(at);
        slots_[at] = entry;
    }

    void resize(std::size_t size) {
        std::vector<slot> old;
        old.reserve(size);
        // A search may go to any page: with huge ones, a packet of one of a million connections takes a sixth less time.
        if (size * sizeof(slot) >= 2 * huge_page_size) prefer_huge_pages(old.data(), size * sizeof(slot));
        old.resize(size);
        old.swap(slots_);
        for (const slot& entry : old) {
            if (entry.record != none) place(entry);
        }
    }

    std::vector<slot> slots_;
    std::size_t size_ = 0;
};

} // namespace tcplens::inline v1::detail
