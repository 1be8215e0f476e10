// SPDX-License-Identifier: MIT
#include "../../support/packet_builder.hpp"
#include "../../support/segment_script.hpp"

#include <tcplens/analysis.hpp>
#include <tcplens/connection/filters/connection_filter.hpp>
#include <tcplens/connection/filters/segment_filter.hpp>
#include <tcplens/connection/table/connection_table.hpp>
#include <tcplens/wire/decode/decode.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using packet_builder::at;
using tcplens::connection;
using tcplens::connection_filter;
using tcplens::segment;
using tcplens::segment_filter;
using tcplens::verdict_kinds;
using ends = segment_filter::ends;

namespace {

auto networks(std::string_view text) {
    const auto read = segment_filter::parse_networks(text);
    REQUIRE(read);
    return read.value;
}
auto ports(std::string_view text) {
    const auto read = segment_filter::parse_ports(text);
    REQUIRE(read);
    return read.value;
}
bool contains(std::string_view network, std::string_view address) {
    return networks(network).front().contains(tcplens::address::parse(address).value());
}

segment sent(const tcplens::endpoint& from, const tcplens::endpoint& to) {
    segment made;
    made.source = from;
    made.destination = to;
    made.time = tcplens::timestamp{100s};
    made.flags = {0x18};
    made.payload_length = 10;
    return made;
}

const segment web = sent(at("10.1.2.3", 40000), at("192.0.2.1", 443));

} // namespace

TEST_CASE("filters: a network has the addresses with its prefix, of its own version") {
    CHECK(contains("10.0.0.0/8", "10.255.0.1"));
    CHECK(!contains("10.0.0.0/8", "11.0.0.1"));
    CHECK(contains("10.1.2.3/8", "10.9.9.9"));
    CHECK(contains("10/8", "10.9.9.9"));
    CHECK(contains("192.168/20", "192.168.15.1"));
    CHECK(!contains("192.168/20", "192.168.16.1"));
    CHECK(contains("192.0.2.1", "192.0.2.1"));
    CHECK(!contains("192.0.2.1", "192.0.2.0"));
    CHECK(contains("0.0.0.0/0", "1.2.3.4"));
    CHECK(!contains("0.0.0.0/0", "2001:db8::1"));
    CHECK(!contains("::/0", "1.2.3.4"));
    CHECK(contains("::/0", "2001:db8::1"));
    CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
    CHECK(!contains("2001:db8::/33", "2001:db8:8000::1"));
    CHECK(contains("2001:db8::1", "2001:db8::1"));
}

TEST_CASE("filters: lists of networks and ports are read, or an error tells the part that is wrong") {
    CHECK(networks("10.0.0.0/8, 2001:db8::/32 ,192.0.2.1").size() == 3);
    CHECK(ports("443,8000-8099").back() == segment_filter::port_range{8000, 8099});
    CHECK(ports("0-65535").front() == segment_filter::port_range{});
    const auto error_of = [](const auto& read) {
        REQUIRE(!read);
        CHECK(to_string(*read.error).ends_with('.'));
        return *read.error;
    };
    using reason = segment_filter::text_error::reason;
    CHECK(error_of(segment_filter::parse_networks("")).code == reason::empty);
    CHECK(error_of(segment_filter::parse_networks("10.0.0.0/8,")).code == reason::empty);
    CHECK(error_of(segment_filter::parse_networks("10.0.0.0/8, 10.0.0/x")).part == "10.0.0/x");
    CHECK(error_of(segment_filter::parse_networks("10.0.0.0/8, 10.0.0/x")).position == 12);
    CHECK(error_of(segment_filter::parse_networks("10.0.0.0/33")).code == reason::bad_prefix);
    CHECK(error_of(segment_filter::parse_networks("::/129")).code == reason::bad_prefix);
    CHECK(error_of(segment_filter::parse_networks("::/")).code == reason::bad_prefix);
    CHECK(error_of(segment_filter::parse_networks("example.org")).code == reason::bad_address);
    CHECK(error_of(segment_filter::parse_networks("10.0.0")).code == reason::bad_address);
    CHECK(error_of(segment_filter::parse_networks("1.2.3.4.5/8")).code == reason::bad_address);
    CHECK(error_of(segment_filter::parse_ports("http")).code == reason::bad_port);
    CHECK(error_of(segment_filter::parse_ports("65536")).code == reason::bad_port);
    CHECK(error_of(segment_filter::parse_ports("99999999999999999999")).code == reason::bad_port);
    CHECK(error_of(segment_filter::parse_ports("80-")).code == reason::bad_port);
    CHECK(error_of(segment_filter::parse_ports("-80")).code == reason::bad_port);
    CHECK(error_of(segment_filter::parse_ports("90-80")).code == reason::reversed_range);
}

TEST_CASE("filters: a filter without conditions chooses every segment and every connection") {
    CHECK(segment_filter{}(web));
    CHECK(segment_filter{}(web, {}));
    CHECK(connection_filter{}(connection{}));
}

TEST_CASE("filters: either end, both ends or one end of a segment") {
    const auto by_network = [](std::string_view list, ends which) {
        return segment_filter{.networks = networks(list), .network_ends = which}(web);
    };
    CHECK(by_network("10/8", ends::either));
    CHECK(by_network("192/8", ends::either));
    CHECK(!by_network("11/8", ends::either));
    CHECK(!by_network("10/8", ends::both));
    CHECK(by_network("10/8,192/8", ends::both));
    CHECK(by_network("10/8", ends::first));
    CHECK(!by_network("10/8", ends::second));
    CHECK(segment_filter{.ports = ports("80,440-450")}(web));
    CHECK(segment_filter{.ports = ports("443"), .port_ends = ends::second}(web));
    CHECK(!segment_filter{.ports = ports("443"), .port_ends = ends::first}(web));
}

TEST_CASE("filters: times, flags, lengths, tunnels and verdicts of segments") {
    CHECK(segment_filter{.since = web.time}(web));
    CHECK(!segment_filter{.since = web.time + 1ns}(web));
    CHECK(!segment_filter{.until = web.time}(web));
    CHECK(segment_filter{.until = web.time + 1ns}(web));
    CHECK(segment_filter{.flags_set = {0x18}}(web));
    CHECK(!segment_filter{.flags_set = {0x1a}}(web));
    CHECK(segment_filter{.flags_clear = {0x07}}(web));
    CHECK(!segment_filter{.flags_clear = {0x08}}(web));
    CHECK(segment_filter{.min_payload = 10, .max_payload = 10}(web));
    CHECK(!segment_filter{.min_payload = 11}(web));
    CHECK(!segment_filter{.max_payload = 9}(web));
    CHECK(!segment_filter{.min_tunnel_depth = 1}(web));
    segment tunnelled = web;
    tunnelled.tunnel_depth = 2;
    CHECK(!segment_filter{.max_tunnel_depth = 1}(tunnelled));
    const segment_filter resent{.verdicts = verdict_kinds::retransmission | verdict_kinds::out_of_order};
    CHECK(resent(web, {.kinds = verdict_kinds::retransmission | verdict_kinds::duplicate}));
    CHECK(!resent(web, {.kinds = verdict_kinds::duplicate}));
}

TEST_CASE("filters: a VLAN is chosen by its number") {
    const auto frame = packet_builder::tcp_packet({.vlan_tags = {{.control = 0x6000 | 12}}});
    segment found;
    REQUIRE(tcplens::decode({.bytes = frame}, found, {.identify_networks = true}) == tcplens::packet_outcome::tcp);
    CHECK(segment_filter{.network_numbers = {segment_filter::network_of_vlan(12)}}(found));
    CHECK(!segment_filter{.network_numbers = {segment_filter::network_of_vlan(13)}}(found));
    CHECK(segment_filter{.network_numbers = {tcplens::segment::network_id{}}}(web));
}

TEST_CASE("filters: connections by ends, roles, states and counts") {
    connection of;
    of.client = at("10.1.2.3", 40000);
    of.server = at("192.0.2.1", 443);
    of.role_basis = tcplens::role_basis::syn;
    of.handshake = tcplens::handshake_state::completed;
    of.close_reason = tcplens::close_reason::reset;
    of.closed = true;
    of.first_time = tcplens::timestamp{10s};
    of.last_time = tcplens::timestamp{20s};
    of.number = 7;
    of.client_to_server = {.packets = 5, .payload_bytes = 100, .retransmissions = 1};
    of.server_to_client = {.packets = 4, .payload_bytes = 1000};

    CHECK(connection_filter{.networks = networks("192/8"), .network_ends = ends::second}(of));
    CHECK(!connection_filter{.networks = networks("192/8"), .network_ends = ends::first}(of));
    CHECK(!connection_filter{.ports = ports("443"), .port_ends = ends::first}(of));
    connection guessed = of;
    guessed.role_basis = tcplens::role_basis::first_packet;
    CHECK(connection_filter{.ports = ports("443"), .port_ends = ends::first}(guessed));
    CHECK(!connection_filter{
        .networks = networks("10/8"), .network_ends = ends::first, .ports = ports("443"), .port_ends = ends::first}(
        guessed)); // no one end is both
    CHECK(!connection_filter{.roles = tcplens::role_basis::syn}(guessed));
    CHECK(connection_filter{.roles = tcplens::role_basis::syn_ack}(of));

    CHECK(connection_filter{.since = of.last_time, .until = of.first_time + 1ns}(of));
    CHECK(!connection_filter{.since = of.last_time + 1ns}(of));
    CHECK(!connection_filter{.until = of.first_time}(of));
    CHECK(connection_filter{.numbers = {1, 7}}(of));
    CHECK(!connection_filter{.numbers = {1}}(of));
    CHECK(!connection_filter{.network_numbers = {segment_filter::network_of_vlan(1)}}(of));
    CHECK(connection_filter{.handshakes = {tcplens::handshake_state::completed}}(of));
    CHECK(!connection_filter{.close_reasons = {tcplens::close_reason::normal}}(of));
    CHECK(!connection_filter{.closed = false}(of));
    CHECK(connection_filter{
        .min_packets = 9, .max_packets = 9, .min_bytes = 1100, .max_bytes = 1100, .min_retransmissions = 1}(of));
    CHECK(!connection_filter{.min_packets = 10}(of));
    CHECK(!connection_filter{.max_bytes = 1099}(of));
    CHECK(!connection_filter{.min_retransmissions = 2}(of));
}

TEST_CASE("filters: they choose from a table for an analysis, and from segments") {
    tcplens::connection_table table;
    for (const std::uint16_t port : std::initializer_list<std::uint16_t>{80, 443, 8080}) {
        segment_script script;
        script.ends[1].port = port;
        table.add(script.client(segment_script::syn, 0, 0));
        table.add(script.server(segment_script::syn | segment_script::ack, 0, 1));
    }
    const connection_filter some{.ports = ports("80,443")};
    CHECK(std::ranges::count_if(table, some) == 2);
    std::vector<connection> chosen;
    std::ranges::copy_if(table, std::back_inserter(chosen), some);
    CHECK(tcplens::analyze_connections(chosen).summary.total_connections == 2);
    const std::vector<segment> segments{web, sent(web.destination, web.source)};
    const segment_filter to_server{.ports = ports("443"), .port_ends = ends::second};
    CHECK(std::ranges::count_if(segments, [&](const segment& each) { return to_server(each); }) == 1);
#if !defined(__clang__) || __clang_major__ >= 16 // older ones do not compile the views of libstdc++
    CHECK(tcplens::analyze_connections(table | std::views::filter(some)).summary.total_connections == 2);
    CHECK(std::ranges::distance(segments | std::views::filter(to_server)) == 1);
#endif
}

TEST_CASE("a prefix that is longer than its address is the whole address") {
    for (const std::string_view text : {"192.0.2.1", "2001:db8::1"}) {
        const auto base = tcplens::address::parse(text).value();
        const auto other = tcplens::address::parse(text == "192.0.2.1" ? "192.0.2.0" : "2001:db8::").value();
        for (const std::uint8_t length : {std::uint8_t{32}, std::uint8_t{128}, std::uint8_t{255}}) {
            if (!base.is_v4() && length == 32) continue;
            const tcplens::detail::address_prefix network{base, length};
            CHECK(network.contains(base));
            CHECK(!network.contains(other));
        }
    }
}

TEST_CASE("filters: each condition of a connection alone decides") {
    connection of;
    of.client = at("10.0.0.1", 40000);
    of.server = at("192.0.2.1", 443);
    of.number = 7;
    of.first_time = tcplens::timestamp{100s};
    of.last_time = tcplens::timestamp{200s};
    of.client_to_server = {.packets = 10, .payload_bytes = 1000, .retransmissions = 1};
    of.server_to_client = {.packets = 20, .payload_bytes = 2000, .retransmissions = 2};
    const auto chooses = [&](const connection_filter& filter) { return filter(of); };
    CHECK(chooses({}));
    CHECK(chooses({.since = tcplens::timestamp{200s}}));
    CHECK_FALSE(chooses({.since = tcplens::timestamp{201s}}));
    CHECK(chooses({.until = tcplens::timestamp{101s}}));
    CHECK_FALSE(chooses({.until = tcplens::timestamp{100s}}));
    CHECK(chooses({.numbers = {6, 7}}));
    CHECK_FALSE(chooses({.numbers = {6, 8}}));
    CHECK(chooses({.network_numbers = {{}}}));
    CHECK_FALSE(chooses({.network_numbers = {segment::network_id{{1, 0, 0}}}}));
    CHECK(chooses({.closed = false}));
    CHECK_FALSE(chooses({.closed = true}));
    CHECK(chooses(
        {.min_packets = 30, .max_packets = 30, .min_bytes = 3000, .max_bytes = 3000, .min_retransmissions = 3}));
    CHECK_FALSE(chooses({.min_packets = 31}));
    CHECK_FALSE(chooses({.max_packets = 29}));
    CHECK_FALSE(chooses({.min_bytes = 3001}));
    CHECK_FALSE(chooses({.max_bytes = 2999}));
    CHECK_FALSE(chooses({.min_retransmissions = 4}));
    CHECK(chooses({.ports = ports("400-443"), .port_ends = ends::second}));
    CHECK_FALSE(chooses({.ports = ports("400-442"), .port_ends = ends::second}));
    CHECK_FALSE(chooses({.ports = ports("443"), .port_ends = ends::both}));
    CHECK(chooses({.ports = ports("443,40000"), .port_ends = ends::both}));
}

TEST_CASE("filters: what is no number is told, and each error is a sentence") {
    using reason = tcplens::detail::filter_text_error::reason;
    for (const std::string_view text : {"1a", "/", ":", "-1", "99999", "123456", ""})
        CHECK_FALSE(segment_filter::parse_ports(text));
    std::vector<std::string> sentences;
    for (std::uint8_t code = 0; code <= 5; ++code) { // one more than there are
        sentences.push_back(
            to_string(tcplens::detail::filter_text_error{.code = static_cast<reason>(code), .part = "x"}));
        CHECK(sentences.back().ends_with('.'));
        for (std::size_t other = 0; other + 1 < sentences.size(); ++other) CHECK(sentences[other] != sentences.back());
    }
    CHECK(sentences.back() == "unknown error.");
}
