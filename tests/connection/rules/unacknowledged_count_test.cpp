// SPDX-License-Identifier: MIT
#include <tcplens/connection/rules/unacknowledged_count.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

using tcplens::sequence_number;
using tcplens::detail::unacknowledged_count;

TEST_CASE("segments of one length wait in one run, across 2^32") {
    unacknowledged_count waiting;
    const sequence_number first{0xffff'0000};
    for (std::uint32_t i = 1; i <= 20'000; ++i) waiting.add(first + 1448 * i);
    CHECK(waiting.size() == 20'000);
    waiting.remove_up_to(first + 1448 * 500);
    CHECK(waiting.size() == 19'500);
    waiting.remove_up_to(first + 1448 * 501 - 1);
    CHECK(waiting.size() == 19'500);
    waiting.remove_up_to(first + 1448 * 501);
    CHECK(waiting.size() == 19'499);
    waiting.remove_up_to(first);
    CHECK(waiting.size() == 19'499);
    waiting.remove_up_to(first + 1448 * 20'000);
    CHECK(waiting.size() == 0);
    CHECK(waiting.exact());
}

TEST_CASE("the same segment sent again and again waits as often") {
    unacknowledged_count waiting;
    for (int i = 0; i < 100; ++i) waiting.add({1000});
    CHECK(waiting.size() == 100);
    waiting.remove_up_to({999});
    CHECK(waiting.size() == 100);
    waiting.remove_up_to({1000});
    CHECK(waiting.size() == 0);
}

TEST_CASE("more runs than are remembered make the count an estimate at the next acknowledgment, until none wait") {
    unacknowledged_count waiting;
    sequence_number end{0};
    for (std::uint32_t i = 0; i < 100; ++i) waiting.add(end = end + (1 + i * i));
    CHECK(waiting.size() == 100);
    CHECK(waiting.exact());
    waiting.remove_up_to({50});
    CHECK(!waiting.exact());
    CHECK(waiting.size() < 100);
    CHECK(waiting.size() > 50);
    waiting.remove_up_to(end);
    CHECK(waiting.size() == 0);
    CHECK(waiting.exact());
}

TEST_CASE("whatever it is given, as long as the count is exact it is that of a list") {
    std::mt19937 random{1};
    const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random()) % limit; };
    std::size_t compared = 0;
    for (int round = 0; round < 3000; ++round) {
        unacknowledged_count waiting;
        std::vector<std::uint32_t> list;
        const std::uint32_t base = below(2) == 0 ? static_cast<std::uint32_t>(random()) : 0u;
        std::uint32_t end = base;
        for (int step = 0; step < 40; ++step) {
            switch (below(8)) {
            case 0: end = base + below(4) * 0x4000'0000 + below(5); break;
            case 1:
            case 2: {
                const std::uint32_t ack = below(3) == 0 ? base + below(8) * 0x2000'0000 + below(5) : end - below(8) * 5;
                waiting.remove_up_to({ack});
                std::erase_if(list, [&](std::uint32_t each) { return static_cast<std::int32_t>(ack - each) >= 0; });
                break;
            }
            default:
                end += 10;
                waiting.add({end});
                list.push_back(end);
            }
            if (!waiting.exact()) break;
            ++compared;
            REQUIRE(waiting.size() == list.size());
        }
    }
    CHECK(compared > 50'000);
}
