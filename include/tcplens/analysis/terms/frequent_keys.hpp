// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <type_traits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Counts by key in bounded memory: Space-Saving (Metwally, Agrawal, El Abbadi, 2005), where half of the keys make room at once.
///
/// Up to `capacity` keys are tracked, and all counts are exact. One more key, and the half with the lower counts is forgotten. From then
/// on each count has two limits, and a key that is not tracked counted at most absent_at_most(), which is no more than 2 / capacity of
/// all. The limits hold in whatever order keys are added and merged (mergeable summaries: Agarwal et al., 2012); which keys are tracked
/// depends on that order. Adding costs the logarithm of the capacity.
template <class Key>
class frequent_keys {
public:
    struct limits {
        std::uint64_t at_least = 0;
        std::uint64_t at_most = 0;
    };

    explicit frequent_keys(std::size_t capacity) noexcept : capacity_(capacity) {}

    void add(const Key& key, std::uint64_t count) {
        const auto [place, is_new] = counts_.try_emplace(key, limits{.at_most = absent_at_most_});
        place->second.at_least += count;
        place->second.at_most += count;
        if (is_new) make_room();
    }

    /// Adds the counts of another object. @pre both have the same capacity, and are not the same object
    void merge(const frequent_keys& other) {
        TCPLENS_CHECK(this != &other && capacity_ == other.capacity_, "other counts with the same capacity");
        for (auto& [key, found] : counts_) {
            if (!other.counts_.contains(key)) found.at_most += other.absent_at_most_;
        }
        for (const auto& [key, more] : other.counts_) {
            const auto [place, is_new] = counts_.try_emplace(key, limits{.at_most = absent_at_most_});
            place->second.at_least += more.at_least;
            place->second.at_most += more.at_most;
        }
        absent_at_most_ += other.absent_at_most_;
        forgotten_ += other.forgotten_;
        known_ = (std::max)(known_, other.known_);
        make_room();
    }

    /// The tracked keys, in their order.
    [[nodiscard]] const std::map<Key, limits>& counts() const noexcept { return counts_; }
    /// How much a key that is not tracked counted at most; 0 while all are tracked.
    [[nodiscard]] std::uint64_t absent_at_most() const noexcept { return absent_at_most_; }
    /// Whether all keys are tracked, and all counts exact.
    [[nodiscard]] bool is_exact() const noexcept { return forgotten_ == 0; }
    /// How many keys there were: limits, which are equal while all are tracked.
    [[nodiscard]] limits key_count() const noexcept {
        return {.at_least = (std::max<std::uint64_t>)(known_, counts_.size()), .at_most = counts_.size() + forgotten_};
    }

private:
    friend void archive(auto& ar, frequent_keys& of) {
        auto& [capacity, counts, absent, forgotten, known] = of;
        ar.expect_equal("number of tracked keys", std::uint64_t{capacity});
        ar(absent, forgotten, known);
        std::size_t count = counts.size();
        ar.count(count, capacity);
        if constexpr (std::remove_cvref_t<decltype(ar)>::restores) {
            counts.clear();
            for (std::size_t i = 0; i < count && ar.good(); ++i) {
                Key key{};
                limits found;
                ar(key, found);
                ar.require(found.at_least <= found.at_most && (counts.empty() || counts.rbegin()->first < key));
                if (ar.good()) counts.emplace_hint(counts.end(), key, found);
            }
            ar.require(known >= counts.size() && (forgotten > 0 || (absent == 0 && known == counts.size())));
            if (!ar.good()) counts.clear();
        } else {
            for (const auto& [key, found] : counts) ar(key, found);
        }
    }

    using entry = typename std::map<Key, limits>::iterator;

    void make_room() {
        known_ = (std::max<std::uint64_t>)(known_, counts_.size());
        if (counts_.size() <= capacity_) return;
        std::vector<entry> entries;
        entries.reserve(counts_.size());
        for (auto each = counts_.begin(); each != counts_.end(); ++each) entries.push_back(each);
        const auto last_kept = entries.begin() + static_cast<std::ptrdiff_t>(capacity_ / 2);
        std::nth_element(entries.begin(), last_kept, entries.end(), [](const entry& a, const entry& b) {
            return std::tie(b->second.at_most, a->first) < std::tie(a->second.at_most, b->first);
        });
        for (auto each = last_kept; each != entries.end(); ++each) {
            absent_at_most_ = (std::max)(absent_at_most_, (*each)->second.at_most);
            counts_.erase(*each);
            ++forgotten_;
        }
    }

    std::size_t capacity_;
    std::map<Key, limits> counts_{};
    std::uint64_t absent_at_most_ = 0;
    std::uint64_t forgotten_ = 0; ///< how often a key was forgotten
    std::uint64_t known_ = 0;     ///< the most keys that were known at once
};

} // namespace tcplens::inline v1::detail
