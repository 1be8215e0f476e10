// SPDX-License-Identifier: MIT
#pragma once

// Puts marks together that lie at one place of a picture, so that it has a bounded number of them and none is left out.

#include "svg.hpp"
#include "trace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace program::graphs {

/// A mark of the picture.
template <class Item>
struct drawn_mark {
    Item item{};
    std::vector<std::uint64_t> numbers{}; ///< of its packets, if it has several and each is known
};

/// Puts those together that follow each other within a cell of so many pixels; with 0 none.
template <class Item>
[[nodiscard]] std::vector<drawn_mark<Item>> thinned_to_cells(const std::vector<Item>& items, const trace& in,
                                                             const axis& x, double cell) {
    std::vector<drawn_mark<Item>> found;
    double cell_before = 0;
    const auto number_of = [](const Item& of) { return of.packets == 1 ? of.first_packet : 0; };
    for (const Item& each : items) {
        const double place = x.at(static_cast<double>(in.since_begin(each.first_time).count()));
        const double here = cell > 0 ? std::floor(place / cell) : 0;
        if (cell > 0 && !found.empty() && here == cell_before) {
            drawn_mark<Item>& last = found.back();
            if (last.item.packets == 1) last.numbers = {last.item.first_packet};
            if (number_of(each) != 0 && last.numbers.size() == last.item.packets)
                last.numbers.push_back(number_of(each));
            last.item.absorb(each);
        } else {
            found.push_back({each, {}});
        }
        cell_before = here;
    }
    return found;
}

/// The same with the smallest cells that make it so many at most.
template <class Item>
[[nodiscard]] std::vector<drawn_mark<Item>> thinned(const std::vector<Item>& items, const trace& in, const axis& x,
                                                    std::size_t most) {
    std::vector<drawn_mark<Item>> found = thinned_to_cells(items, in, x, 0);
    constexpr double least_cell = 0.25;
    for (double cell = least_cell; found.size() > most && cell < 4 * picture_width; cell *= 2) {
        found = thinned_to_cells(items, in, x, cell);
    }
    return found;
}

/// The marks of a class that are drawn.
struct class_marks {
    mark_class kind{};
    std::vector<drawn_mark<trace_mark>> marks{};
};

/// Those with a verdict or with SYN, FIN or RST, with the smallest cells that make it so many at most.
[[nodiscard]] inline std::vector<class_marks> odd_marks(const trace& in, const axis& x, std::size_t most) {
    std::vector<class_marks> found;
    const auto take = [&](double cell) {
        found.clear();
        std::size_t count = 0;
        for (const auto& [kind, list] : in.marks) {
            if (!kind.is_odd()) continue;
            found.push_back({kind, thinned_to_cells(list.items(), in, x, cell)});
            count += found.back().marks.size();
        }
        return count;
    };
    constexpr double least_cell = 0.25;
    double cell = 0;
    while (take(cell) > most && cell < 4 * picture_width) cell = cell == 0 ? least_cell : cell * 2;
    return found;
}

/// All marks of a side that acknowledge something, in the order of their times.
[[nodiscard]] inline std::vector<trace_mark> acknowledgments_from(const trace& in, tcplens::side receiver) {
    std::vector<trace_mark> all;
    for (const auto& [kind, list] : in.marks) {
        if (kind.sender != receiver) continue;
        std::ranges::copy_if(list.items(), std::back_inserter(all), &trace_mark::acknowledges);
    }
    std::ranges::stable_sort(all, {}, [](const trace_mark& each) {
        return std::pair{each.first_time, each.first_packet};
    });
    return all;
}

/// How many marks a picture may have.
struct mark_budget {
    std::size_t plain; ///< of each list of marks without a verdict
    std::size_t odd;   ///< in all

    /// What is tried first for so many bytes.
    [[nodiscard]] static mark_budget of(std::size_t bytes) {
        constexpr std::size_t bytes_of_plain = 600; // about 170 bytes each, and there are four lists
        constexpr std::size_t bytes_of_odd = 450;   // about 300 bytes each
        return {std::max<std::size_t>(bytes / bytes_of_plain, 8), std::max<std::size_t>(bytes / bytes_of_odd, 8)};
    }
    /// What is tried when that was too much; false at the end.
    [[nodiscard]] bool shrink() {
        constexpr std::size_t least = 4;
        if (plain <= least && odd <= least) return false;
        if (plain * 3 > odd) plain = std::max(plain / 2, least);
        else odd = std::max(odd / 2, least);
        return true;
    }
};

/// Draws with less and less marks until the picture is small enough.
template <class Draw>
[[nodiscard]] std::string drawn_within(std::size_t bytes, Draw draw) {
    mark_budget budget = mark_budget::of(bytes);
    std::string drawn = draw(budget);
    while (drawn.size() > bytes && budget.shrink()) drawn = draw(budget);
    return drawn;
}

} // namespace program::graphs
