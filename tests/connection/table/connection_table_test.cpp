// SPDX-License-Identifier: MIT
#include <tcplens/connection.hpp>
#include <tcplens/connection/rules/repeated_sequence_rules.hpp>

#include "../../support/packet_builder.hpp"

#include <tcplens/connection/table/table_access.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using packet_builder::captured_packet;
using packet_builder::tcp_packet;
namespace flags = packet_builder::flags;

static_assert(std::ranges::forward_range<connection_table>);
static_assert(std::ranges::forward_range<const connection_table>);
static_assert(std::ranges::sized_range<connection_table>);
static_assert(std::is_same_v<std::ranges::range_reference_t<connection_table>, const connection&>);
static_assert(std::is_nothrow_move_constructible_v<connection_table>);
static_assert(segment_rules<evidence_rules> && segment_rules<repeated_sequence_rules>);

namespace {

const endpoint client = packet_builder::at("192.0.2.1", 40000);
const endpoint server = packet_builder::at("198.51.100.1", 443);

segment syn_from(const endpoint& source, std::uint32_t sequence = 1000) {
    return {.source = source, .destination = server, .sequence = {sequence}, .wire_length = 54, .flags = {flags::syn}};
}

std::vector<segment> many_connections(std::uint16_t count) {
    std::vector<segment> segments;
    for (std::uint16_t i = 0; i < count; ++i) {
        const endpoint source{client.address, static_cast<std::uint16_t>(10000 + i)};
        segments.push_back(syn_from(source, i));
        segments.push_back({.source = server,
                            .destination = source,
                            .sequence = {7},
                            .acknowledgment = {i + 1u},
                            .wire_length = 54,
                            .flags = {flags::syn | flags::ack}});
    }
    return segments;
}

/// A rule set of a user's own.
struct every_second_segment {
    struct connection_state {
        bool odd = false;
    };
    verdict_kinds said = verdict_kinds::retransmission;

    verdict judge(const rule_input&, connection_state& of) const {
        of.odd = !of.odd;
        return {.kinds = of.odd ? verdict_kinds::none : said};
    }
};

} // namespace

TEST_CASE("add tells what happened to a TCP packet") {
    connection_table table;
    const auto syn = tcp_packet({.sequence = 1000, .flags = flags::syn});
    const add_result first = table.add(*captured_packet{syn});
    CHECK(first.outcome == packet_outcome::tcp);
    REQUIRE(first.connection != nullptr);
    CHECK(first.connection->client == client);
    CHECK(first.connection->server == server);
    CHECK(first.direction == direction::client_to_server);
    CHECK(first.verdict == verdict{});
    CHECK(first.begins_connection);

    const add_result again = table.add(*captured_packet{syn, {.time = timestamp{1s}, .number = 2}});
    CHECK(again.connection == first.connection);
    CHECK(again.verdict.kinds == verdict_kinds::retransmission);
    CHECK(again.verdict.is_retransmission());
    CHECK(again.verdict.evidence == (evidence_set::bytes_seen | evidence_set::silence));
    CHECK(again.verdict.earlier_packet == 1);
    CHECK(again.verdict.elapsed == 1s);
    CHECK_FALSE(again.begins_connection);

    const auto answer = tcp_packet({.source = server,
                                    .destination = client,
                                    .sequence = 5000,
                                    .acknowledgment = 1001,
                                    .flags = flags::syn | flags::ack});
    const add_result answered = table.add(*captured_packet{answer});
    CHECK(answered.connection == first.connection);
    CHECK(answered.direction == direction::server_to_client);
    CHECK_FALSE(answered.begins_connection);
    CHECK(answered.connection->handshake == handshake_state::failed);
}

TEST_CASE("a connection that begins with its SYN-ACK begins from server to client") {
    connection_table table;
    const auto answer = tcp_packet({.source = server, .destination = client, .flags = flags::syn | flags::ack});
    const add_result first = table.add(*captured_packet{answer});
    CHECK(first.direction == direction::server_to_client);
    CHECK(first.connection->client == client);
}

TEST_CASE("add says why a packet is no TCP, and every packet is accounted for") {
    connection_table table;
    const auto expect = [&](const auto& bytes, packet_outcome outcome, std::size_t captured = 1000,
                            link_type link = link_type::ethernet) {
        const add_result got = table.add(*captured_packet{bytes, {.link = link, .snapshot_length = captured}});
        CHECK(to_string(got.outcome) == to_string(outcome));
        CHECK(got.connection == nullptr);
        CHECK_FALSE(got.begins_connection);
        CHECK(got.verdict == verdict{});
    };
    const auto whole = tcp_packet();
    CHECK(table.add(*captured_packet{whole}).outcome == packet_outcome::tcp);
    expect(packet_builder::framed_ip_packet({}, 17, packet_builder::tcp_segment({})), packet_outcome::not_tcp);
    expect(tcp_packet({.fragment_offset = 100}), packet_outcome::fragment);
    expect(tcp_packet({.more_fragments = true}), packet_outcome::fragment);
    expect(whole, packet_outcome::truncated, 14 + 20 + 19);
    auto version_five = whole;
    version_five[14] = std::byte{0x55};
    expect(version_five, packet_outcome::malformed);
    expect(whole, packet_outcome::unsupported_link, 1000, link_type{147});

    decode_statistics expected;
    const auto count = [&](packet_outcome outcome, protocol_id at, link_type link = link_type::ethernet) {
        expected.count({outcome, at}, link);
    };
    count(packet_outcome::tcp, ip_protocol::tcp);
    decode_result datagram{packet_outcome::not_tcp, ip_protocol{17}};
    datagram.source_port = 40000; // of the TCP header that is taken for that of UDP
    datagram.destination_port = 443;
    expected.count(datagram, link_type::ethernet);
    count(packet_outcome::fragment, ip_protocol::tcp);
    count(packet_outcome::fragment, ip_protocol::tcp);
    count(packet_outcome::truncated, ip_protocol::tcp);
    count(packet_outcome::malformed, ether_type::ipv4);
    count(packet_outcome::unsupported_link, link_type{147}, link_type{147});
    CHECK(table.statistics() == expected);
    CHECK(expected.packets == 7);
    CHECK(table.size() == 1);
}

TEST_CASE("segments that were decoded elsewhere count as packets") {
    connection_table table;
    CHECK(table.add(syn_from(client)).begins_connection);
    CHECK(table.statistics() == decode_statistics{.packets = 1, .tcp = 1});
}

TEST_CASE("an empty table is an empty range") {
    const connection_table table;
    CHECK(table.empty());
    CHECK(table.size() == 0);
    CHECK(table.begin() == table.end());
    CHECK(table.statistics() == decode_statistics{});
}

TEST_CASE("a table is a range of its connections in the order of their first packets") {
    connection_table table;
    for (const segment& each : many_connections(200)) table.add(each);
    CHECK(table.size() == 200);
    CHECK_FALSE(table.empty());
    std::uint64_t number = 0;
    for (const connection& each : table) {
        CHECK(each.number == number);
        CHECK(each.client.port == 10000 + number);
        CHECK(&each == &table[number]);
        ++number;
    }
    CHECK(number == 200);
    CHECK(std::ranges::distance(table) == 200);
    CHECK(std::ranges::count(table, 1u, [](const connection& each) { return each.server_to_client.syn_ack; }) == 200);

    auto at = table.begin();
    CHECK((*at++).number == 0);
    CHECK(at->number == 1);
    CHECK((*++at).number == 2);
}

TEST_CASE("a connection stays where it is while the table grows and moves") {
    connection_table table;
    const connection* const first = table.add(syn_from(client)).connection;
    for (const segment& each : many_connections(5000)) table.add(each);
    CHECK(&table[0] == first);
    CHECK(table.add(syn_from(client)).connection == first);
    CHECK(first->client_to_server.syn == 2);

    connection_table moved = std::move(table);
    CHECK(moved.add(syn_from(client)).connection == first);
    CHECK(moved.size() == 5001);
}

TEST_CASE("room that was made changes nothing else") {
    connection_table table;
    table.reserve(1000);
    CHECK(table.empty());
    for (const segment& each : many_connections(1000)) table.add(each);
    table.reserve(10); // less than there is
    connection_table plain;
    for (const segment& each : many_connections(1000)) plain.add(each);
    CHECK(std::ranges::equal(table, plain));
}

TEST_CASE("no result depends on the key") {
    std::vector<segment> segments = many_connections(500);
    for (const segment& each : many_connections(500)) segments.push_back(each); // all of it again
    const auto results_with = [&](const hash_key& key) {
        connection_table table{{.hash_key = key}};
        std::vector<verdict> verdicts;
        for (const segment& each : segments) verdicts.push_back(table.add(each).verdict);
        return std::pair{verdicts, std::vector<connection>(table.begin(), table.end())};
    };
    const auto expected = results_with(hash_key{1});
    CHECK(expected.second.size() == 500);
    for (std::uint64_t seed = 2; seed < 6; ++seed) CHECK((results_with(hash_key{seed}) == expected));
    CHECK((results_with(hash_key::random()) == expected));
}

TEST_CASE("the hash of a 4-tuple is the same both ways, and another with another key") {
    const hash_key key{1};
    CHECK(tuple_hash::of(client, server, key) == tuple_hash::of(server, client, key));
    CHECK(tuple_hash::of(client, server, key) != tuple_hash::of(client, server, hash_key{2}));
}

TEST_CASE("who picks ports or addresses does not pick hashes") {
    const auto different = [](auto&& tuple_of) {
        std::set<std::uint32_t> hashes;
        std::set<std::uint32_t> buckets; // of 65536
        for (std::uint16_t i = 1; i <= 1000; ++i) {
            const auto [a, b] = tuple_of(i);
            const std::uint32_t hash = tuple_hash::of(a, b, hash_key{1});
            hashes.insert(hash);
            buckets.insert(hash >> 16);
        }
        CHECK(hashes.size() >= 999);  // of 1000 random ones, 1000 are different but in one case of 8600
        CHECK(buckets.size() >= 960); // 992 are expected
    };
    const auto port = [](int number) { return static_cast<std::uint16_t>(number); };
    const auto host = [](int number) {
        return packet_builder::address_of("10.0." + std::to_string(number / 256) + '.' + std::to_string(number % 256));
    };
    different([&](int i) { return std::pair{endpoint{client.address, port(i)}, server}; });
    different([&](int i) {
        return std::pair{endpoint{client.address, port(i)}, endpoint{server.address, port(2000 - i)}};
    });
    different([&](int i) { return std::pair{endpoint{client.address, port(i)}, endpoint{server.address, port(i)}}; });
    different([&](int i) { return std::pair{endpoint{host(i), 1}, endpoint{host(2000 - i), 1}}; });
    different([&](int i) { return std::pair{endpoint{host(i), port(2000 - i)}, server}; });
}

TEST_CASE("the same ports the other way round have another hash") {
    const hash_key key{1};
    CHECK(tuple_hash::of(client, server, key) !=
          tuple_hash::of({client.address, server.port}, {server.address, client.port}, key));
}

TEST_CASE("a host that connects to itself, at the same port, has one connection") {
    connection_table table;
    const auto say = [&](std::uint16_t what, std::uint32_t sequence, std::uint32_t acknowledgment,
                         std::uint32_t length = 0) {
        return table.add(segment{.source = client,
                                 .destination = client,
                                 .sequence = {sequence},
                                 .acknowledgment = {acknowledgment},
                                 .payload_length = length,
                                 .flags = {what}});
    };
    CHECK(say(flags::syn, 100, 0).begins_connection);
    CHECK_FALSE(say(flags::syn | flags::ack, 100, 101).begins_connection);
    CHECK_FALSE(say(flags::ack, 101, 101).begins_connection);
    CHECK_FALSE(say(flags::ack, 101, 101, 50).begins_connection);
    CHECK_FALSE(say(flags::ack | flags::fin, 151, 101).begins_connection);
    CHECK_FALSE(say(flags::rst, 152, 0).begins_connection);
    CHECK(table.size() == 1);
    CHECK(table[0].client == client);
    CHECK(table[0].server == client);
    CHECK(table[0].client_to_server.packets + table[0].server_to_client.packets == 6);
    CHECK(say(flags::syn, 9'000'000, 0).begins_connection);
}

TEST_CASE("the same ports the other way round are another connection") {
    connection_table table;
    const auto syn = [&](const endpoint& from, const endpoint& to) {
        return table.add(segment{.source = from, .destination = to, .flags = {flags::syn}}).begins_connection;
    };
    CHECK(syn({client.address, 1}, {server.address, 2}));
    CHECK(syn({client.address, 2}, {server.address, 1}));
    CHECK(table.size() == 2);
}

TEST_CASE("where both have the same port, addresses tell who sends") { // as routers do with BGP
    connection_table table;
    const endpoint one{client.address, 179};
    const endpoint other{server.address, 179};
    const auto from = [&](const endpoint& source, const endpoint& destination, std::uint16_t bits) {
        return table.add(segment{.source = source, .destination = destination, .flags = {bits}});
    };
    CHECK(from(one, other, flags::syn).direction == direction::client_to_server);
    CHECK(from(other, one, flags::syn | flags::ack).direction == direction::server_to_client);
    CHECK(from(one, other, flags::ack).direction == direction::client_to_server);
    CHECK(from(other, one, flags::ack).direction == direction::server_to_client);
    CHECK(table.size() == 1);
    CHECK(from(one, {packet_builder::at("192.0.2.77", 179)}, flags::syn).begins_connection);
}

TEST_CASE("a rule set of one's own decides what counts as a retransmission") {
    basic_connection_table<every_second_segment> table;
    CHECK(table.add(syn_from(client)).verdict.kinds == verdict_kinds::none);
    CHECK(table.add(syn_from(client)).verdict.kinds == verdict_kinds::retransmission);
    CHECK(table.add(syn_from(client)).verdict.kinds == verdict_kinds::none);
    CHECK(table[0].client_to_server.retransmissions == 1);

    basic_connection_table<every_second_segment> other{{}, {.said = verdict_kinds::out_of_order}};
    other.add(syn_from(client));
    CHECK(other.add(syn_from(client)).verdict.kinds == verdict_kinds::out_of_order);
    CHECK(other[0].client_to_server.retransmissions == 0);
}

TEST_CASE("verdicts and what else is named are written by their names") {
    using enum verdict_kinds;
    CHECK(to_string(none).empty());
    CHECK(to_string(retransmission) == "retransmission");
    CHECK(to_string(tail_loss_probe | retransmission | duplicate) == "retransmission,duplicate,tail_loss_probe");
    CHECK(to_string(verdict_kinds{(1u << 17) - 1}) ==
          "retransmission,fast_retransmission,spurious_retransmission,out_of_order,lost_segment,ack_lost_segment,"
          "duplicate_ack,keep_alive,keep_alive_ack,zero_window,zero_window_probe,zero_window_probe_ack,window_full,"
          "window_update,reused_ports,duplicate,tail_loss_probe");
    CHECK(to_string(role_basis::first_packet) == "first_packet");
    CHECK(to_string(role_basis::port) == "port");
    CHECK(to_string(role_basis::syn_ack) == "syn_ack");
    CHECK(to_string(role_basis::syn) == "syn");
    CHECK(to_string(handshake_state::incomplete) == "incomplete");
    CHECK(to_string(handshake_state::failed) == "failed");
    CHECK(to_string(handshake_state::completed) == "completed");
    CHECK(to_string(close_reason::unknown) == "unknown");
    CHECK(to_string(close_reason::active) == "active");
    CHECK(to_string(close_reason::normal) == "normal");
    CHECK(to_string(close_reason::reset) == "reset");
    CHECK(to_string(direction::client_to_server) == "client_to_server");
    CHECK(to_string(direction::server_to_client) == "server_to_client");
}

TEST_CASE("a range of packets is followed as if they came one by one") {
    for (const std::size_t count : {0u, 1u, 31u, 32u, 33u, 3000u}) {
        std::mt19937_64 random{count};
        std::vector<packet_builder::byte_vector> frames;
        std::vector<packet> packets;
        for (std::size_t i = 0; i < count; ++i) {
            packet_builder::tcp_packet_options segment{
                .source = packet_builder::at("192.0.2.1", static_cast<std::uint16_t>(1024 + random() % 40)),
                .sequence = static_cast<std::uint32_t>(random() % 50 * 100)};
            if (random() % 2 == 0) std::swap(segment.source, segment.destination);
            segment.acknowledgment = static_cast<std::uint32_t>(random() % 50 * 100);
            segment.flags = random() % 8 == 0 ? flags::syn : random() % 16 == 0 ? flags::rst : segment.flags;
            segment.payload_length = random() % 3 * 50;
            frames.push_back(random() % 10 == 0
                                 ? packet_builder::link_frame({}, 0x0806, packet_builder::byte_vector(28))
                                 : tcp_packet(segment));
        }
        for (std::size_t i = 0; i < count; ++i) {
            packets.push_back({.time = timestamp{std::chrono::microseconds{i * 100}},
                               .bytes = frames[i],
                               .wire_length = static_cast<std::uint32_t>(frames[i].size()),
                               .number = i + 1,
                               .has_time = random() % 20 != 0});
        }
        connection_table one_by_one;
        for (const packet& each : packets) one_by_one.add(each);
        connection_table all;
        all.add_all(packets);
        CHECK(all.statistics() == one_by_one.statistics());
        CHECK(all.size() == one_by_one.size());
        CHECK(std::equal(all.begin(), all.end(), one_by_one.begin(), one_by_one.end()));
        CHECK((count < 3000 || all.size() > 100)); // endpoints were used again

        std::vector<segment> segments;
        for (const packet& each : packets) {
            segment found;
            if (each.has_time && decode(each, found) == packet_outcome::tcp) segments.push_back(found);
        }
        connection_table each_segment, all_segments;
        for (const segment& each : segments) each_segment.add(each);
        all_segments.add_all(segments);
        CHECK(all_segments.statistics().tcp == segments.size());
        CHECK(std::equal(all_segments.begin(), all_segments.end(), each_segment.begin(), each_segment.end()));
    }
}

TEST_CASE("and so in a table that is larger than caches are") {
    constexpr std::uint32_t connections = 12'000;
    std::mt19937 random(1);
    std::vector<segment> segments;
    const auto add = [&](std::uint32_t number, bool from_client, std::uint16_t bits) {
        const endpoint own = packet_builder::at("192.0.2.1", static_cast<std::uint16_t>(1 + number));
        segments.push_back({.time = timestamp{10us * segments.size()},
                            .packet_number = segments.size() + 1,
                            .source = from_client ? own : server,
                            .destination = from_client ? server : own,
                            .sequence = {static_cast<std::uint32_t>(random() % 50 * 100)},
                            .acknowledgment = {static_cast<std::uint32_t>(random() % 50 * 100)},
                            .payload_length = static_cast<std::uint32_t>(random() % 3 * 50),
                            .wire_length = 100,
                            .window = 1000,
                            .flags = {bits}});
    };
    for (std::uint32_t number = 0; number < connections; ++number) add(number, random() % 4 > 0, flags::ack);
    constexpr std::uint16_t mostly_ack[]{
        flags::syn, flags::syn | flags::ack, flags::rst, flags::fin | flags::ack, flags::ack, flags::ack, flags::ack,
        flags::ack};
    for (int few = 0; few < 2000; ++few) { // what comes soon is often of the same connection
        const auto some = static_cast<std::uint32_t>(random() % (connections - 5));
        for (int i = 0; i < 20; ++i)
            add(some + static_cast<std::uint32_t>(random() % 5), random() % 2 == 0, mostly_ack[random() % 8]);
    }
    connection_table one_by_one, all;
    for (const segment& each : segments) one_by_one.add(each);
    all.add_all(segments);
    REQUIRE(!table_access::stays_cached(all));
    CHECK(all.size() > connections + 500); // endpoints were used again
    CHECK(std::equal(all.begin(), all.end(), one_by_one.begin(), one_by_one.end()));

    const table_options bounded{.max_connections = connections - 1000};
    std::vector<std::pair<connection, end_reason>> ended_of_all, ended;
    connection_table all_bounded{bounded}, one_by_one_bounded{bounded};
    for (const segment& each : segments) {
        one_by_one_bounded.add(each, [&](const connection& of, end_reason reason) { ended.emplace_back(of, reason); });
    }
    all_bounded.add_all(segments,
                        [&](const connection& of, end_reason reason) { ended_of_all.emplace_back(of, reason); });
    CHECK(ended.size() > 1000);
    CHECK(ended == ended_of_all);
    CHECK(std::equal(all_bounded.begin(), all_bounded.end(), one_by_one_bounded.begin(), one_by_one_bounded.end()));
}

TEST_CASE("a table tells connections of one client with the same hash apart") {
    const hash_key key{7};
    std::unordered_map<std::uint32_t, endpoint> servers; // by hash
    std::size_t pairs = 0;
    for (std::uint32_t number = 0; number < 400'000 && pairs < 2; ++number) {
        const std::array address{std::byte{10}, static_cast<std::byte>(number >> 16),
                                 static_cast<std::byte>(number >> 8), static_cast<std::byte>(number)};
        const endpoint place{tcplens::address::v4(address), 443};
        const auto [other, is_new] = servers.try_emplace(tuple_hash::of(client, place, key), place);
        if (is_new) continue;
        ++pairs;
        connection_table table{{.hash_key = key}};
        for (const endpoint& each : {place, other->second}) {
            segment syn{.source = client, .destination = each, .flags = {flags::syn}};
            CHECK(table.add(syn).begins_connection);
            std::swap(syn.source, syn.destination);
            syn.flags.bits = flags::syn | flags::ack;
            syn.acknowledgment.value = 1;
            CHECK_FALSE(table.add(syn).begins_connection);
        }
        REQUIRE(table.size() == 2);
        CHECK(table[0].server == place);
        CHECK(table[1].server == other->second);
    }
    CHECK(pairs == 2);
}
