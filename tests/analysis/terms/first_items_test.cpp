// SPDX-License-Identifier: MIT
#include <tcplens/analysis/terms/first_items.hpp>
#include <tcplens/analysis/terms/rate_order.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

using namespace tcplens;
using namespace tcplens::detail;

namespace {

using selection = first_items<int, int>;

selection of(const std::vector<int>& keys, std::size_t limit) {
    selection made{limit};
    for (const int key : keys) made.add(key, [key] { return 10 * key; });
    return made;
}

} // namespace

TEST_CASE("first items: those with the least keys, in order, and how many there were") {
    const bounded_list<int> list = of({5, 3, 9, 1, 7, 3}, 4).list();
    CHECK(list.items == std::vector{10, 30, 30, 50});
    CHECK(list.total == 6);
    CHECK(list.left_out() == 2);
    CHECK(list[0] == 10);
    CHECK(list.size() == 4);
    CHECK_FALSE(list.empty());
}

TEST_CASE("first items: without items, without a place, and with more places than items") {
    CHECK(of({}, 3).list().empty());
    const bounded_list<int> none = of({1, 2}, 0).list();
    CHECK(none.empty());
    CHECK(none.total == 2);
    CHECK(of({2, 1}, SIZE_MAX).list().items == std::vector{10, 20});
    CHECK(of({2, 1}, SIZE_MAX).list().left_out() == 0);
}

TEST_CASE("first items: an item is made only if it is kept") {
    selection few{1};
    int made = 0;
    const auto make = [&made] { return ++made; };
    few.add(3, make);
    few.add(4, make);
    few.add(5, make);
    CHECK(made == 1);
    few.add(2, make);
    CHECK(made == 2);
    CHECK(few.list().items == std::vector{2});
    CHECK(few.list().total == 4);
}

TEST_CASE("first items: of equal keys those with the least values are kept, in any order") {
    std::vector<int> values{4, 2, 9, 1, 3};
    std::ranges::sort(values);
    do {
        selection few{3};
        for (const int value : values) few.add(7, [value] { return value; });
        REQUIRE(few.list().items == std::vector{1, 2, 3});
    } while (std::ranges::next_permutation(values).found);
}

TEST_CASE("first items: a list of parts is that of the whole, however they are cut and merged") {
    std::mt19937 random{1};
    for (int round = 0; round < 200; ++round) {
        std::vector<int> keys(random() % 40);
        for (int& key : keys) key = static_cast<int>(random() % 20);
        const std::size_t limit = random() % 15;
        const bounded_list<int> whole = of(keys, limit).list();
        std::vector<selection> parts(1 + random() % 5, selection{limit});
        for (const int key : keys) parts[random() % parts.size()].add(key, [key] { return 10 * key; });
        while (parts.size() > 1) { // any two, in either order
            std::ranges::shuffle(parts, random);
            parts.back().merge(parts.front());
            parts.erase(parts.begin());
        }
        REQUIRE(parts[0].list() == whole);
    }
}

TEST_CASE("rates: compared without rounding and without overflow") {
    constexpr std::uint64_t huge = UINT64_MAX;
    CHECK(compare_rates(1, 3, 1, 3) == std::strong_ordering::equal);
    CHECK(compare_rates(1, 3, 2, 6) == std::strong_ordering::equal);
    CHECK(compare_rates(1, 3, 1, 2) == std::strong_ordering::less);
    CHECK(compare_rates(3, 2, 1, 2) == std::strong_ordering::greater);
    CHECK(compare_rates(huge - 1, huge, huge - 2, huge - 1) == std::strong_ordering::greater);
    CHECK(compare_rates(huge / 3, huge, 1, 3) == std::strong_ordering::equal);
    CHECK(compare_rates(0, 5, 0, 7) == std::strong_ordering::equal);
    CHECK(compare_rates(0, 5, 1, huge) == std::strong_ordering::less);
    CHECK(compare_rates(1, 0, 0, 1) == std::strong_ordering::equal); // a rate of nothing is 0
    CHECK(compare_rates(1, 0, 1, 9) == std::strong_ordering::less);
    for (std::uint64_t a = 0; a < 12; ++a) {
        for (std::uint64_t b = 1; b < 12; ++b) {
            for (std::uint64_t c = 0; c < 12; ++c) {
                for (std::uint64_t d = 1; d < 12; ++d) REQUIRE(compare_rates(a, b, c, d) == (a * d <=> c * b));
            }
        }
    }
}
