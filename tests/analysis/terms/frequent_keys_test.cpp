// SPDX-License-Identifier: MIT
#include <tcplens/analysis/terms/frequent_keys.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <utility>
#include <vector>

using tcplens::detail::frequent_keys;

namespace {

using counts = frequent_keys<int>;

/// Whether all limits contain the true counts, and no key that counted much is missing.
void check_limits(const counts& of, const std::map<int, std::uint64_t>& truth) {
    for (const auto& [key, count] : truth) {
        const auto found = of.counts().find(key);
        if (found == of.counts().end()) {
            REQUIRE(count <= of.absent_at_most());
        } else {
            REQUIRE(found->second.at_least <= count);
            REQUIRE(count <= found->second.at_most);
        }
    }
    for (const auto& [key, limits] : of.counts()) REQUIRE(truth.contains(key));
    REQUIRE(of.key_count().at_least <= truth.size());
    REQUIRE(truth.size() <= of.key_count().at_most);
}

} // namespace

TEST_CASE("frequent keys: exact up to the capacity") {
    counts few{3};
    for (const int key : {5, 7, 5, 9, 9, 9}) few.add(key, 2);
    CHECK(few.is_exact());
    CHECK(few.absent_at_most() == 0);
    CHECK(few.key_count().at_least == 3);
    CHECK(few.key_count().at_most == 3);
    CHECK(few.counts().at(9).at_least == 6);
    CHECK(few.counts().at(9).at_most == 6);
    CHECK(few.counts().at(7).at_most == 2);
}

TEST_CASE("frequent keys: one key more, and those with the lower counts are forgotten") {
    counts few{4};
    for (const int key : {1, 1, 1, 2, 2, 3, 4}) few.add(key, 1);
    CHECK(few.is_exact());
    few.add(5, 1);
    CHECK_FALSE(few.is_exact());
    CHECK(few.counts().size() == 2);
    CHECK(few.counts().at(1).at_most == 3);
    CHECK(few.counts().at(2).at_most == 2);
    CHECK(few.absent_at_most() == 1);
    CHECK(few.key_count().at_least == 5);
    CHECK(few.key_count().at_most == 5);
    few.add(6, 1); // it may have counted one before
    CHECK(few.counts().at(6).at_least == 1);
    CHECK(few.counts().at(6).at_most == 2);
}

TEST_CASE("frequent keys: merged counts know of as many keys as the counts that knew of the most") {
    counts few{4};
    for (int key = 1; key <= 5; ++key) few.add(key, 1);
    CHECK(few.counts().size() == 2);
    counts one{4};
    one.add(1, 1);
    counts merged = one;
    merged.merge(few);
    CHECK(merged.key_count().at_least == 5);
    merged = few;
    merged.merge(one);
    CHECK(merged.key_count().at_least == 5);
}

TEST_CASE("frequent keys: without capacity there are limits only") {
    counts none{0};
    none.add(1, 3);
    none.add(2, 1);
    CHECK(none.counts().empty());
    CHECK(none.absent_at_most() >= 3);
    CHECK(none.key_count().at_least == 1);
    CHECK(none.key_count().at_most == 2);
}

TEST_CASE("frequent keys: while no key is forgotten, merging is exact in any order") {
    std::mt19937 random{2};
    for (int round = 0; round < 100; ++round) {
        std::map<int, std::uint64_t> truth;
        std::vector<counts> parts(1 + random() % 5, counts{20});
        for (int i = 0; i < 100; ++i) {
            const int key = static_cast<int>(random() % 20);
            truth[key] += 3;
            parts[random() % parts.size()].add(key, 3);
        }
        while (parts.size() > 1) {
            std::ranges::shuffle(parts, random);
            parts.back().merge(parts.front());
            parts.erase(parts.begin());
        }
        REQUIRE(parts[0].is_exact());
        REQUIRE(parts[0].counts().size() == truth.size());
        for (const auto& [key, count] : truth) {
            REQUIRE(parts[0].counts().at(key).at_least == count);
            REQUIRE(parts[0].counts().at(key).at_most == count);
        }
    }
}

TEST_CASE("frequent keys: limits contain the true counts in any order of adding and merging") {
    std::mt19937 random{3};
    for (int round = 0; round < 300; ++round) {
        const std::size_t capacity = random() % 20;
        const auto keys = static_cast<std::uint32_t>(1 + random() % 200);
        std::map<int, std::uint64_t> truth;
        std::uint64_t all = 0;
        std::vector<counts> parts(1 + random() % 6, counts{capacity});
        for (int i = 0; i < 400; ++i) {
            // Low keys are frequent.
            const int key = static_cast<int>(std::min(random() % keys, random() % keys));
            const std::uint64_t count = 1 + random() % 3;
            truth[key] += count;
            all += count;
            parts[random() % parts.size()].add(key, count);
        }
        while (parts.size() > 1) {
            std::ranges::shuffle(parts, random);
            parts.back().merge(parts.front());
            parts.erase(parts.begin());
        }
        CHECK(parts[0].counts().size() <= capacity);
        check_limits(parts[0], truth);
        if (capacity >= 2) REQUIRE(parts[0].absent_at_most() * (capacity / 2) <= all);
    }
}

TEST_CASE("frequent keys: a frequent key is found among 100,000 rare ones, whenever they come") {
    for (const bool first : {true, false}) {
        counts of{64};
        std::map<int, std::uint64_t> truth;
        const auto add = [&](int key, std::uint64_t count) {
            of.add(key, count);
            truth[key] += count;
        };
        if (first) add(-1, 5000);
        for (int i = 0; i < 100'000; ++i) add(i, 1);
        if (!first) add(-1, 5000);
        REQUIRE(of.counts().contains(-1));
        CHECK(of.counts().at(-1).at_most <= 5000 + 2 * 105'000 / 64);
        CHECK(of.absent_at_most() <= 2 * 105'000 / 64);
        check_limits(of, truth);
    }
}
