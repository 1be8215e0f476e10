// SPDX-License-Identifier: MIT
#include <tcplens/connection/rules/evidence/memory_pool.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

using namespace tcplens;

using namespace tcplens::detail;

TEST_CASE("a pool lends pieces that stay where they are, each as new") {
    memory_pool<int> pool;
    std::vector<std::uint32_t> taken;
    std::vector<const int*> places;
    for (int i = 0; i < 100; ++i) {
        const std::uint32_t number = pool.take();
        REQUIRE(number != pool.none);
        CHECK(pool[number] == 0);
        pool[number] = i;
        taken.push_back(number);
        places.push_back(&pool[number]);
    }
    CHECK(std::set(taken.begin(), taken.end()).size() == 100);
    for (int i = 0; i < 100; ++i) {
        CHECK(pool[taken[static_cast<std::size_t>(i)]] == i);
        CHECK(&pool[taken[static_cast<std::size_t>(i)]] == places[static_cast<std::size_t>(i)]);
    }
    pool.give_back(taken[40]);
    CHECK(pool.take() == taken[40]);
    CHECK(pool[taken[40]] == 0);
}

TEST_CASE("a pool lends no more than its limit") {
    for (const std::uint32_t limit : {0u, 1u, 15u, 16u, 17u}) {
        memory_pool<int> pool{limit};
        pool.reserve(1000);
        std::set<std::uint32_t> taken;
        for (std::uint32_t i = 0; i < limit; ++i) taken.insert(pool.take());
        CHECK_FALSE(pool.is_wanted());
        CHECK(taken.size() == limit);
        CHECK_FALSE(taken.contains(pool.none));
        CHECK(pool.take() == pool.none);
        CHECK(pool.is_wanted());
        if (limit == 0) continue;
        pool.give_back(*taken.begin());
        CHECK_FALSE(pool.is_wanted());
        CHECK(pool.take() == *taken.begin());
        CHECK(pool.take() == pool.none);
    }
}

TEST_CASE("what was reserved is there at once, and giving back never needs memory") {
    memory_pool<std::uint64_t> pool;
    pool.reserve(1'000'000); // in linear time
    std::set<std::uint32_t> taken;
    for (int i = 0; i < 1000; ++i) taken.insert(pool.take());
    CHECK(taken.size() == 1000);
    CHECK_FALSE(taken.contains(pool.none));
}

static_assert([] { // it works in a constant expression
    struct piece {
        int number = 0;
    };
    memory_pool<piece> pool;
    const std::uint32_t first = pool.take();
    pool[first].number = 7;
    const std::uint32_t second = pool.take();
    return first != second && pool[first].number == 7 && pool[second].number == 0;
}());
