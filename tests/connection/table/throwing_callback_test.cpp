// SPDX-License-Identifier: MIT
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <stdexcept>

using namespace tcplens;

namespace {

/// The SYN of a connection of its own, ten seconds after the one before.
segment attempt(std::uint16_t number) {
    return {.time = timestamp{std::chrono::seconds{10 * number}},
            .packet_number = number + std::uint64_t{1},
            .source = {*address::parse("10.0.0.1"), number},
            .destination = {*address::parse("10.0.0.2"), 80},
            .flags = {0x02}};
}

void check_counts(const connection_table& table) {
    std::uint64_t ended = 0;
    for (const std::uint64_t each : table.counters().ended_by) ended += each;
    CHECK(table.counters().begun == ended + table.size());
    std::size_t found = 0;
    for (const connection& each : table) found += each.client_to_server.packets > 0;
    CHECK(found == table.size());
}

} // namespace

TEST_CASE("callback: where it throws, the connection stays and is passed again; the packet is only counted") {
    for (const std::size_t most : {std::size_t{0}, std::size_t{10}}) {
        CAPTURE(most);
        connection_table table{{.max_connections = most}};
        std::set<std::uint64_t> passed;
        std::size_t calls = 0;
        std::size_t thrown = 0;
        std::uint64_t refused = 0;
        const auto sometimes = [&](const connection& of, end_reason) {
            if (++calls % 3 == 0) throw std::runtime_error{"full"};
            CHECK(passed.insert(of.number).second);
        };
        for (std::uint16_t i = 0; i < 2000; ++i) {
            const std::uint64_t begun = table.counters().begun;
            try {
                table.add(attempt(i), sometimes);
            } catch (const std::runtime_error&) {
                ++thrown;
                CHECK(table.counters().begun == begun); // it began none
                ++refused;
            }
            check_counts(table);
        }
        CHECK(thrown > 100);
        CHECK(table.statistics().packets == 2000);
        CHECK(table.counters().begun == 2000 - refused);
        while (!table.empty()) {
            try {
                table.flush(sometimes);
            } catch (const std::runtime_error&) {
                check_counts(table);
            }
        }
        CHECK(passed.size() == table.counters().begun);
    }
}

TEST_CASE("callback: where it always throws, a table within its bound stays whole") {
    connection_table table{{.max_connections = 10}};
    const auto always = [](const connection&, end_reason) { throw std::runtime_error{"full"}; };
    for (std::uint16_t i = 0; i < 100; ++i) {
        if (i < 1) table.add(attempt(i), always);
        else CHECK_THROWS(table.add(attempt(i), always));
    }
    check_counts(table);
    CHECK(table.size() == 1);
    table.add(attempt(200), [](const connection&, end_reason) {});
    CHECK(table.size() == 1);
    check_counts(table);
}
