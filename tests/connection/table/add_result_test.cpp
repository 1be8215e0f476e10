// SPDX-License-Identifier: MIT
#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/parallel/parallel_connection_table.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include "../../support/packet_builder.hpp"

#include <doctest/doctest.h>

#include <type_traits>
#include <vector>

using namespace tcplens;
using packet_builder::captured_packet;
using packet_builder::tcp_packet;
namespace flags = packet_builder::flags;

using opening_table = basic_connection_table<evidence_rules, opening_observer>;

static_assert(!std::is_copy_constructible_v<connection_table> && !std::is_copy_assignable_v<connection_table>);
static_assert(std::is_nothrow_move_constructible_v<opening_table> && std::is_move_assignable_v<opening_table>);
static_assert(!std::is_copy_constructible_v<parallel_connection_table> &&
              !std::is_copy_assignable_v<parallel_connection_table>);

TEST_CASE("add result: its connection has the facts of the table's observers") {
    opening_table table;
    const auto syn = tcp_packet({.flags = flags::syn});
    const add_result added = table.add(*captured_packet{syn});
    static_assert(std::is_same_v<decltype(added.connection->opening), connection_opening>);
    CHECK(table.add(*captured_packet{syn}).connection->opening == table[0].opening);
    const add_result<> plain = added;
    CHECK(plain.connection == added.connection);
    CHECK(plain.begins_connection);
}

TEST_CASE("add result: of a packet that is no segment all members but the outcome are as they begin") {
    connection_table table;
    const auto udp = packet_builder::framed_ip_packet({}, 17, packet_builder::udp_datagram(50000, 53, {}));
    const add_result added = table.add(*captured_packet{udp});
    CHECK(added.outcome == packet_outcome::not_tcp);
    CHECK(added.connection == nullptr);
    CHECK(added.direction == direction::client_to_server);
    CHECK(added.verdict == verdict{});
    CHECK_FALSE(added.begins_connection);
}

TEST_CASE("statistics: a segment that is ignored for its bad checksum counts under no link type") {
    const segment bad{.source = packet_builder::at("192.0.2.1", 1),
                      .destination = packet_builder::at("192.0.2.2", 2),
                      .flags = {flags::syn},
                      .checksum = checksum_state::bad};
    connection_table table{{.ignore_bad_checksums = true}};
    CHECK(table.add(bad).outcome == packet_outcome::malformed);
    table.add_all(std::vector{bad, bad});
    const decode_statistics& counted = table.statistics();
    CHECK(counted.packets == 3);
    CHECK(counted.malformed == 3);
    CHECK(counted.bad_checksums == 3);
    CHECK(counted.undecoded.kinds().empty());
    CHECK(counted.undecoded.others() == 3);
    CHECK(table.empty());

    connection_table following;
    following.add(bad);
    CHECK(following.statistics().tcp == 1);
    CHECK(following.size() == 1);
}
