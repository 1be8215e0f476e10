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
template <class Contact>
class contact_sample {
public:
    contact_sample(std::size_t capacity, const hash_key& key) : capacity_(capacity), key_(key) {}

    /// Adds a contact, unless the sample leaves it out.
    void add(const Contact& added) {
        ++seen_;
        if (!is_kept(added)) return;
        make_room();
        kept_.push_back(added);
        reduce();
    }

    void merge(const contact_sample& other) {
        seen_ += other.seen_;
        level_ = (std::max)(level_, other.level_);
        std::erase_if(kept_, [this](const Contact& each) { return !is_kept(each); });
        for (const Contact& each : other.kept_) {
            if (!is_kept(each)) continue;
            make_room();
            kept_.push_back(each);
            reduce();
        }
    }

    /// The contacts, in the order of time. Valid until the sample changes.
    [[nodiscard]] std::vector<const Contact*> sorted() const {
        std::vector<const Contact*> contacts;
        contacts.reserve(kept_.size());
        for (const Contact& each : kept_) contacts.push_back(&each);
        std::sort(contacts.begin(), contacts.end(), [](const Contact* a, const Contact* b) { return *a < *b; });
        return contacts;
    }

    /// The hash of a contact.
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

    /// Of how many contacts one was kept, as a power of 2.
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    /// How many contacts were added.
    [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

private:
    static constexpr unsigned most_levels = 63;

    [[nodiscard]] bool is_kept(const Contact& of) const noexcept {
        return (of.hash & ((std::uint64_t{1} << level_) - 1)) == 0;
    }

    /// Grows to no more than the capacity needs: twice as much could be a megabyte too much.
    void make_room() {
        if (kept_.size() < kept_.capacity()) return;
        constexpr std::size_t least = 64;
        kept_.reserve((std::max)((std::min)(2 * kept_.size(), capacity_ + 1), (std::min)(least, capacity_ + 1)));
    }

    void reduce() {
        while (kept_.size() > capacity_ && level_ < most_levels) {
            ++level_;
            std::erase_if(kept_, [this](const Contact& each) { return !is_kept(each); });
        }
        // Only equal contacts have equal hashes as far as anybody without the key can tell; those are cut off by order.
        if (kept_.size() > capacity_) {
            std::sort(kept_.begin(), kept_.end());
            kept_.resize(capacity_);
        }
    }

    std::size_t capacity_;
    hash_key key_;
    std::vector<Contact> kept_{};
    unsigned level_ = 0;
    std::uint64_t seen_ = 0;
};

} // namespace tcplens::inline v1::detail::observing
