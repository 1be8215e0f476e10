// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/duration_histogram.hpp>
#include <tcplens/connection/tracking/duration_statistics.hpp>
#include <tcplens/connection/tracking/round_trip_statistics.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

using namespace tcplens;

using namespace std::chrono_literals;

TEST_CASE("durations are counted, with the least, the greatest and the mean") {
    duration_statistics told;
    CHECK(told.mean() == 0ns);
    told.add(5ms);
    CHECK(told.least == 5ms);
    CHECK(told.greatest == 5ms);
    told.add(9ms);
    told.add(1ms);
    told.add(1ms);
    CHECK(told.count == 4);
    CHECK(told.least == 1ms);
    CHECK(told.greatest == 9ms);
    CHECK(told.mean() == 4ms);
}

TEST_CASE("a bucket of the histogram reaches from its bound to the next") {
    using histogram = duration_histogram;
    CHECK(histogram::lower_bound(0) == 0ns);
    CHECK(histogram::lower_bound(1) == 8192ns);
    CHECK(histogram::lower_bound(2) == 9216ns);
    CHECK(histogram::lower_bound(9) == 16384ns);
    CHECK(histogram::lower_bound(10) == 18432ns);
    CHECK(histogram::lower_bound(histogram::size - 1) == std::chrono::nanoseconds{std::int64_t{1} << 35});
    CHECK(histogram::bucket_of(-1ns) == 0);
    CHECK(histogram::bucket_of(std::chrono::nanoseconds::min()) == 0);
    CHECK(histogram::bucket_of(0ns) == 0);
    CHECK(histogram::bucket_of(24h) == histogram::size - 1);
    CHECK(histogram::bucket_of(std::chrono::nanoseconds::max()) == histogram::size - 1);
    for (std::size_t i = 1; i < histogram::size; ++i) {
        CHECK(histogram::bucket_of(histogram::lower_bound(i) - 1ns) == i - 1);
        CHECK(histogram::bucket_of(histogram::lower_bound(i)) == i);
    }
    histogram told;
    told.add(8'200ns);
    told.add(9us);
    told.add(10us);
    CHECK(told.counts[1] == 2);
    CHECK(told.counts[2] == 1);
    told.counts[2] = std::numeric_limits<std::uint32_t>::max();
    told.add(10us);
    CHECK(told.counts[2] == std::numeric_limits<std::uint32_t>::max());
}

TEST_CASE("round trips are smoothed as RFC 6298 2 says") {
    round_trip_statistics told;
    CHECK(told.mean() == 0ns);
    CHECK(told.standard_deviation() == 0ns);
    told.add(80ms);
    CHECK(told.smoothed == 80ms);
    CHECK(told.variation == 40ms);
    told.add(160ms);
    CHECK(told.variation == 50ms); // 3/4 * 40 + 1/4 * 80, with the smoothed value as it was
    CHECK(told.smoothed == 90ms);
    told.add(10ms);
    CHECK(told.variation == 57'500us);
    CHECK(told.smoothed == 80ms);
    CHECK(told.least == 10ms);
    CHECK(told.greatest == 160ms);
    CHECK(told.count == 3);
    CHECK(told.mean() == 83'333'333ns);
    CHECK(told.standard_deviation() == 75'055'535ns); // of 80, 160 and 10 ms, over n - 1
}

TEST_CASE("mean and standard deviation are those of all samples, however far they are from nothing") {
    std::mt19937_64 random{7};
    for (const std::chrono::nanoseconds base : {0ns, std::chrono::nanoseconds{1s}, std::chrono::nanoseconds{59min}}) {
        round_trip_statistics told;
        std::vector<double> samples;
        for (int i = 0; i < 5000; ++i) {
            const std::chrono::nanoseconds sample = base + std::chrono::nanoseconds{random() % 2000};
            told.add(sample);
            samples.push_back(static_cast<double>(sample.count()));
        }
        long double mean = 0;
        for (const double each : samples) mean += each;
        mean /= static_cast<long double>(samples.size());
        long double squares = 0;
        for (const double each : samples) squares += (each - mean) * (each - mean);
        const auto deviation = std::sqrt(squares / static_cast<long double>(samples.size() - 1));
        CHECK(std::abs(static_cast<long double>(told.mean().count()) - mean) <= 1.0L);
        CHECK(std::abs(static_cast<long double>(told.standard_deviation().count()) - deviation) <= 1.0L);
        CHECK(static_cast<double>(told.least.count()) == *std::ranges::min_element(samples));
        CHECK(static_cast<double>(told.greatest.count()) == *std::ranges::max_element(samples));
    }
}

TEST_CASE("round trip statistics: the deviation of equal samples is 0, also in a constant expression") {
    constexpr auto equal = [] {
        tcplens::round_trip_statistics statistics;
        for (int i = 0; i < 3; ++i) statistics.add(10ms);
        return statistics.standard_deviation();
    }();
    CHECK(equal == 0ns);
}
