// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "bounded_list.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace tcplens::inline v1::detail {

/// Finds the items that come first in an order, without keeping the others.
///
/// `Key` is the place of an item in the order, least first. Items with equal keys stand in the order of their values, so two sets of
/// items give the same list however they were added and merged. Adding an item costs the logarithm of the bound, or one comparison if
/// the item is not among the first; memory is that of the listed items.
template <class Key, class Value>
class first_items {
public:
    struct item {
        Key key{};
        Value value{};

        [[nodiscard]] friend bool operator<(const item& a, const item& b) noexcept {
            if (a.key < b.key) return true;
            return !(b.key < a.key) && a.value < b.value;
        }
    };

    explicit first_items(std::size_t limit) noexcept : limit_(limit) {}

    /// Counts an item, and keeps `make()` if it is among the first so far.
    template <class Make>
    void add(const Key& key, Make&& make) {
        ++total_;
        if (kept_.size() < limit_) {
            kept_.push_back({key, make()});
            std::push_heap(kept_.begin(), kept_.end());
        } else if (!kept_.empty() && !(kept_.front().key < key)) {
            replace_last({key, make()});
        }
    }

    /// Adds the items of another selection. @pre both have the same bound, and are not the same object
    void merge(const first_items& other) {
        TCPLENS_CHECK(this != &other && limit_ == other.limit_, "another list with the same bound");
        for (const item& each : other.kept_) {
            if (kept_.size() < limit_) {
                kept_.push_back(each);
                std::push_heap(kept_.begin(), kept_.end());
            } else {
                replace_last(each);
            }
        }
        total_ += other.total_;
    }

    /// The first items in order.
    [[nodiscard]] bounded_list<Value> list() const {
        std::vector<item> sorted = kept_;
        std::sort_heap(sorted.begin(), sorted.end());
        bounded_list<Value> made{.total = total_};
        made.items.reserve(sorted.size());
        for (const item& each : sorted) made.items.push_back(each.value);
        return made;
    }

    /// How many items are kept.
    [[nodiscard]] std::size_t kept() const noexcept { return kept_.size(); }

private:
    friend void archive(auto& ar, first_items& of) {
        auto& [limit, total, kept] = of;
        ar.expect_equal("bound of a list", std::uint64_t{limit});
        ar(total);
        std::size_t count = kept.size();
        ar.count(count, limit);
        if constexpr (std::remove_cvref_t<decltype(ar)>::restores) {
            kept.clear();
            for (std::size_t i = 0; i < count && ar.good(); ++i) ar(kept.emplace_back());
            if (!ar.good()) kept.clear();
            ar.require(total >= kept.size() && (kept.size() == limit || kept.size() == total));
            std::make_heap(kept.begin(), kept.end());
        } else {
            for (const item& each : kept) ar(each);
        }
    }

    void replace_last(const item& next) {
        if (kept_.empty() || !(next < kept_.front())) return;
        std::pop_heap(kept_.begin(), kept_.end());
        kept_.back() = next;
        std::push_heap(kept_.begin(), kept_.end());
    }

    std::size_t limit_;
    std::uint64_t total_ = 0;
    std::vector<item> kept_{}; ///< a heap: the item that comes last is on top
};

} // namespace tcplens::inline v1::detail
