// SPDX-License-Identifier: MIT
#include <tcplens/connection/observers/pacing_estimator.hpp>

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

constexpr timestamp start{1'700'000'000s};

/// After 1,024 bytes it pauses 4 ms, and sent the last at 8 ms.
pacing_estimator one_that_paces() {
    pacing_estimator pauses;
    pauses.on_sent(start, 1024, false);
    pauses.on_sent(start + 4ms, 1024, true);
    pauses.on_sent(start + 8ms, 1024, true);
    return pauses;
}

} // namespace

TEST_CASE("who is driven by acknowledgments does not pause") {
    pacing_estimator pauses;
    for (const auto at : {0ms, 1ms, 20ms, 21ms, 300ms}) {
        pauses.on_sent(start + at, 1024, false);
        CHECK(pauses.until() == start + at);
    }
}

TEST_CASE("pauses that nothing else explains tell the rate") {
    pacing_estimator pauses = one_that_paces();
    CHECK(pauses.until() == start + 12ms);
    SUBCASE("a pause is as long as what was sent at once is large") {
        pauses.on_sent(start + 12ms, 1024, true);
        pauses.on_sent(start + 12ms + 10us, 1024, true);
        CHECK(pauses.until() == start + 20ms + 10us);
    }
    SUBCASE("half of it is forgiven for silence") {
        pauses.on_sent(start + 13ms, 1024, false);
        CHECK(pauses.until() == start + 16ms); // 1 ms
        pauses.on_sent(start + 50ms, 1024, false);
        CHECK(pauses.until() == start + 52ms); // no more than half
    }
    SUBCASE("a shorter one says that it was no longer") {
        pauses.on_sent(start + 9ms, 1024, false);
        CHECK(pauses.until() == start + 11ms);
    }
    SUBCASE("a long one has another reason") {
        pauses.on_sent(start + 200ms, 1024, true);
        CHECK(pauses.until() == start + 204ms);
    }
}

TEST_CASE("a pause after silence was half forgiven") {
    pacing_estimator pauses;
    pauses.on_sent(start, 1024, false);
    pauses.on_sent(start + 20ms, 1024, false);
    SUBCASE("if the silence was long enough") {
        pauses.on_sent(start + 22ms, 1024, true);
        CHECK(pauses.until() == start + 26ms);
    }
    SUBCASE("else it tells nothing") {
        pauses.on_sent(start + 27ms, 1024, true);
        CHECK(pauses.until() == start + 27ms);
    }
}
