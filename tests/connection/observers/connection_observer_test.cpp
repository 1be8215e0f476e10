// SPDX-License-Identifier: MIT
#include "../../support/story.hpp"

#include <tcplens/capture/file/capture_reader.hpp>
#include <tcplens/connection/observers/connection_observer.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

using namespace tcplens;

using namespace tcplens::detail;
using namespace std::chrono_literals;

namespace {

/// Counts segments by direction, and writes down what it is told.
struct letters_observer {
    struct facts {
        struct {
            std::string to_server;
            std::string to_client;
            [[nodiscard]] bool operator==(const auto& other) const {
                return to_server == other.to_server && to_client == other.to_client;
            }
        } letters{};
        void swap_roles() { std::swap(letters.to_server, letters.to_client); }
        [[nodiscard]] bool operator==(const facts& other) const { return letters == other.letters; }
    };
    struct connection_state {
        tcplens::per_side<unsigned> by_side{};
    };

    void observe(const observer_input& next, connection_state& of, facts& told) {
        ++observed;
        ++of.by_side[next.sender];
        const bool to_server = next.direction == direction::client_to_server;
        CHECK(next.connection.statistics(next.direction).packets == of.by_side[next.sender]);
        std::string& text = to_server ? told.letters.to_server : told.letters.to_client;
        text += next.segment.flags.syn() ? 's' : next.verdict.is_retransmission() ? 'r' : 'd';
        if (next.begins_connection) text += '!';
    }

    unsigned observed = 0;
};
static_assert(connection_observer<letters_observer>);

using plain = basic_connection_table<evidence_rules>;
using observed = basic_connection_table<evidence_rules, letters_observer>;
static_assert(std::is_same_v<plain::connection_type, connection>);
static_assert(std::is_base_of_v<connection, observed::connection_type>);

} // namespace

TEST_CASE("observer: it sees each segment after the table, and its facts are part of the connection") {
    story s;
    auto [client, server] = s.established();
    client.sends(1, 100);
    s.after(300ms);
    client.sends(1, 100).expect(verdict_kinds::retransmission);
    server.acks(101);

    observed table;
    capture_reader reader{std::span<const std::byte>{s.capture()}};
    for (const packet& each : reader) table.add(each);
    REQUIRE(table.size() == 1);
    CHECK(table[0].letters.to_server == "s!ddr");
    CHECK(table[0].letters.to_client == "sd");
    CHECK(table.observer<letters_observer>().observed == 6);
    CHECK(static_cast<const connection&>(table[0]) == s.connection());
}

TEST_CASE("observer: its facts change places when client and server do") {
    // Heard first from its server; the SYN comes late.
    observed table;
    const endpoint a{*address::parse("192.0.2.1"), 1};
    const endpoint b{*address::parse("192.0.2.2"), 2};
    table.add(segment{.source = b, .destination = a, .sequence = {500}, .acknowledgment = {101}, .flags = {0x10}});
    CHECK(table[0].letters.to_server == "d!");
    table.add(segment{.source = a, .destination = b, .sequence = {100}, .flags = {0x02}});
    CHECK(table[0].client == a);
    CHECK(table[0].letters.to_server == "s");
    CHECK(table[0].letters.to_client == "d!");
}
