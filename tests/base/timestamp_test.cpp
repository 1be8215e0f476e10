// SPDX-License-Identifier: MIT
#include <tcplens/base/timestamp.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <limits>

using namespace tcplens;
using tcplens::detail::clamp_for_arithmetic;

namespace {

std::int64_t clamped(std::int64_t count) {
    return clamp_for_arithmetic(timestamp{std::chrono::nanoseconds{count}}).time_since_epoch().count();
}

} // namespace

TEST_CASE("times that can be subtracted stay, others become the nearest of those") {
    constexpr std::int64_t end = std::int64_t{1} << 62;
    for (const std::int64_t count : {-end, -end + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, end - 1}) {
        CAPTURE(count);
        CHECK(clamped(count) == count);
    }
    CHECK(clamped(end) == end - 1);
    CHECK(clamped((std::numeric_limits<std::int64_t>::max)()) == end - 1);
    CHECK(clamped(-end - 1) == -end);
    CHECK(clamped((std::numeric_limits<std::int64_t>::min)()) == -end);
    CHECK(clamped((std::numeric_limits<std::int64_t>::max)()) - clamped((std::numeric_limits<std::int64_t>::min)()) ==
          (std::numeric_limits<std::int64_t>::max)());
}
