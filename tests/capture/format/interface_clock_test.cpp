// SPDX-License-Identifier: MIT
#include <tcplens/capture/format/interface_clock.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>

using namespace tcplens;

using namespace tcplens::detail;

namespace {

constexpr auto largest = std::numeric_limits<std::uint64_t>::max();
constexpr auto far_future = timestamp::max().time_since_epoch().count(); // 9223372036.854775807 s
constexpr auto far_past = timestamp::min().time_since_epoch().count();

constexpr std::uint8_t binary(unsigned exponent) {
    return static_cast<std::uint8_t>(0x80 | exponent);
}

constexpr std::int64_t nanoseconds(std::uint8_t resolution, std::uint64_t units, std::int64_t offset = 0) {
    return interface_clock{resolution, offset}(units).time_since_epoch().count();
}

static_assert(nanoseconds(6, 1'500'000) == 1'500'000'000);

} // namespace

TEST_CASE("interface clock: an interface without options counts microseconds") {
    CHECK(interface_clock{}(1'700'000'000'123'456).time_since_epoch().count() == 1'700'000'000'123'456'000);
}

TEST_CASE("interface clock: clocks that count in powers of ten") {
    CHECK(nanoseconds(0, 5) == 5'000'000'000);
    CHECK(nanoseconds(3, 1'700'000'000'001) == 1'700'000'000'001'000'000);
    CHECK(nanoseconds(6, 1) == 1'000);
    CHECK(nanoseconds(9, 1'700'000'000'123'456'789) == 1'700'000'000'123'456'789);
    CHECK(nanoseconds(10, 19) == 1);
    CHECK(nanoseconds(12, 1'700'000'000'999) == 1'700'000'000); // picoseconds, rounded down
    CHECK(nanoseconds(12, 999) == 0);
    CHECK(nanoseconds(19, largest) == 1'844'674'407); // 1.8446744073709551615 s
    CHECK(nanoseconds(20, largest) == 184'467'440);
    CHECK(nanoseconds(28, largest) == 1);
    CHECK(nanoseconds(29, largest) == 0);
    CHECK(nanoseconds(127, largest) == 0);
}

TEST_CASE("interface clock: clocks that count in powers of two") {
    CHECK(nanoseconds(binary(0), 5) == 5'000'000'000);
    CHECK(nanoseconds(binary(1), 3) == 1'500'000'000);
    CHECK(nanoseconds(binary(10), 1024 + 512 + 1) == 1'500'976'562); // 1/1024 s = 976562.5 ns
    CHECK(nanoseconds(binary(31), (std::uint64_t{1} << 31) - 1) == 999'999'999);
    CHECK(nanoseconds(binary(32), (std::uint64_t{7} << 32) + 0x80000000) == 7'500'000'000);
    CHECK(nanoseconds(binary(32), 0xffffffff) == 999'999'999);
    CHECK(nanoseconds(binary(33), (std::uint64_t{1} << 33) + (std::uint64_t{1} << 31)) == 1'250'000'000);
    CHECK(nanoseconds(binary(63), (std::uint64_t{1} << 63) + (std::uint64_t{1} << 62)) == 1'500'000'000);
    CHECK(nanoseconds(binary(63), largest) == 1'999'999'999);
    CHECK(nanoseconds(binary(64), largest) == 999'999'999);
    CHECK(nanoseconds(binary(64), std::uint64_t{1} << 63) == 500'000'000);
    CHECK(nanoseconds(binary(93), largest) == 1); // 2^64 / 2^93 s = 1.86 ns
    CHECK(nanoseconds(binary(94), largest) == 0);
    CHECK(nanoseconds(binary(127), largest) == 0);
}

TEST_CASE("interface clock: times that no timestamp can hold become the nearest one") {
    CHECK(nanoseconds(0, largest) == far_future);
    CHECK(nanoseconds(0, 9'223'372'036) == 9'223'372'036'000'000'000);
    CHECK(nanoseconds(0, 9'223'372'037) == far_future);
    CHECK(nanoseconds(6, 9'223'372'036'854'775) == 9'223'372'036'854'775'000);
    CHECK(nanoseconds(6, 9'223'372'036'854'776) == far_future);
    CHECK(nanoseconds(9, static_cast<std::uint64_t>(far_future)) == far_future);
    CHECK(nanoseconds(9, static_cast<std::uint64_t>(far_future) + 1) == far_future);
    CHECK(nanoseconds(9, largest) == far_future);
    CHECK(nanoseconds(12, largest) == 18'446'744'073'709'551); // half a year: well within
    CHECK(nanoseconds(binary(0), largest) == far_future);
    CHECK(nanoseconds(binary(30), largest) == far_future);                // 17179869183 s
    CHECK(nanoseconds(binary(31), largest) == 8'589'934'591'999'999'999); // 8589934591 s and a fraction
}

TEST_CASE("interface clock: offsets are signed seconds") {
    CHECK(nanoseconds(6, 250'000, 1'700'000'000) == 1'700'000'000'250'000'000);
    CHECK(nanoseconds(6, 1'700'000'000'250'000, -1'700'000'000) == 250'000'000);
    CHECK(nanoseconds(6, 250'000, -1) == -750'000'000);
    CHECK(nanoseconds(9, 1, -2) == -1'999'999'999);
    CHECK(nanoseconds(binary(1), 1, -1) == -500'000'000);
    CHECK(nanoseconds(0, 10, -10) == 0);
}

TEST_CASE("interface clock: offsets of any size neither overflow nor lose a time that can be held") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    CHECK(nanoseconds(6, 0, most) == far_future);
    CHECK(nanoseconds(0, largest, most) == far_future);
    CHECK(nanoseconds(6, 0, least) == far_past);
    CHECK(nanoseconds(0, largest, least) == far_future); // 2^64 - 1 - 2^63 s
    CHECK(nanoseconds(0, std::uint64_t{1} << 63, least) == 0);
    CHECK(nanoseconds(0, (std::uint64_t{1} << 63) + 1000, least) == 1'000'000'000'000);
    CHECK(nanoseconds(0, std::uint64_t{1} << 40, -(std::int64_t{1} << 40) + 7) == 7'000'000'000);
    // the last and the first nanosecond of all: 9223372036.854775807 and -9223372036.854775808 s
    CHECK(nanoseconds(9, 854'775'807, 9'223'372'036) == far_future);
    CHECK(nanoseconds(9, 854'775'806, 9'223'372'036) == far_future - 1);
    CHECK(nanoseconds(9, 854'775'808, 9'223'372'036) == far_future);
    CHECK(nanoseconds(9, 145'224'192, -9'223'372'037) == far_past);
    CHECK(nanoseconds(9, 145'224'193, -9'223'372'037) == far_past + 1);
    CHECK(nanoseconds(9, 145'224'191, -9'223'372'037) == far_past);
    CHECK(nanoseconds(9, 999'999'999, -9'223'372'038) == far_past);
}

TEST_CASE("interface clock: a clock never runs backwards, whatever its resolution") {
    for (unsigned resolution = 0; resolution < 256; ++resolution) {
        for (const std::int64_t offset :
             {std::int64_t{0}, std::int64_t{-5}, std::numeric_limits<std::int64_t>::min()}) {
            const interface_clock clock{static_cast<std::uint8_t>(resolution), offset};
            timestamp before = clock(0);
            for (unsigned bit = 0; bit < 64; ++bit) {
                for (const std::uint64_t units : {std::uint64_t{1} << bit, (std::uint64_t{2} << bit) - 1}) {
                    const timestamp now = clock(units);
                    CHECK(before <= now);
                    before = now;
                }
            }
        }
    }
}
