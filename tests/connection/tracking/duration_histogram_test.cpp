// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <tcplens/connection/tracking/duration_histogram.hpp>
#include <tcplens/connection/tracking/duration_statistics.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

TEST_CASE("duration histogram: a percentile lies in the bucket of the exact one, and is at most a sixteenth off") {
    std::mt19937_64 random{17};
    for (int round = 0; round < 200; ++round) {
        tcplens::duration_histogram histogram;
        std::vector<nanoseconds> durations;
        const int count = 1 + static_cast<int>(random() % 500);
        for (int i = 0; i < count; ++i) {
            durations.emplace_back(static_cast<std::int64_t>(random() % (std::uint64_t{1} << (10 + random() % 24))));
            histogram.add(durations.back());
        }
        std::ranges::sort(durations);
        REQUIRE(histogram.total() == durations.size());
        nanoseconds before{-1};
        for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
            const auto rank = static_cast<std::size_t>(static_cast<double>(durations.size()) * percent / 100);
            const nanoseconds exact = durations[std::min(rank, durations.size() - 1)];
            const nanoseconds lower = durations[rank == 0 ? 0 : rank - 1];
            const nanoseconds told = histogram.percentile(percent);
            CHECK(told >= before);
            CHECK(told >= tcplens::duration_histogram::lower_bound(tcplens::duration_histogram::bucket_of(lower)));
            CHECK(told <= tcplens::duration_histogram::lower_bound(tcplens::duration_histogram::bucket_of(exact) + 1));
            if (lower >= 8192ns) {
                CHECK(16 * told >= 15 * lower);
            }
            if (exact >= 8192ns) {
                CHECK(16 * told <= 17 * exact);
            }
            before = told;
        }
    }
}

TEST_CASE("duration histogram: percentiles of none, of one bucket and of the last bucket") {
    tcplens::duration_histogram histogram;
    CHECK(histogram.percentile(50) == 0ns);
    for (int i = 0; i < 4; ++i) histogram.add(10us); // from 9.216 to 10.240 µs
    for (const double percent : {0.0, 50.0, 100.0}) CHECK(histogram.percentile(percent) == 9728ns);
    for (int i = 0; i < 96; ++i) histogram.add(1h); // no upper bound
    CHECK(histogram.percentile(4) == 9728ns);
    CHECK(histogram.percentile(50) == tcplens::duration_histogram::lower_bound(tcplens::duration_histogram::size - 1));
}

TEST_CASE("duration histogram: merged parts are the whole, and a full bucket stays full") {
    tcplens::duration_histogram whole;
    tcplens::duration_histogram first;
    tcplens::duration_histogram second;
    tcplens::duration_statistics all;
    tcplens::duration_statistics one;
    tcplens::duration_statistics two;
    for (int i = 0; i < 100; ++i) {
        const nanoseconds each = i * i * 1us;
        whole.add(each);
        (i % 3 == 0 ? first : second).add(each);
        all.add(each);
        (i % 3 == 0 ? one : two).add(each);
    }
    first.merge(second);
    CHECK(first == whole);
    one.merge(two);
    CHECK(one == all);
    one.merge({});
    CHECK(one == all);
    tcplens::duration_statistics none;
    none.merge(all);
    CHECK(none == all);

    tcplens::duration_histogram full;
    full.counts[0] = std::numeric_limits<std::uint32_t>::max() - 1;
    first.counts[0] = 3;
    full.merge(first);
    CHECK(full.counts[0] == std::numeric_limits<std::uint32_t>::max());
}
