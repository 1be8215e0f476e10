// SPDX-License-Identifier: MIT
#include <tcplens/connection/table/table_clock.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr timestamp begin{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr auto century = 24h * 36525;

/// How much time has passed, to within a tick, when packets came at these times, from `begin` on.
std::chrono::nanoseconds passed(std::initializer_list<std::chrono::nanoseconds> times) {
    table_clock clock;
    clock.advance(begin);
    const std::uint32_t first = clock.ticks();
    for (const auto time : times) clock.advance(clamp_for_arithmetic(begin + time));
    return std::chrono::nanoseconds{std::int64_t{clock.ticks() - first} << 24};
}
bool is_about(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
    return a - b < 34ms && b - a < 34ms;
}

} // namespace

TEST_CASE("time passes as packets come") {
    CHECK(passed({}) == 0ns);
    CHECK(is_about(passed({1s, 2s, 10s}), 10s));
    CHECK(is_about(passed({50min, 100min, 150min}), 150min));
}

TEST_CASE("a late packet takes no time back, and none twice") {
    CHECK(is_about(passed({1s, 500ms, 1s, 500ms, 1s, 500ms, 2s}), 2s));
    CHECK(is_about(passed({10min, -40min, 11min}), 11min));
}

TEST_CASE("one packet from another century changes nothing") {
    CHECK(is_about(passed({1s, century, 2s}), 2s));
    CHECK(is_about(passed({1s, -century, 2s}), 2s));
    CHECK(is_about(passed({1s, century, -century, 2h, 2s}), 2s));
    CHECK(is_about(passed({1s, century, 2s, century, 3s, century, 4s}), 4s));
}

TEST_CASE("a leap is believed when time goes on from there") {
    CHECK(is_about(passed({1s, 5h, 5h + 1s}), 5h + 1s));
    CHECK(is_about(passed({1s, 5h, 5h - 1s}), 5h - 1s));
    CHECK(is_about(passed({1s, century, century + 1s}), 24h * 365 + 1s)); // all that can be waited for
}

TEST_CASE("a clock was set back when nothing but late packets came for a minute") {
    for (const auto back :
         {std::chrono::nanoseconds{90s}, std::chrono::nanoseconds{40min}, std::chrono::nanoseconds{5h}}) {
        CHECK(is_about(passed({1s, 1s - back, 31s - back, 62s - back, 65s - back}), 1s + 3s));
        CHECK(is_about(passed({1s, 1s - back, 31s - back, 30s - back, 62s - back, 65s - back}),
                       1s + 3s));                                                             // not quite in order
        CHECK(is_about(passed({1s, 1s - back, 50s - back, 1s, 62s - back, 65s - back}), 1s)); // some clocks are behind
    }
    CHECK(is_about(passed({1s, -40min, -50min, -40min, -50min, -40min, 1s}), 1s)); // two of them
}

TEST_CASE("who knows how late it is is believed at once") {
    table_clock clock;
    clock.reach(begin);
    const std::uint32_t first = clock.ticks();
    clock.reach(begin + 5h);
    CHECK(clock.latest() == begin + 5h);
    CHECK(clock.ticks() - first == table_clock::ticks_of(5h));
    clock.reach(begin + 1h); // it does not run back
    CHECK(clock.latest() == begin + 5h);
    CHECK(clock.ticks() - first == table_clock::ticks_of(5h));
}

TEST_CASE("ticks of clocks that began at different times are the same") {
    table_clock early, late;
    early.advance(begin);
    early.advance(begin + 10min);
    late.advance(begin + 10min);
    CHECK(early.ticks() == late.ticks());
}

TEST_CASE("a time in ticks is rounded up, and a year at most") {
    CHECK(table_clock::ticks_of(-1s) == 0);
    CHECK(table_clock::ticks_of(0s) == 0);
    CHECK(table_clock::ticks_of(1ns) == 1);
    CHECK(table_clock::ticks_of(std::chrono::nanoseconds{1 << 24}) == 1);
    CHECK(table_clock::ticks_of(std::chrono::nanoseconds{(1 << 24) + 1}) == 2);
    CHECK(table_clock::ticks_of(std::chrono::nanoseconds::max()) == table_clock::ticks_of(24h * 365));
}
