// SPDX-License-Identifier: MIT
#include <tcplens/connection/rules/recent_number_set.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <list>
#include <random>
#include <unordered_set>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr hash_key key{1};

/// All numbers ever, and the last different ones, the latest first.
class model {
public:
    explicit model(std::size_t capacity) : capacity_(capacity) {}

    enum class answer { never, recent, long_ago };
    answer insert(std::uint64_t number) {
        const auto found = std::ranges::find(latest_, number);
        const answer said = found != latest_.end()   ? answer::recent
                            : ever_.contains(number) ? answer::long_ago
                                                     : answer::never;
        if (found != latest_.end()) latest_.erase(found);
        latest_.push_front(number);
        if (latest_.size() > capacity_) latest_.pop_back();
        ever_.insert(number);
        return said;
    }

private:
    std::size_t capacity_;
    std::list<std::uint64_t> latest_;
    std::unordered_set<std::uint64_t> ever_;
};

} // namespace

TEST_CASE("up to its capacity a set of recent numbers is exact") {
    for (const std::size_t capacity : {1u, 2u, 511u, 512u, 513u, 5000u}) {
        CAPTURE(capacity);
        recent_number_set set{capacity, key};
        std::unordered_set<std::uint64_t> expected;
        std::mt19937_64 random{capacity};
        for (std::size_t i = 0; i < 4 * capacity; ++i) {
            // half of them close to each other, half of them apart in the upper bits only
            const std::uint64_t choice = random() % capacity;
            const std::uint64_t number = choice % 2 == 0 ? choice : choice << 32;
            CHECK(set.insert(number) == !expected.insert(number).second);
        }
        for (const std::uint64_t number : expected) CHECK(set.insert(number));
    }
}

TEST_CASE("the smallest and the largest number can be held") {
    recent_number_set set{10, key};
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max() - 1;
    for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, largest, largest - 1}) {
        CHECK(!set.insert(number));
        CHECK(set.insert(number));
    }
}

TEST_CASE("a set of recent numbers always knows the last ones, as many as its capacity") {
    for (const std::size_t capacity : {1u, 2u, 3u, 7u, 100u, 600u}) {
        for (const std::uint64_t range : {capacity + 1, 2 * capacity, 3 * capacity, 10 * capacity}) {
            CAPTURE(capacity);
            CAPTURE(range);
            recent_number_set set{capacity, key};
            model expected{capacity};
            std::mt19937_64 random{capacity * range};
            std::size_t forgotten = 0;
            for (std::size_t i = 0; i < std::max<std::size_t>(500, 5 * capacity); ++i) {
                const std::uint64_t number = random() % range;
                const bool held = set.insert(number);
                switch (expected.insert(number)) {
                case model::answer::never: CHECK(!held); break;
                case model::answer::recent: CHECK(held); break;
                case model::answer::long_ago: forgotten += !held; break; // either will do
                }
            }
            if (range == 10 * capacity) CHECK(forgotten > 0); // it does forget
        }
    }
}

TEST_CASE("a set of recent numbers forgets what was put in twice its capacity ago") {
    recent_number_set set{100, key};
    for (std::uint64_t number = 0; number < 1000; ++number) CHECK(!set.insert(number));
    for (std::uint64_t number = 0; number < 700; ++number) CHECK(!set.insert(number));
}

TEST_CASE("a set of recent numbers without capacity knows the last one") {
    recent_number_set set{0, key};
    CHECK(!set.insert(1));
    CHECK(set.insert(1));
    CHECK(!set.insert(2));
    CHECK(set.insert(2));
}

TEST_CASE("no answer depends on the key") {
    recent_number_set one{50, hash_key{1}};
    recent_number_set other{50, hash_key{2}};
    std::mt19937_64 random{5};
    for (int i = 0; i < 5000; ++i) {
        const std::uint64_t number = random() % 150;
        CHECK(one.insert(number) == other.insert(number));
    }
}
