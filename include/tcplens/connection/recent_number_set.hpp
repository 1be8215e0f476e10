// SPDX-License-Identifier: MIT
#pragma once

#include "hash_key.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace tcplens {

/// Numbers that were put in; of all that ever were, at least the last `capacity` different ones. Once that many are held
/// it begins anew, and keeps those before until it is full again. It grows in steps as it is filled, up to 32 bytes for
/// each number of the capacity rounded up to a power of two, and then allocates no more.
class recent_number_set {
public:
    recent_number_set(std::size_t capacity, const hash_key& key) noexcept
        : capacity_(std::max<std::size_t>(capacity, 1)), key_(key) {}

    /// Puts `number` in; whether it was there already. \pre number is less than 2^64 - 1
    bool insert(std::uint64_t number) {
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

        [[nodiscard]] std::size_t find(std::uint64_t number, const hash_key& key) const noexcept {
            std::uint64_t mixed = (number ^ key.word(0)) * (key.word(1) | 1);
            mixed = (mixed ^ (mixed >> 32)) * (key.word(2) | 1);
            const std::size_t mask = slots.size() - 1;
            auto at = static_cast<std::size_t>(mixed >> 32) & mask;
            while (slots[at] != 0 && slots[at] != number + 1) at = (at + 1) & mask;
            return at;
        }
        [[nodiscard]] bool contains(std::uint64_t number, const hash_key& key) const noexcept {
            return size > 0 && slots[find(number, key)] != 0;
        }
        void insert(std::uint64_t number, const hash_key& key) {
            if (2 * (size + 1) > slots.size()) {
                std::vector<std::uint64_t> old(slots.empty() ? 1024 : slots.size() * 2);
                old.swap(slots);
                for (const std::uint64_t slot : old) {
                    if (slot != 0) slots[find(slot - 1, key)] = slot;
                }
            }
            slots[find(number, key)] = number + 1;
            ++size;
        }
        void clear() noexcept {
            std::fill(slots.begin(), slots.end(), 0u);
            size = 0;
        }
    };

    std::size_t capacity_;
    hash_key key_;
    generation held_{};
    generation before_{};
};

} // namespace tcplens
