// SPDX-License-Identifier: MIT
// What somebody sends who wants a table to fall over, beside connections that are to be analysed as if he had not.
#include <tcplens/connection.hpp>

#include "../../support/packet_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
namespace flags = packet_builder::flags;

namespace {

constexpr std::uint16_t real_connections = 1000;

/// Handshake, data of which some is lost and sent again, and an orderly close: the steps of one connection.
std::vector<segment> real_connection(std::uint16_t number) {
    const endpoint client = packet_builder::at("192.0.2.1", static_cast<std::uint16_t>(10'000 + number));
    const endpoint server = packet_builder::at("198.51.100.1", 443);
    const std::uint32_t first = number * 100'000u;
    std::vector<segment> steps;
    std::array<std::uint16_t, 2> ids{};
    const auto say = [&](bool from_client, std::uint16_t bits, std::uint32_t sequence, std::uint32_t acknowledgment,
                         std::uint32_t length = 0) {
        steps.push_back({.source = from_client ? client : server,
                         .destination = from_client ? server : client,
                         .sequence = {sequence},
                         .acknowledgment = {acknowledgment},
                         .payload_length = length,
                         .window = 1000,
                         .flags = {bits},
                         .hop_limit = 64,
                         .ip_id = ++ids[from_client]});
    };
    say(true, flags::syn, first, 0);
    say(false, flags::syn | flags::ack, 7, first + 1);
    say(true, flags::ack, first + 1, 8);
    for (std::uint32_t i = 0; i < 10; ++i) {
        const std::uint32_t at = first + 1 + i * 100;
        say(true, flags::ack, at, 8, 100);
        if (i % 4 == number % 4) say(true, flags::ack, at, 8, 100); // sent again
        say(false, flags::ack, 8, at + 100);
    }
    say(true, flags::fin | flags::ack, first + 1001, 8);
    say(false, flags::fin | flags::ack, 8, first + 1002);
    say(true, flags::ack, first + 1002, 9);
    return steps;
}

/// What is found of the real connections while `forge` makes others of the rest: `forged_each` of them for each real packet.
std::vector<connection> find_real_ones(const table_options& options, unsigned forged_each,
                                       const std::function<void(segment&, std::mt19937_64&)>& forge) {
    std::vector<std::vector<segment>> real;
    for (std::uint16_t number = 0; number < real_connections; ++number) real.push_back(real_connection(number));
    std::size_t longest = 0;
    for (const auto& each : real) longest = std::max(longest, each.size());

    connection_table table{options};
    std::vector<connection> found;
    const auto on_end = [&](const connection& ended, end_reason) {
        if (ended.server.port == 443 && ended.client.port >= 10'000 && ended.client.port < 10'000 + real_connections)
            found.push_back(ended);
    };
    std::mt19937_64 random{9};
    timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    for (std::size_t step = 0; step < longest; ++step) {
        for (const auto& each : real) {
            if (step >= each.size()) continue;
            segment next = each[step];
            next.time = now += 20us; // a round trip in 20 ms
            table.add(next, on_end);
            for (unsigned i = 0; i < forged_each; ++i) {
                segment forged{.time = now, .window = 1000, .flags = {flags::ack}, .hop_limit = 64};
                forge(forged, random);
                table.add(forged, on_end);
                CHECK(table.size() <= options.max_connections);
            }
        }
    }
    table.flush(on_end);
    CHECK(table.counters().begun == table.counters().ended());
    std::ranges::sort(found, {}, [](const connection& each) { return each.client; });
    for (connection& each : found) each.number = 0; // others were begun between them
    return found;
}

endpoint anybody(std::mt19937_64& random) {
    std::array<std::byte, 4> bytes{std::byte{10}};
    for (std::size_t i = 1; i < 4; ++i) bytes[i] = static_cast<std::byte>(random());
    return {address::v4(bytes), static_cast<std::uint16_t>(random() % 10'000)};
}
const endpoint server = packet_builder::at("198.51.100.1", 443);

const std::vector<connection>& without_any_flood() {
    static const std::vector<connection> found = find_real_ones({.max_connections = 8000}, 0, {});
    return found;
}

} // namespace

TEST_CASE("real connections are what they are") {
    REQUIRE(without_any_flood().size() == real_connections);
    for (const connection& each : without_any_flood()) {
        CHECK(each.handshake == handshake_state::completed);
        CHECK(each.close_reason == close_reason::normal);
        CHECK(each.client_to_server.retransmissions >= 2);
    }
}

TEST_CASE("a flood of SYNs evicts itself, and nothing else") {
    CHECK(find_real_ones({.max_connections = 8000}, 5, [](segment& forged, std::mt19937_64& random) {
              forged.source = anybody(random);
              forged.destination = server;
              forged.sequence = {static_cast<std::uint32_t>(random())};
              forged.flags = {flags::syn};
          }) == without_any_flood());
}

TEST_CASE("a flood that the server answers evicts itself, and nothing else") {
    endpoint last{};
    CHECK(find_real_ones({.max_connections = 8000}, 4, [&](segment& forged, std::mt19937_64& random) {
              if (last.port == 0) {
                  forged.source = last = anybody(random);
                  forged.destination = server;
                  forged.flags = {flags::syn};
              } else { // SYN-ACK, or RST
                  forged.source = server;
                  forged.destination = last;
                  forged.acknowledgment = {1};
                  const bool refuses = random() % 2 == 0;
                  forged.flags = {static_cast<std::uint16_t>((refuses ? flags::rst : flags::syn) | flags::ack)};
                  last.port = 0;
              }
          }) == without_any_flood());
}

TEST_CASE("a flood of ACKs and RSTs that belong to nothing evicts itself, and nothing else") {
    CHECK(find_real_ones({.max_connections = 8000}, 5, [](segment& forged, std::mt19937_64& random) {
              forged.source = anybody(random);
              forged.destination = server;
              forged.sequence = {static_cast<std::uint32_t>(random())};
              forged.flags = {random() % 2 == 0 ? flags::rst : flags::ack};
              forged.payload_length = static_cast<std::uint32_t>(random() % 2 * 100);
          }) == without_any_flood());
}

TEST_CASE("a clock that leaps a century for one packet ends nothing") {
    bool ahead = false;
    CHECK(find_real_ones({.max_connections = 8000}, 1, [&](segment& forged, std::mt19937_64& random) {
              forged.source = anybody(random);
              forged.destination = server;
              ahead = !ahead;
              forged.time += (ahead ? 1 : -1) * std::chrono::hours{24 * 36525};
          }) == without_any_flood());
}
