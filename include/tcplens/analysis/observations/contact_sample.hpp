// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/hash_key.hpp"
#include "contact.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcplens::inline v1::detail::observing {

/// At most `capacity` contacts: all of them, or of 2^level about one, chosen by their hashes.
///
/// Which contacts stay depends on the set of all that were added, and not on their order (Flajolet: On adaptive sampling, 1990). So
/// samples merge exactly.
class contact_sample {
public:
    contact_sample(std::size_t capacity, const hash_key& key) : capacity_(capacity), key_(key) {}

    void add(contact added) {
        ++seen_;
        added.hash = hash(added);
        if (is_kept(added)) kept_.push_back(added);
        reduce();
    }

    void merge(const contact_sample& other) {
        seen_ += other.seen_;
        level_ = (std::max)(level_, other.level_);
        kept_.insert(kept_.end(), other.kept_.begin(), other.kept_.end());
        std::erase_if(kept_, [this](const contact& each) { return !is_kept(each); });
        reduce();
    }

    /// The contacts, in the order of time.
    [[nodiscard]] std::vector<contact> sorted() const {
        std::vector<contact> contacts = kept_;
        std::sort(contacts.begin(), contacts.end());
        return contacts;
    }

    /// Of how many contacts one was kept, as a power of 2.
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    /// How many contacts were added.
    [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

private:
    static constexpr unsigned most_levels = 63;

    [[nodiscard]] bool is_kept(const contact& of) const noexcept {
        return (of.hash & ((std::uint64_t{1} << level_) - 1)) == 0;
    }

    void reduce() {
        while (kept_.size() > capacity_ && level_ < most_levels) {
            ++level_;
            std::erase_if(kept_, [this](const contact& each) { return !is_kept(each); });
        }
        // Only equal contacts have equal hashes as far as anybody without the key can tell; those are cut off by order.
        if (kept_.size() > capacity_) {
            std::sort(kept_.begin(), kept_.end());
            kept_.resize(capacity_);
        }
    }

    [[nodiscard]] std::uint64_t hash(const contact& of) const noexcept {
        std::uint64_t mixed = key_.word(0);
        const auto take = [&](std::uint64_t word) {
            mixed = (mixed ^ word) * (key_.word(1) | 1);
            mixed = (mixed ^ (mixed >> 32)) * (key_.word(2) | 1);
            mixed ^= mixed >> 29;
        };
        for (const endpoint* end : {&of.source, &of.target}) {
            take(load_little<std::uint64_t>(end->address.bytes().data()));
            take(load_little<std::uint64_t>(end->address.bytes().data() + 8));
            take(end->port);
        }
        take(static_cast<std::uint64_t>(of.first.time_since_epoch().count()));
        take(of.first_packet);
        return mixed;
    }

    std::size_t capacity_;
    hash_key key_;
    std::vector<contact> kept_{};
    unsigned level_ = 0;
    std::uint64_t seen_ = 0;
};

} // namespace tcplens::inline v1::detail::observing
