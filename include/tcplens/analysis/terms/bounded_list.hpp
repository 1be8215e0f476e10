// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tcplens::inline v1 {

/// A list in the result of an analysis: the first items of an order, and how many items there are in all.
///
/// The options of the analysis say how many items the list holds at most, 10 by default; SIZE_MAX lifts the bound.
template <class Item>
struct bounded_list {
    std::vector<Item> items{}; ///< The listed items, in the order that the list's owner states.
    std::uint64_t total = 0;   ///< The number of items, listed or not. At least `items.size()`.

    /// How many items are not listed.
    [[nodiscard]] constexpr std::uint64_t left_out() const noexcept { return total - items.size(); }

    /// The number of listed items.
    [[nodiscard]] constexpr std::size_t size() const noexcept { return items.size(); }
    /// Whether no item is listed.
    [[nodiscard]] constexpr bool empty() const noexcept { return items.empty(); }
    /// A listed item. @pre `index < size()`
    [[nodiscard]] constexpr const Item& operator[](std::size_t index) const noexcept { return items[index]; }
    /// The first listed item.
    [[nodiscard]] constexpr auto begin() const noexcept { return items.begin(); }
    /// Behind the last listed item.
    [[nodiscard]] constexpr auto end() const noexcept { return items.end(); }

    /// Whether items and totals are equal.
    [[nodiscard]] friend constexpr bool operator==(const bounded_list&, const bounded_list&) = default;
};

} // namespace tcplens::inline v1
