// SPDX-License-Identifier: MIT
#include "../../support/segment_script.hpp"

#include <tcplens/analysis/analyze_connections.hpp>
#include <tcplens/connection/joined/connection_joiner.hpp>
#include <tcplens/connection/joined/trace_observer.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>
#include <tcplens/connection/rules/wireshark_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;

namespace {

using traced_table = basic_connection_table<evidence_rules, trace_observer>;

static_assert(std::is_trivially_copyable_v<traced_table::connection_type>);
static_assert(sizeof(trace_entry) == 200);

constexpr unsigned fin = segment_script::fin, syn = segment_script::syn, rst = segment_script::rst;
constexpr unsigned ack = segment_script::ack;
constexpr auto to_server = direction::client_to_server;
constexpr auto to_client = direction::server_to_client;

/// Two hosts whose segments are a millisecond apart, to be dealt to tables later.
struct hosts : segment_script {
    hosts() { step = 1ms; }
    void talk() {
        client(ack, 1, 1, 100);
        server(ack, 1, 101);
        server(ack, 1, 101, 1000);
        server(ack, 1001, 101, 1000);
        client(ack, 101, 2001);
    }
    void close() {
        client(ack | fin, 101, 2001);
        server(ack, 2001, 102);
        server(ack | fin, 2001, 102);
        client(ack, 102, 2002);
    }
};

std::size_t by_direction(const segment& each, std::size_t) {
    return each.source < each.destination ? 0 : 1;
}

template <class Table, class Deal>
std::vector<Table> deal(std::span<const segment> all, std::size_t count, Deal&& table_for) {
    std::vector<Table> tables(count);
    for (std::size_t i = 0; i < all.size(); ++i) tables[table_for(all[i], i)].add(all[i]);
    return tables;
}

template <class Table = traced_table>
Table follow(std::span<const segment> all) {
    Table table;
    for (const segment& each : all) table.add(each);
    return table;
}

/// The connections of two joiners, as if they had been added to one.
connection_joiner merged(connection_joiner a, const connection_joiner& b) {
    a.merge(b);
    return a;
}

/// Joins the connections in one go, and in groups, each in an order that is drawn by lot: all must come out alike.
template <class Table>
std::vector<joined_connection> join_in_any_order(std::span<const Table> tables, std::mt19937& random) {
    using rules = typename rules_of_range<Table, void>::type;
    const auto joined = merge_connections(tables);
    std::vector<typename Table::connection_type> bag;
    for (const Table& each : tables) bag.insert(bag.end(), each.begin(), each.end());
    for (int i = 0; i < 3; ++i) {
        std::ranges::shuffle(bag, random);
        std::array<connection_joiner, 3> joiners{connection_joiner{}, connection_joiner{}, connection_joiner{}};
        for (const auto& each : bag) joiners[random() % 3].template add<rules>(each);
        CHECK(joiners[0].size() + joiners[1].size() + joiners[2].size() == bag.size());
        const auto& [a, b, c] = joiners;
        REQUIRE(merged(merged(a, b), c).join() == joined);
        REQUIRE(merged(a, merged(b, c)).join() == joined);
        REQUIRE(merged(c, merged(a, b)).join() == joined);
    }
    return joined;
}

connection without_retransmissions(connection of) {
    of.client_to_server.retransmissions = of.server_to_client.retransmissions = 0;
    return of;
}

/// Whether what was joined is as promised, against one table that saw all.
template <class Table>
std::string broken_promise(const joined_connection& joined, const typename Table::connection_type& whole) {
    if (joined.has(join_doubt::forgotten | join_doubt::incarnations)) return {};
    if (!joined.has(join_doubt::order) && without_retransmissions(joined) != without_retransmissions(whole)) {
        return "not the same";
    }
    for (const direction direction : {to_server, to_client}) {
        const auto other = joined.client == whole.client ? direction : opposite(direction);
        const std::uint64_t right = whole.statistics(direction).retransmissions;
        const joined_connection::retransmission_bounds bounds = joined.retransmissions(other);
        if (right < bounds.at_least || bounds.at_most < right) {
            return std::to_string(right) + " retransmissions, not from " + std::to_string(bounds.at_least) + " to " +
                   std::to_string(bounds.at_most);
        }
        if (bounds.exact() && joined.statistics(other).retransmissions != right) return "not exact";
        if (!bounds.exact() && !joined.has(join_doubt::retransmissions)) return "not marked";
    }
    return {};
}

/// Deals to two tables by direction, at each point in time and by lot, and holds what is joined against one table.
template <class Table = traced_table>
void check_promises(std::span<const segment> all) {
    std::mt19937 random{4};
    const Table whole = follow<Table>(all);
    const auto check = [&](auto&& table_for) {
        const auto tables = deal<Table>(all, 3, table_for);
        const auto joined = join_in_any_order<Table>(tables, random);
        bool doubt = joined.size() != whole.size();
        for (const joined_connection& each : joined)
            doubt = doubt || each.has(join_doubt::incarnations | join_doubt::forgotten);
        if (doubt) {
            CHECK(std::ranges::any_of(joined, [](const joined_connection& each) {
                return each.has(join_doubt::incarnations | join_doubt::forgotten);
            }));
            return;
        }
        for (std::size_t i = 0; i < joined.size(); ++i) CHECK(broken_promise<Table>(joined[i], whole[i]) == "");
    };
    check(by_direction);
    for (std::size_t at = 1; at < all.size(); ++at) {
        check([&](const segment&, std::size_t place) { return place < at ? 0u : 1u; });
        check([&](const segment& each, std::size_t place) { return place < at ? by_direction(each, place) : 2u; });
    }
    for (int i = 0; i < 20; ++i) check([&](const segment&, std::size_t) { return random() % 3; });
}

} // namespace

TEST_CASE("joiner: two directions that two tables saw are one connection") {
    hosts h;
    h.open();
    h.talk();
    h.close();
    const auto tables = deal<traced_table>(h.segments, 2, by_direction);
    REQUIRE(tables[1][0].role_basis == role_basis::syn_ack);
    REQUIRE(tables[0][0].close_reason == close_reason::active);

    const auto joined = merge_connections(tables);
    REQUIRE(joined.size() == 1);
    CHECK(static_cast<const connection&>(joined[0]) == follow(h.segments)[0]);
    CHECK(joined[0].handshake == handshake_state::completed);
    CHECK(joined[0].close_reason == close_reason::normal);
    CHECK(joined[0].closed_by == to_server);
    CHECK(joined[0].parts == 2);
    CHECK(joined[0].doubts == join_doubt::none);
    CHECK(joined[0].to_server == joined_connection::retransmission_bounds{});
    check_promises(h.segments);
    check_promises<basic_connection_table<repeated_sequence_rules, trace_observer>>(h.segments);

    CHECK(analyze_connections(joined).summary.successful_handshakes == 1);
}

TEST_CASE("joiner: a connection that one table saw alone comes out as it went in") {
    hosts h;
    h.open();
    h.talk();
    h.client(ack, 1, 2001, 100); // again
    h.close();
    h.ends[0].port = 40001;
    h.client(ack, 1, 1, 10);
    const auto whole = follow(h.segments);
    connection_joiner joiner;
    for (const auto& each : whole) {
        auto copy = std::make_unique<traced_table::connection_type>(); // as it comes from another machine
        std::memcpy(static_cast<void*>(copy.get()), &each, sizeof each);
        joiner.add(*copy);
    }
    const auto joined = joiner.join();
    REQUIRE(joined.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
        CHECK(static_cast<const connection&>(joined[i]) == whole[i]);
        CHECK(joined[i].parts == 1);
        CHECK(joined[i].doubts == join_doubt::none);
    }
    CHECK(joined[0].to_server == joined_connection::retransmission_bounds{1, 1});
    CHECK(connection_joiner{}.join().empty());
    joiner.add(traced_table::connection_type{});
    CHECK(joiner.join().size() == 2);
    traced_table::connection_type damaged = whole[0];
    damaged.trace.count = 255;
    CHECK(damaged.trace.entries().size() == damaged.trace.capacity);
}

TEST_CASE("joiner: a capture that is rotated amid a connection is one connection") {
    hosts h;
    h.open();
    h.talk();
    const std::size_t at = h.segments.size();
    h.client(ack, 101, 2001, 50);
    h.server(ack, 2001, 151);
    const auto tables =
        deal<traced_table>(h.segments, 2, [&](const segment&, std::size_t i) { return i < at ? 0u : 1u; });
    CHECK(tables[1][0].handshake == handshake_state::incomplete);
    const auto joined = merge_connections(tables);
    REQUIRE(joined.size() == 1);
    CHECK(static_cast<const connection&>(joined[0]) == follow(h.segments)[0]);
    CHECK(joined[0].close_reason == close_reason::active);
    CHECK(joined[0].doubts == join_doubt::none); // it goes on where the other ended: nothing was sent again
    check_promises(h.segments);
}

TEST_CASE("joiner: reused ports: a table that saw one direction did not split what the other splits") {
    hosts h;
    for (int i = 0; i < 3; ++i) {
        h.open();
        h.talk();
        if (i == 1) h.client(rst, 101, 0);
        else h.close();
        h.reopen(5'000'000);
        h.now += 10s;
    }
    const auto tables = deal<traced_table>(h.segments, 2, by_direction);
    const auto whole = follow(h.segments);
    REQUIRE(whole.size() == 3);
    REQUIRE(tables[0].size() == 3);
    const auto joined = merge_connections(tables);
    REQUIRE(joined.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(static_cast<const connection&>(joined[i]) == whole[i]);
        CHECK(!joined[i].has(join_doubt::order | join_doubt::incarnations | join_doubt::forgotten));
    }
    check_promises(h.segments);
}

TEST_CASE("joiner: a SYN overtakes segments that another table saw") {
    hosts h;
    h.open();
    h.talk();
    const std::size_t at = h.segments.size();
    h.reopen(5'000'000);
    h.open();
    const auto joined = merge_connections(
        deal<traced_table>(h.segments, 2, [&](const segment&, std::size_t i) { return i < at ? 0u : 1u; }));
    REQUIRE(joined.size() == 2);
    CHECK(joined[0].closed);
    CHECK(joined[0].close_reason == close_reason::unknown);
    CHECK(joined[0].to_client == joined_connection::retransmission_bounds{});
    CHECK(joined[0].parts == 1);
    CHECK(joined[1].number == 1);
    CHECK(joined[1].close_reason == close_reason::active);
    check_promises(h.segments);

    const auto one = merge_connections(
        deal<traced_table>(h.segments, 2, [&](const segment&, std::size_t i) { return i < at ? 0u : 1u; }),
        {.split_incarnations = false});
    CHECK(one.size() == 1);
}

TEST_CASE("joiner: a connection that was picked up midstream counts as open from its fourth packet on") {
    hosts h;
    h.client(ack, 101, 1, 10);
    h.server(ack, 1, 111);
    h.server(ack, 1, 111, 20);
    auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].close_reason == close_reason::unknown);
    CHECK(joined[0].client == h.ends[0]); // heard first
    CHECK(joined[0].role_guessed());
    h.server(ack, 21, 111, 20);
    joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    CHECK(joined[0].close_reason == close_reason::active);
    check_promises(h.segments);
}

TEST_CASE("joiner: the server is known from the SYN-ACK that another table saw") {
    hosts h;
    h.server(syn | ack, 0, 1);
    h.client(ack, 1, 1);
    h.client(ack, 1, 1, 100);
    h.client(rst | ack, 101, 1);
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].client == h.ends[0]);
    CHECK(joined[0].role_basis == role_basis::syn_ack);
    CHECK(joined[0].close_reason == close_reason::reset);
    CHECK(joined[0].closed_by == to_server);
    CHECK(joined[0].client_to_server.payload_bytes == 100);
    check_promises(h.segments);
}

TEST_CASE("joiner: retransmissions that no table saw as such lie within bounds") {
    hosts h;
    h.open();
    h.talk();
    const std::size_t at = h.segments.size();
    h.server(ack, 1001, 101, 1000); // of what the first table saw
    h.server(ack, 2001, 101, 1000);
    h.server(ack, 2001, 101, 1000); // of what the second saw
    const auto table_for = [&](const segment&, std::size_t i) { return i < at ? 0u : 1u; };
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, table_for));
    REQUIRE(joined.size() == 1);
    CHECK(follow(h.segments)[0].server_to_client.retransmissions == 2);
    CHECK(joined[0].server_to_client.retransmissions == 1);
    CHECK(joined[0].to_client.at_least == 1);
    CHECK(joined[0].to_client.at_most ==
          3); // two of the segments of the second table began below where the first ended, or may have
    CHECK(joined[0].to_server == joined_connection::retransmission_bounds{});
    CHECK(joined[0].doubts == join_doubt::retransmissions);
    check_promises(h.segments);

    using simple_table = basic_connection_table<repeated_sequence_rules, trace_observer>;
    const auto simple = merge_connections(deal<simple_table>(h.segments, 2, table_for));
    CHECK(simple[0].to_client ==
          joined_connection::retransmission_bounds{2, 5}); // the first data bears the number of the ACK before it
    const auto apart = merge_connections(deal<simple_table>(h.segments, 2, by_direction));
    CHECK(apart[0].to_client == joined_connection::retransmission_bounds{3, 3});
    CHECK(apart[0].doubts == join_doubt::none);
    connection_joiner joiner; // of tables with rules that the joiner does not know
    for (const simple_table& table : deal<simple_table>(h.segments, 2, by_direction)) {
        for (const auto& seen : table) joiner.add<wireshark_rules>(seen);
    }
    const auto other = joiner.join();
    CHECK(other[0].to_client == joined_connection::retransmission_bounds{0, 6}); // five with data, and a SYN-ACK
    check_promises<simple_table>(h.segments);
}

TEST_CASE("joiner: a SYN-ACK may have been sent before if there was more than one SYN") {
    hosts h;
    h.client(syn, 0, 0).options.timestamps = tcp_timestamps{.value = 1, .echo = 0};
    h.now += 1s;
    h.client(syn, 0, 0).options.timestamps = tcp_timestamps{.value = 1000, .echo = 0};
    h.server(syn | ack, 0, 1).options.timestamps = tcp_timestamps{.value = 7, .echo = 1};
    CHECK(follow(h.segments)[0].server_to_client.retransmissions == 1);
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    CHECK(joined[0].to_client == joined_connection::retransmission_bounds{0, 1});
    CHECK(joined[0].to_server == joined_connection::retransmission_bounds{0, 1});
    check_promises(h.segments);
}

TEST_CASE("joiner: a copy that was lost before the capture shows in the Identifications only") {
    hosts h;
    std::uint32_t clock = 0;
    const auto stamped = [&](segment& each) {
        each.options.timestamps = tcp_timestamps{.value = ++clock, .echo = clock - 1};
        each.hop_limit = 64;
    };
    stamped(h.client(syn, 0, 0));
    stamped(h.server(syn | ack, 0, 1));
    stamped(h.client(ack, 1, 1));
    stamped(h.client(ack, 1, 1, 100));
    stamped(h.server(ack, 1, 101));
    h.now += 210ms; // a timeout
    ++h.last_ip_id[0];
    stamped(h.client(ack, 101, 1, 100));
    CHECK(follow(h.segments)[0].client_to_server.retransmissions == 1);
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    CHECK(joined[0].to_server == joined_connection::retransmission_bounds{0, 1});
    check_promises(h.segments);
}

TEST_CASE("joiner: more than 2 GiB between openings and closings are followed") {
    hosts h;
    h.open();
    std::uint32_t sent = 1;
    for (int i = 0; i < 55'000; ++i) { // 3.3 GB
        h.client(ack, sent, 1, 60'000);
        sent += 60'000;
        if (i % 100 == 99) h.server(ack, 1, sent);
    }
    const std::size_t at = h.segments.size();
    h.client(ack | fin, sent, 1);
    h.server(ack | fin, 1, sent + 1);
    h.client(ack, sent + 1, 2);
    for (const bool early : {false, true}) {
        const auto joined =
            merge_connections(deal<traced_table>(h.segments, 2, [&](const segment& each, std::size_t i) {
                return early ? by_direction(each, i) : i < at ? 0u : 1u;
            }));
        REQUIRE(joined.size() == 1);
        CHECK(static_cast<const connection&>(joined[0]) == follow(h.segments)[0]);
        CHECK(joined[0].close_reason == close_reason::normal);
        CHECK(joined[0].doubts == join_doubt::none);
    }
}

TEST_CASE("joiner: data around a RST that another table saw: the order is in doubt") {
    hosts h;
    h.open();
    h.talk();
    h.client(rst, 101, 0); // forged: its sender goes on
    h.client(ack, 101, 2001, 100);
    h.client(ack, 201, 2001, 100);
    h.server(ack, 2001, 301);
    const std::size_t forged = 8;
    REQUIRE(h.segments[forged].flags.rst());
    const auto joined = merge_connections(
        deal<traced_table>(h.segments, 2, [&](const segment&, std::size_t i) { return i == forged ? 1u : 0u; }));
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].has(join_doubt::order));
    CHECK(follow(h.segments)[0].close_reason == close_reason::active);
    CHECK(joined[0].close_reason == close_reason::active);
    check_promises(h.segments);
}

TEST_CASE("joiner: a FIN amid data of its sender that another table saw: the order is in doubt") {
    hosts h;
    h.open();
    h.client(ack, 1, 1, 100);
    h.client(ack, 101, 1, 100);
    h.client(ack | fin, 201, 1);
    h.client(ack, 202, 1, 100); // beyond its FIN: not what a host sends
    h.server(ack | fin, 1, 1);
    h.client(ack, 202, 2);
    const auto whole = follow(h.segments);
    const auto joined = merge_connections(deal<traced_table>(
        h.segments, 2, [&](const segment& each, std::size_t) { return each.flags.fin() ? 1u : 0u; }));
    REQUIRE(joined.size() == 1);
    CHECK(whole[0].close_reason == close_reason::normal);
    CHECK(joined[0].close_reason == close_reason::active);
    CHECK(joined[0].has(join_doubt::order));
    check_promises(h.segments);
}

TEST_CASE("joiner: packets that may be of one incarnation or the other: the incarnations are in doubt") {
    hosts h;
    h.open();
    h.talk();
    h.close();
    h.now += 10s;
    h.reopen(100'000'000);
    h.open();
    h.talk();
    // One table saw nothing but data of the server: neither where one connection ends nor where the next begins.
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, [&](const segment& each, std::size_t) {
        return each.source == h.ends[1] && each.payload_length > 0 ? 1u : 0u;
    }));
    REQUIRE(joined.size() == 2);
    CHECK(joined[0].has(join_doubt::incarnations));
    CHECK(joined[1].has(join_doubt::incarnations));
    CHECK(joined[0].server_to_client.payload_bytes + joined[1].server_to_client.payload_bytes == 4000);
    check_promises(h.segments);
}

TEST_CASE("joiner: more openings and closings than a trace holds: counts remain right") {
    hosts h;
    h.open();
    for (std::uint32_t i = 0; i < 20; ++i) { // each with another number, so none is the same again
        h.client(ack, 1 + i, 1, 1);
        h.client(ack | fin, 50 + i, 1);
        h.server(ack, 1, 2 + i);
        h.server(rst | ack, 1, 2 + i);
    }
    const auto whole = follow(h.segments);
    CHECK(whole[0].trace.forgot);
    CHECK(whole[0].trace.count == trace_observer::facts{}.trace.capacity);
    std::uint64_t packets = 0;
    for (const trace_entry& each : whole[0].trace.entries()) packets += each.counted.packets;
    CHECK(packets == h.segments.size());

    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].has(join_doubt::forgotten));
    CHECK(joined[0].client_to_server.fin == whole[0].client_to_server.fin);
    CHECK(joined[0].server_to_client.rst == whole[0].server_to_client.rst);
    CHECK(joined[0].client_to_server.payload_bytes == whole[0].client_to_server.payload_bytes);
    CHECK(joined[0].client_to_server.packets + joined[0].server_to_client.packets == h.segments.size());
    check_promises(h.segments);
}

TEST_CASE("joiner: an opening or closing that is sent again takes no more memory") {
    hosts h;
    for (int i = 0; i < 50; ++i) h.client(syn, 0, 0);
    for (int i = 0; i < 50; ++i) h.server(syn | ack, 0, 1);
    h.client(ack, 1, 1);
    for (int i = 0; i < 50; ++i) h.server(ack | fin, 1, 1);
    for (std::uint32_t i = 0; i < 50; ++i) h.client(rst, 1 + i, 0);
    const auto whole = follow(h.segments);
    CHECK(whole[0].trace.count == 5);
    CHECK(!whole[0].trace.forgot);
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 1);
    CHECK(without_retransmissions(joined[0]) == without_retransmissions(whole[0]));
    CHECK(joined[0].close_reason == close_reason::reset);
}

TEST_CASE("joiner: times that run back within a table keep the table's order") {
    hosts h;
    h.open();
    h.talk();
    h.close();
    std::swap(h.segments[3].time, h.segments[7].time);
    std::swap(h.segments[0].time, h.segments[1].time);
    const auto whole = follow(h.segments);
    // Their numbers tell the order, though times do not.
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction),
                                          {.order = join_options::join_order::packet_number});
    REQUIRE(joined.size() == 1);
    CHECK(without_retransmissions(joined[0]) == without_retransmissions(whole[0]));
    CHECK(!joined[0].has(join_doubt::order | join_doubt::incarnations | join_doubt::forgotten));
    CHECK(joined[0].to_client.at_least <= whole[0].server_to_client.retransmissions);

    // A table's own order is believed before its times.
    for (segment& each : h.segments) each.packet_number = 0;
    const auto late = merge_connections(
        deal<traced_table>(h.segments, 2, [](const segment&, std::size_t i) { return i < 10 ? 0u : 1u; }));
    REQUIRE(late.size() == 1);
    CHECK(late[0].role_basis == role_basis::syn);
    CHECK(late[0].first_time == h.segments[0].time);
    CHECK(late[0].last_time == h.segments.back().time);
    CHECK(late[0].close_reason == close_reason::normal);
}

TEST_CASE(
    "joiner: equal ports in other networks, at other addresses, or at one end that is both, are other connections") {
    hosts h;
    h.open();
    const std::size_t one = h.segments.size();
    h.open();
    for (std::size_t i = one; i < h.segments.size(); ++i) h.segments[i].network = {{0, 0, 7}};
    auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 2);
    CHECK(joined[0].network == segment::network_id{});
    CHECK(joined[1].network == segment::network_id{{0, 0, 7}});
    CHECK(joined[1].handshake == handshake_state::completed);

    hosts self;
    self.ends[1] = self.ends[0];
    self.client(ack, 1, 1, 10);
    self.client(ack, 11, 1, 10);
    joined = merge_connections(deal<traced_table>(self.segments, 2, [](const segment&, std::size_t i) { return i; }));
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].client_to_server.packets == 2);
}

TEST_CASE("joiner: joined connections are in the order of their first packets") {
    hosts h;
    for (const std::uint16_t port : {std::uint16_t{40003}, std::uint16_t{40001}, std::uint16_t{40002}}) {
        h.ends[0].port = port;
        h.open();
    }
    const auto joined = merge_connections(deal<traced_table>(h.segments, 2, by_direction));
    REQUIRE(joined.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(joined[i].number == i);
        CHECK(static_cast<const connection&>(joined[i]) == follow(h.segments)[i]);
    }
}

TEST_CASE("joiner: the bounds change places with the roles") {
    joined_connection of;
    of.client = {*address::parse("192.0.2.1"), 1};
    of.to_server = {1, 2};
    of.swap_roles();
    CHECK(of.to_client == joined_connection::retransmission_bounds{1, 2});
    CHECK(of.server.port == 1);
}

TEST_CASE("joiner: one pair of ports a thousand times, seen by many tables, is a thousand connections") {
    hosts h;
    for (int i = 0; i < 1000; ++i) {
        h.open();
        h.talk();
        h.close();
        h.reopen(1'000'000);
    }
    // Each table saw a bit of the time: as files that are rotated soon.
    const auto joined = merge_connections(
        deal<traced_table>(h.segments, 50, [&](const segment&, std::size_t i) { return i * 50 / h.segments.size(); }));
    const auto whole = follow(h.segments);
    REQUIRE(joined.size() == whole.size());
    for (std::size_t i = 0; i < joined.size(); ++i) {
        if (joined[i].doubts == join_doubt::none) REQUIRE(static_cast<const connection&>(joined[i]) == whole[i]);
        else REQUIRE(broken_promise<traced_table>(joined[i], whole[i]) == "");
    }
}

TEST_CASE("joiner: random connections, dealt at random, keep what is promised") {
    constexpr unsigned last_seed = 60;
    for (unsigned seed = 0; seed < last_seed; ++seed) {
        CAPTURE(seed);
        std::mt19937 random{seed};
        const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
        hosts h;
        const std::size_t incarnations = 1 + random() % 2;
        for (std::size_t i = 0; i < incarnations; ++i) {
            if (chance(80)) {
                h.client(syn, 0, 0);
                if (chance(20)) h.client(syn, 0, 0);
                if (chance(90)) h.server(syn | ack, 0, 1);
            }
            std::array<std::uint32_t, 2> next{1, 1};
            for (unsigned n = static_cast<unsigned>(random() % 12); n > 0; --n) {
                const std::size_t from = random() % 2;
                const std::uint32_t length = chance(50) ? 1 + static_cast<std::uint32_t>(random() % 1000) : 0;
                const bool again = length > 0 && next[from] > length && chance(20);
                if (length > 0 && !again && chance(10)) next[from] += 500; // not captured
                h.make(from, ack, again ? next[from] - length : next[from], next[1 - from], length);
                if (!again) next[from] += length;
                if (chance(10)) h.now += 300ms;
            }
            for (const auto from : {random() % 2, random() % 2}) {
                if (!chance(70)) continue;
                if (chance(30)) {
                    h.make(from, rst, next[from], 0, 0);
                } else {
                    h.make(from, ack | fin, next[from]++, next[1 - from], 0);
                    if (chance(80)) h.make(1 - from, ack, next[1 - from], next[from], 0);
                }
            }
            h.reopen(3'000'000);
            h.now += 10s;
        }
        check_promises(h.segments);
    }
}
