// SPDX-License-Identifier: MIT
#include <tcplens/connection/tracking/duration_statistics.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <utility>

using namespace std::chrono_literals;
using namespace tcplens;

namespace {

duration_statistics of(std::initializer_list<std::chrono::nanoseconds> durations) {
    duration_statistics made;
    for (const auto each : durations) made.add(each);
    return made;
}

} // namespace

TEST_CASE("durations have extremes, a sum and a mean; none have zeros") {
    const auto some = of({3ms, 1ms, 5ms});
    CHECK(some.count == 3);
    CHECK(some.least == 1ms);
    CHECK(some.greatest == 5ms);
    CHECK(some.total_ns == 9e6);
    CHECK(some.mean() == 3ms);
    CHECK(of({}).mean() == 0ns);
    CHECK(of({}).least == 0ns);
    CHECK(of({}).greatest == 0ns);
    CHECK(of({2ns, 3ns}).mean() == 3ns); // rounded
}

TEST_CASE("durations that were counted apart are what all of them are together") {
    const auto low = of({1ms, 2ms});
    const auto high = of({4ms, 9ms, 5ms});
    const auto all = of({1ms, 2ms, 4ms, 9ms, 5ms});
    for (const auto& [into, other] : {std::pair{low, high}, std::pair{high, low}}) {
        auto merged = into;
        merged.merge(other);
        CHECK(merged == all);
    }
    auto merged = of({});
    merged.merge(low);
    CHECK(merged == low);
    merged.merge(of({})); // which has no least of 0
    CHECK(merged == low);
}

TEST_CASE("durations whose mean is no duration are inconsistent") {
    CHECK(is_consistent(of({})));
    CHECK(is_consistent(of({1ms, 2h})));
    CHECK(!is_consistent(duration_statistics{.count = 1, .total_ns = -1}));
    CHECK(!is_consistent(duration_statistics{.count = 1, .total_ns = 9.3e18}));
    CHECK(is_consistent(duration_statistics{.count = 2, .total_ns = 9.3e18}));
    CHECK(!is_consistent(duration_statistics{.total_ns = 1}));
    CHECK(!is_consistent(duration_statistics{.count = (std::uint64_t{1} << 62) + 1}));
}
