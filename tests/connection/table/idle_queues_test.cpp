// SPDX-License-Identifier: MIT
#include <tcplens/connection/table/idle_queues.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <random>

using tcplens::detail::idle_queues;

TEST_CASE("queues hold what lists hold") {
    constexpr std::uint32_t records = 20;
    idle_queues<3> queues;
    queues.resize(records);
    std::array<std::list<std::uint32_t>, 3> expected;
    std::array<std::optional<std::size_t>, records> stands_in;
    std::mt19937_64 random{1};
    for (int i = 0; i < 5000; ++i) {
        const auto record = static_cast<std::uint32_t>(random() % records);
        if (stands_in[record]) {
            queues.remove(*stands_in[record], record);
            expected[*stands_in[record]].remove(record);
            stands_in[record].reset();
        } else {
            const std::size_t queue = random() % 3;
            queues.push_back(queue, record);
            expected[queue].push_back(record);
            stands_in[record] = queue;
        }
        for (std::size_t queue = 0; queue < 3; ++queue) {
            CHECK(queues.front(queue) == (expected[queue].empty() ? idle_queues<3>::none : expected[queue].front()));
        }
    }
    for (std::size_t queue = 0; queue < 3; ++queue) {
        for (const std::uint32_t record : expected[queue]) {
            CHECK(queues.front(queue) == record);
            queues.remove(queue, record);
        }
        CHECK(queues.front(queue) == idle_queues<3>::none);
    }
}
