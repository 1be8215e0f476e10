// SPDX-License-Identifier: MIT
#include "random_connections.hpp"

#include <tcplens/connection/detailed/detailed_connection_table.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using row_order = connection_page::order;
using state = connection_page::state;

namespace {

std::vector<std::uint64_t> numbers(const connection_page& of) {
    std::vector<std::uint64_t> found;
    for (const connection_page::row& each : of.rows) found.push_back(each.number);
    return found;
}
using list = std::vector<std::uint64_t>;

connection lasting(std::uint64_t number, std::chrono::milliseconds start, std::chrono::milliseconds duration,
                   const direction_statistics& up = {}, const direction_statistics& down = {}) {
    connection made = hand_made(number, up, down);
    made.first_time = timestamp{start};
    made.last_time = timestamp{start + duration};
    return made;
}

} // namespace

TEST_CASE("list of connections: a row says what people ask first") {
    connection of = lasting(3, 5s, 2s, {.packets = 10, .wire_bytes = 1540, .payload_bytes = 1000, .retransmissions = 2},
                            {.packets = 8, .wire_bytes = 4432, .payload_bytes = 4000, .retransmissions = 1});
    of.first_packet = 7;
    const connection_page page = list_connections(std::vector{of});
    REQUIRE(page.rows.size() == 1);
    const connection_page::row& row = page.rows[0];
    CHECK(row.start == timestamp{5s});
    CHECK(row.duration == 2s);
    CHECK(row.client == of.client);
    CHECK(row.server == of.server);
    CHECK(row.role_basis == role_basis::syn);
    CHECK_FALSE(row.role_guessed());
    CHECK(to_string(row.state) == "open");
    CHECK(row.client_to_server.packets == 10);
    CHECK(row.client_to_server.wire_bytes == 1540);
    CHECK(row.client_to_server.payload_bytes == 1000);
    CHECK(row.client_to_server.retransmissions == 2);
    CHECK(row.client_to_server.throughput == 500);
    CHECK(row.server_to_client.throughput == 2000);
    CHECK_FALSE(row.round_trip); // a plain connection has no such facts
    CHECK(row.most_time.empty());
    CHECK(row.first_packet == 7);
    CHECK(row.number == 3);
    CHECK(page.total == 1);
    CHECK(page.earlier == 0);
    CHECK(page.left_out == 0);
}

TEST_CASE("list of connections: with facts, the round trip, and where most of the time went") {
    detailed_connection_table table;
    story s;
    auto [client, server] = s.established({.rtt = 40ms});
    client.sends(1, 100);
    s.after(3s);
    server.sends(1, 100);
    const auto capture = s.capture();
    capture_reader reader{std::span<const std::byte>{capture}};
    for (const packet& each : reader) table.add(each);
    const connection_page page = list_connections(table);
    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].round_trip == table[0].opening.times.rtt());
    CHECK(page.rows[0].round_trip.has_value());
    CHECK(page.rows[0].most_time == "receiver_application");
    CHECK(page.rows[0].most_time_spent > 2900ms);
    // The same of the connections alone.
    const std::vector<connection> plain(table.begin(), table.end());
    CHECK_FALSE(list_connections(plain).rows[0].round_trip);
}

TEST_CASE("list of connections: the states") {
    connection of = hand_made(0);
    const auto state_of = [&of] { return list_connections(std::vector{of}).rows.at(0).state; };
    CHECK(state_of() == state::open);
    of.handshake = handshake_state::failed;
    CHECK(state_of() == state::attempt);
    of.handshake = handshake_state::incomplete;
    CHECK(state_of() == state::midstream);
    of.closed = true;
    of.close_reason = close_reason::unknown;
    CHECK(state_of() == state::replaced);
    of.close_reason = close_reason::reset;
    CHECK(state_of() == state::reset);
    of.close_reason = close_reason::normal;
    CHECK(state_of() == state::closed);
    CHECK(to_string(state::attempt) == "attempt");
    CHECK(to_string(state::replaced) == "replaced");
}

TEST_CASE("list of connections: by each of the orders") {
    std::vector<connection> all{
        lasting(0, 3s, 10s, {.packets = 100, .wire_bytes = 900, .payload_bytes = 500, .retransmissions = 1}),
        lasting(1, 1s, 0s, {.packets = 7, .wire_bytes = 1000, .payload_bytes = 900, .retransmissions = 6}),
        lasting(2, 2s, 1s, {.packets = 60, .wire_bytes = 50, .payload_bytes = 10, .retransmissions = 3}),
        lasting(3, 2s, 1s, {.packets = 2, .wire_bytes = 50})};
    all[0].server.port = 80;
    all[2].client.port = 1;
    all[3].close_reason = close_reason::reset;
    const auto by = [&all](row_order how) { return numbers(list_connections(all, {}, how)); };
    CHECK(by(row_order::start) == list{1, 2, 3, 0});
    CHECK(by(row_order::duration) == list{0, 2, 3, 1});
    CHECK(by(row_order::client) == list{2, 0, 1, 3});
    CHECK(by(row_order::server) == list{0, 1, 2, 3});
    CHECK(by(row_order::state) == list{1, 2, 0, 3});
    CHECK(by(row_order::bytes) == list{1, 0, 2, 3});
    CHECK(by(row_order::packets) == list{0, 2, 1, 3});
    CHECK(by(row_order::retransmissions) == list{1, 2, 0, 3});
    CHECK(by(row_order::retransmission_rate) == list{2, 0, 1, 3}); // six of seven packets say little
    CHECK(by(row_order::round_trip) == list{1, 2, 3, 0});          // none is known
    CHECK(by(row_order::throughput) == list{0, 2, 1, 3});          // without duration there is none
    CHECK(numbers(list_connections(all, {}, row_order::retransmission_rate, 10, {}, 0)) == list{1, 2, 0, 3});
    CHECK(to_string(row_order::start) == "start");
    CHECK(to_string(row_order::retransmission_rate) == "retransmission_rate");
    CHECK(to_string(row_order::throughput) == "throughput");
}

TEST_CASE("list of connections: the longest round trip first, unknown ones last") {
    struct timed : connection {
        struct {
            struct {
                std::optional<std::chrono::nanoseconds> took{};
                [[nodiscard]] std::optional<std::chrono::nanoseconds> rtt() const { return took; }
            } times{};
        } opening{};
    };
    std::vector<timed> all(4);
    for (std::uint64_t i = 0; i < all.size(); ++i) static_cast<connection&>(all[i]) = hand_made(i);
    all[1].opening.times.took = 5ms;
    all[2].opening.times.took = 0ms;
    all[3].opening.times.took = 9ms;
    CHECK(numbers(list_connections(all, {}, row_order::round_trip)) == list{3, 1, 2, 0});
}

TEST_CASE("list of connections: pages follow each other without a gap, in every order") {
    const std::vector<connection> all = random_connections(95, 8);
    for (unsigned i = 0; i <= static_cast<unsigned>(row_order::throughput); ++i) {
        const auto how = static_cast<row_order>(i);
        CAPTURE(to_string(how));
        const connection_page whole = list_connections(all, {}, how, SIZE_MAX);
        REQUIRE(whole.rows.size() == 95);
        std::vector<connection_page::row> found;
        std::optional<connection_page::row> last;
        while (true) {
            const connection_page page = list_connections(all, {}, how, 10, last);
            CHECK(page.total == 95);
            // Rows that are equal in all that orders them share their place.
            CHECK(page.earlier >= found.size());
            CHECK(page.earlier + page.rows.size() + page.left_out == 95);
            if (page.rows.empty()) break;
            found.insert(found.end(), page.rows.begin(), page.rows.end());
            last = page.rows.back();
        }
        for (const connection_page::row& each : found) CHECK(std::ranges::count(found, each) == 1);
        CHECK(found.size() >= 90);
    }
}

TEST_CASE("list of connections: a page begins behind a row that is no longer there") {
    std::vector<connection> all;
    for (std::uint64_t i = 0; i < 10; ++i) all.push_back(lasting(i, std::chrono::seconds{i}, 1s));
    const connection_page first = list_connections(all, {}, row_order::start, 3);
    CHECK(numbers(first) == list{0, 1, 2});
    CHECK(first.left_out == 7);
    all.erase(all.begin() + 1, all.begin() + 4);
    const connection_page next = list_connections(all, {}, row_order::start, 3, first.rows.back());
    CHECK(numbers(next) == list{4, 5, 6});
    CHECK(next.earlier == 1);
    CHECK(next.left_out == 3);
    CHECK(list_connections(all, {}, row_order::start, 0).rows.empty());
    CHECK(list_connections(all, {}, row_order::start, 0).left_out == 7);
}

TEST_CASE("list of connections: of a server, which corrects guessed roles, or those that a predicate selects") {
    std::vector<connection> all{hand_made(0), hand_made(1), hand_made(2)};
    all[1].role_basis = role_basis::port;
    all[1].swap_roles();
    all[2].server.port = 80;
    const connection_page page = list_connections(all, server_filter{.port = std::uint16_t{443}});
    CHECK(numbers(page) == list{0, 1});
    CHECK(page.rows[1].server.port == 443);
    CHECK(page.rows[1].role_guessed());
    CHECK(list_connections(all, {.port = std::uint16_t{80}}).total == 1);
    CHECK(numbers(list_connections(all, [](const connection& each) { return each.number > 0; })) == list{1, 2});
    CHECK(list_connections(all, [](const connection&) { return false; }).total == 0);
    CHECK(list_connections(std::vector<connection>{}).rows.empty());
}

TEST_CASE("list of connections: a clock that ran back gives no negative duration") {
    connection of = lasting(0, 5s, 0s, {.payload_bytes = 10});
    of.last_time = timestamp{1s};
    CHECK(list_connections(std::vector{of}).rows[0].duration == 0s);
    CHECK(list_connections(std::vector{of}).rows[0].client_to_server.throughput == 0);
    of.first_time = timestamp::min();
    of.last_time = timestamp::max();
    CHECK(list_connections(std::vector{of}).rows[0].duration > 0s);
}
