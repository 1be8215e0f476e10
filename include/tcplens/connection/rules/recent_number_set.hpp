// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/hash_key.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

// Stands before what is a constant expression where std::vector is one: not in libstdc++ 11 and libc++ 14.
#if defined(__cpp_lib_constexpr_vector)
#define TCPLENS_CONSTEXPR_VECTOR constexpr
#else
#define TCPLENS_CONSTEXPR_VECTOR inline
#endif

namespace tcplens::inline v1::detail {

/// A set of numbers that keeps at least the last `capacity` different ones that were inserted. It holds two generations: when the
/// newer one is full, the older one is dropped. The set grows in steps, up to 32 bytes for each number of the capacity rounded up to a
/// power of two, and then allocates no more; reserve() takes that memory at once.
class recent_number_set {
public:
    TCPLENS_CONSTEXPR_VECTOR recent_number_set(std::size_t capacity, const hash_key& key) noexcept
        : capacity_(std::max<std::size_t>(capacity, 1)), key_(key) {}

    TCPLENS_CONSTEXPR_VECTOR void reserve() {
        held_.grow(std::bit_ceil(2 * capacity_), key_);
        before_.grow(std::bit_ceil(2 * capacity_), key_);
    }

    /// Inserts `number`. Returns whether the set held it already. @pre number < 2^64 - 1
    TCPLENS_CONSTEXPR_VECTOR bool insert(std::uint64_t number) {
        if (held_.contains(number, key_)) return true;
        if (held_.size == capacity_) {
            std::swap(held_, before_);
            held_.clear();
        }
        held_.insert(number, key_);
        return before_.contains(number, key_);
    }

private:
    /// Open addressing with linear probing, at most half full. A slot holds its number plus one, or 0.
    struct generation {
        std::vector<std::uint64_t> slots{};
        std::size_t size = 0;

        [[nodiscard]] TCPLENS_CONSTEXPR_VECTOR std::size_t find(std::uint64_t number,
                                                                const hash_key& key) const noexcept {
            std::uint64_t mixed = (number ^ key.word(0)) * (key.word(1) | 1);
            mixed = (mixed ^ (mixed >> 32)) * (key.word(2) | 1);
            const std::size_t mask = slots.size() - 1;
            auto at = static_cast<std::size_t>(mixed >> 32) & mask;
            while (slots[at] != 0 && slots[at] != number + 1) at = (at + 1) & mask;
            return at;
        }
        [[nodiscard]] TCPLENS_CONSTEXPR_VECTOR bool contains(std::uint64_t number, const hash_key& key) const noexcept {
            return size > 0 && slots[find(number, key)] != 0;
        }
        /// @pre count is a power of two
        TCPLENS_CONSTEXPR_VECTOR void grow(std::size_t count, const hash_key& key) {
            if (count <= slots.size()) return;
            std::vector<std::uint64_t> old(count);
            old.swap(slots);
            for (const std::uint64_t slot : old) {
                if (slot != 0) slots[find(slot - 1, key)] = slot;
            }
        }
        TCPLENS_CONSTEXPR_VECTOR void insert(std::uint64_t number, const hash_key& key) {
            if (2 * (size + 1) > slots.size()) grow(slots.empty() ? 1024 : slots.size() * 2, key);
            slots[find(number, key)] = number + 1;
            ++size;
        }
        TCPLENS_CONSTEXPR_VECTOR void clear() noexcept {
            std::fill(slots.begin(), slots.end(), 0u);
            size = 0;
        }
    };

    /// Archives the numbers in order; their places depend on the key, which is not archived.
    friend void archive(auto& ar, recent_number_set& of) {
        auto& [capacity, key, held, before] = of;
        ar.expect_equal("memory of sequence numbers", std::uint64_t{capacity});
        for (generation* each : {&held, &before}) archive_numbers(ar, *each, capacity, key);
    }
    template <class Archive>
    static void archive_numbers(Archive& ar, generation& of, std::size_t capacity, const hash_key& key) {
        auto& [slots, size] = of;
        std::size_t count = size;
        ar.count(count, capacity);
        if constexpr (Archive::restores) {
            of.clear();
            std::uint64_t last = 0; // plus one
            for (std::size_t i = 0; i < count && ar.good(); ++i) {
                std::uint64_t number = 0;
                ar(number);
                ar.require(number >= last && number < (std::numeric_limits<std::uint64_t>::max)());
                if (!ar.good()) return;
                last = number + 1;
                of.insert(number, key);
            }
        } else {
            std::vector<std::uint64_t> numbers;
            numbers.reserve(count);
            for (const std::uint64_t slot : slots) {
                if (slot != 0) numbers.push_back(slot - 1);
            }
            std::ranges::sort(numbers);
            for (const std::uint64_t number : numbers) ar(number);
        }
    }

    std::size_t capacity_;
    hash_key key_;
    generation held_{};
    generation before_{};
};

} // namespace tcplens::inline v1::detail
