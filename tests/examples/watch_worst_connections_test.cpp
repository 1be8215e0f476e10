// SPDX-License-Identifier: MIT
#include "../../examples/tcplens/watch_worst_connections.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using program::watching::worst_connections;

namespace {

void count(worst_connections& worst, std::uint64_t number, unsigned times) {
    tcplens::connection sent_again;
    sent_again.number = number;
    sent_again.client.port = static_cast<std::uint16_t>(number);
    for (unsigned i = 0; i < times; ++i) worst.count(sent_again);
}

using counted = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

counted take(worst_connections& worst, std::size_t most) {
    counted result;
    for (const auto& each : worst.take(most)) {
        CHECK(each.client.port == each.number);
        result.emplace_back(each.number, each.retransmissions);
    }
    return result;
}

} // namespace

TEST_CASE("the worst connections come first, those that are as bad in the order of their numbers") {
    worst_connections worst;
    count(worst, 7, 1);
    count(worst, 5, 3);
    count(worst, 9, 2);
    count(worst, 6, 1);
    count(worst, 9, 2);
    CHECK(take(worst, 3) == counted{{9, 4}, {5, 3}, {6, 1}});
}

TEST_CASE("what was taken is forgotten") {
    worst_connections worst;
    CHECK(take(worst, 3).empty());
    count(worst, 1, 5);
    CHECK(take(worst, 3) == counted{{1, 5}});
    count(worst, 2, 1);
    CHECK(take(worst, 3) == counted{{2, 1}});
}

TEST_CASE("a thousand connections that sent one segment again do not hide the one that sent many") {
    worst_connections worst;
    for (std::uint64_t number = 1; number <= 1000; ++number) {
        count(worst, number, 1);
        if (number % 10 == 0) count(worst, 5000, 1); // 100 of 1,100
    }
    const counted found = take(worst, 2);
    REQUIRE(found.size() == 2);
    CHECK(found[0].first == 5000);
    CHECK(found[0].second >= 100);
    CHECK(found[0].second <= 100 + 1100 / 64);
    CHECK(found[1].second <= 1 + 1100 / 64);
}
