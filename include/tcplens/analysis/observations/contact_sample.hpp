// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../../base/compiler.hpp"
#include "../../base/hash_key.hpp"
#include "../../connection/connection.hpp"
#include "../../wire/endpoint.hpp"
#include "contact.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
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

    /// At least so many contacts are going to be counted. If they do not fit, those that would be left out then are not taken now.
    void expect(std::uint64_t count) noexcept {
        if (seen_ == 0 && count > capacity_) level_ = 1;
    }
    /// Counts a contact with this hash. Whether the sample takes it: then add() does.
    [[nodiscard]] bool takes(std::uint64_t hash) noexcept {
        ++seen_;
        return is_kept(hash);
    }
    /// Adds a contact that the sample takes.
    void add(const Contact& added) {
        static_cast<void>(emplace(added));
        settle();
    }
    /// Makes a contact that the sample takes of `parts` where it stays, since it is long. Valid until settle(), which must be called before
    /// anything else.
    template <class... Parts>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE Contact& emplace(const Parts&... parts) {
        if (kept_.size() == kept_.capacity()) make_room();
        return kept_.emplace_back(parts...);
    }
    /// Reduces the sample if it has become too large.
    void settle() {
        if (kept_.size() > capacity_) reduce();
    }

    /// Whether a contact is chosen here as it is in another sample: only then they merge.
    [[nodiscard]] bool chooses_as(const contact_sample& other) const noexcept {
        return key_ == other.key_ && capacity_ == other.capacity_;
    }
    /// @pre chooses_as(other)
    void merge(const contact_sample& other) {
        seen_ += other.seen_;
        level_ = (std::max)(level_, other.level_);
        std::erase_if(kept_, [this](const Contact& each) { return !is_kept(each.hash); });
        for (const Contact& each : other.kept_) {
            if (is_kept(each.hash)) add(each);
        }
    }

    /// The contacts, in no order. Valid until the sample changes.
    [[nodiscard]] std::span<const Contact> unsorted() const noexcept { return kept_; }
    /// The contacts, in the order of time. Valid until the sample changes.
    [[nodiscard]] std::vector<const Contact*> sorted() const {
        std::vector<const Contact*> contacts(kept_.size());
        bool in_order = true;
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            contacts[i] = &kept_[i];
            in_order &= i == 0 || kept_[i - 1].first < kept_[i].first || kept_[i - 1] < kept_[i];
        }
        if (!in_order) {
            std::sort(contacts.begin(), contacts.end(), [](const Contact* a, const Contact* b) { return *a < *b; });
        }
        return contacts;
    }

    /// The hash of a connection. A sum of products of pairs of words that the key shifts (NH of Black et al.: UMAC, 1999), and mixed:
    /// whoever does not know the key cannot choose which connections are kept.
    [[nodiscard]] std::uint64_t hash(const connection& of) const noexcept {
        const auto word = [](const endpoint& end, std::size_t at) {
            return load_little<std::uint64_t>(end.address.bytes().data() + at);
        };
        const std::uint64_t ports = std::uint64_t{of.client.port} << 16 | of.server.port;
        std::uint64_t mixed = (word(of.client, 0) + key_.word(0)) * (word(of.server, 0) + key_.word(1));
        mixed += (word(of.client, 8) + key_.word(2)) * (word(of.server, 8) + key_.word(3));
        mixed += (static_cast<std::uint64_t>(of.first_time.time_since_epoch().count()) + key_.word(4)) *
                 ((of.first_packet << 32 ^ of.first_packet >> 32 ^ ports) + key_.word(5));
        mixed = (mixed ^ (mixed >> 32)) * (key_.word(1) | 1);
        return mixed ^ (mixed >> 29);
    }

    /// Of how many contacts one was kept, as a power of 2.
    [[nodiscard]] unsigned level() const noexcept { return level_; }
    /// How many contacts were added.
    [[nodiscard]] std::uint64_t seen() const noexcept { return seen_; }

private:
    static constexpr unsigned most_levels = 63;

    [[nodiscard]] bool is_kept(std::uint64_t hash) const noexcept {
        return (hash & ((std::uint64_t{1} << level_) - 1)) == 0;
    }

    /// Grows by few steps, and to no more than the capacity needs: what is too much could be a megabyte.
    TCPLENS_NOINLINE void make_room() {
        constexpr std::size_t least = 64;
        kept_.reserve((std::max)((std::min)(4 * kept_.size(), capacity_ + 1), (std::min)(least, capacity_ + 1)));
    }

    TCPLENS_NOINLINE void reduce() {
        while (kept_.size() > capacity_ && level_ < most_levels) {
            ++level_;
            std::erase_if(kept_, [this](const Contact& each) { return !is_kept(each.hash); });
        }
        // Only equal contacts have equal hashes as far as anybody without the key can tell; those are cut off by order.
        if (kept_.size() > capacity_) {
            std::sort(kept_.begin(), kept_.end());
            kept_.erase(kept_.begin() + static_cast<std::ptrdiff_t>(capacity_), kept_.end());
        }
    }

    std::size_t capacity_;
    hash_key key_;
    std::vector<Contact> kept_{};
    unsigned level_ = 0;
    std::uint64_t seen_ = 0;
};

} // namespace tcplens::inline v1::detail::observing
