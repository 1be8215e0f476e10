// SPDX-License-Identifier: MIT
// Connections that leave their table.
#include <tcplens/connection.hpp>

#include "../../support/packet_builder.hpp"

#include <tcplens/connection/table/table_access.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
namespace flags = packet_builder::flags;

namespace {

constexpr std::uint16_t syn_ack = flags::syn | flags::ack;

struct ended_connection {
    tcplens::connection connection;
    end_reason reason;

    [[nodiscard]] friend bool operator==(const ended_connection&, const ended_connection&) = default;
};

endpoint client_at(std::uint16_t port) {
    return packet_builder::at("192.0.2.1", port);
}
const endpoint server = packet_builder::at("198.51.100.1", 443);

/// A table, and what left it.
class monitored {
public:
    explicit monitored(const table_options& options = {}) : table(options) {}

    auto sink() {
        return [this](const connection& of, end_reason reason) { ended.push_back({of, reason}); };
    }
    auto add(const segment& next) {
        segment sent = next;
        sent.time = now_;
        sent.packet_number = ++number_;
        const add_result result = table.add(sent, sink());
        check_counts();
        return result;
    }
    /// A segment with the client's side at that port.
    auto client(std::uint16_t port, std::uint16_t bits, std::uint32_t sequence = 1000, std::uint32_t length = 0,
                std::uint32_t acknowledgment = 5001) {
        return add({.source = client_at(port),
                    .destination = server,
                    .sequence = {sequence},
                    .acknowledgment = {acknowledgment},
                    .payload_length = length,
                    .window = 1000,
                    .flags = {bits}});
    }
    auto serves(std::uint16_t port, std::uint16_t bits, std::uint32_t sequence = 5001,
                std::uint32_t acknowledgment = 1001) {
        return add({.source = server,
                    .destination = client_at(port),
                    .sequence = {sequence},
                    .acknowledgment = {acknowledgment},
                    .window = 1000,
                    .flags = {bits}});
    }
    void opens(std::uint16_t port) {
        client(port, flags::syn);
        serves(port, syn_ack, 5000);
        client(port, flags::ack, 1001);
    }
    void closes(std::uint16_t port) {
        client(port, flags::fin | flags::ack, 1001);
        serves(port, flags::fin | flags::ack, 5001, 1002);
        client(port, flags::ack, 1002, 0, 5002);
    }
    void after(std::chrono::nanoseconds duration) { now_ += duration; }
    void expire() {
        table.expire(now_, sink());
        check_counts();
    }
    void flush() {
        table.flush(sink());
        check_counts();
        CHECK(table.empty());
        CHECK(table.begin() == table.end());
    }

    /// Nothing leaves silently.
    void check_counts() const {
        const connection_counters& lifetimes = table.counters();
        CHECK(lifetimes.begun == lifetimes.ended() + lifetimes.open);
        CHECK(lifetimes.ended() == ended.size());
        CHECK(table.size() == lifetimes.open);
        CHECK(static_cast<std::size_t>(std::ranges::distance(table)) == table.size());
    }
    [[nodiscard]] std::vector<std::uint16_t> ended_ports() const {
        std::vector<std::uint16_t> ports;
        for (const auto& each : ended) ports.push_back(each.connection.client.port);
        return ports;
    }

    connection_table table;
    std::vector<ended_connection> ended{};

private:
    timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    std::uint64_t number_ = 0;
};

} // namespace

TEST_CASE("a connection leaves once it was silent for as long as its stage allows") {
    struct {
        idle_class stage;
        std::chrono::nanoseconds timeout;
        end_reason reason;
        void (*lead_there)(monitored&);
    } const cases[]{
        {idle_class::attempt, 5s, end_reason::idle, [](monitored& m) { m.client(1, flags::syn); }},
        {idle_class::opening, 5min, end_reason::idle,
         [](monitored& m) {
             m.client(1, flags::syn);
             m.serves(1, syn_ack, 5000);
         }},
        {idle_class::one_sided, 5min, end_reason::idle, [](monitored& m) { m.client(1, flags::ack, 1001, 10); }},
        {idle_class::established, 5min, end_reason::idle, [](monitored& m) { m.opens(1); }},
        {idle_class::half_closed, 5s, end_reason::idle,
         [](monitored& m) {
             m.opens(1);
             m.client(1, flags::fin | flags::ack, 1001);
         }},
        {idle_class::closed, 5s, end_reason::closed,
         [](monitored& m) {
             m.opens(1);
             m.closes(1);
         }},
        {idle_class::closed, 5s, end_reason::reset,
         [](monitored& m) {
             m.opens(1);
             m.serves(1, flags::rst, 5001);
         }},
        {idle_class::closed, 5s, end_reason::reset,
         [](monitored& m) {
             m.client(1, flags::syn);
             m.serves(1, flags::rst | flags::ack, 0);
         }},
    };
    for (const auto& each : cases) {
        CAPTURE(to_string(each.stage));
        monitored m;
        each.lead_there(m);
        m.after(each.timeout - 20ms);
        m.expire();
        CHECK(m.ended.empty());
        m.after(40ms);
        SUBCASE("when the time is told") {
            m.expire();
        }
        SUBCASE("when a packet of another comes") {
            m.client(2, flags::syn);
        }
        SUBCASE("when one of its own comes, and begins another") {
            CHECK(m.client(1, flags::ack, 1003).begins_connection);
            CHECK(m.table.begin()->number == 1);
            CHECK(m.table.begin()->role_guessed());
        }
        REQUIRE(m.ended.size() == 1);
        CHECK(m.ended[0].reason == each.reason);
        CHECK(m.ended[0].connection.number == 0);
        CHECK(m.ended[0].connection.client == client_at(1));
        CHECK(m.table.counters().ended(each.reason) == 1);
    }
}

TEST_CASE("when it leaves is right to within a tick, wherever between two ticks it was heard") {
    for (auto begin = 0ms; begin < 18ms; begin += 1ms) {
        for (auto more = 0ms; more < 18ms; more += 1ms) {
            monitored m;
            m.after(begin);
            m.opens(1);
            m.after(more);
            m.client(1, flags::ack, 1001);
            m.after(5min - 20ms);
            m.expire();
            REQUIRE(m.ended.empty());
            for (int i = 0; i < 40; ++i) {
                m.after(1ms);
                m.expire();
            }
            REQUIRE(m.ended.size() == 1);
        }
    }
}

TEST_CASE("a packet keeps a connection, but not an attempt") {
    monitored m;
    m.opens(1);
    m.client(2, flags::syn);
    for (int i = 0; i < 3; ++i) {
        m.after(3s);
        m.client(2, flags::syn);
        m.after(3min);
        m.client(1, flags::ack, 1001, 0);
    }
    m.after(4min);
    m.expire();
    CHECK(m.table.size() == 1);
    CHECK(m.table.begin()->client.port == 1);
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{2, 2, 2});
}

TEST_CASE("nothing leaves where nobody takes it") {
    connection_table table;
    segment next{.source = client_at(1), .destination = server, .flags = {flags::syn}};
    for (int i = 0; i < 100; ++i) {
        next.time += 50min;
        next.sequence = next.sequence + 100'000;
        table.add(next);
    }
    CHECK(table.size() == 100);
    CHECK(table.counters() == connection_counters{.begun = 100, .open = 100});
}

TEST_CASE("who takes what ends from some packet on gets it as who did so all along") {
    for (std::uint32_t seed = 0; seed < 20; ++seed) {
        std::mt19937 random(seed);
        monitored always;
        monitored later;
        const auto both = [&](auto&& what) {
            what(always);
            what(later);
        };
        for (int i = 0; i < 600; ++i) {
            const auto port = static_cast<std::uint16_t>(random() % 40 + 1);
            const auto kind = random() % 8;
            both([&](monitored& m) { m.after(1ms); });
            const segment next{.time = timestamp{1ms * i},
                               .packet_number = static_cast<std::uint64_t>(i + 1),
                               .source = kind < 5 ? client_at(port) : server,
                               .destination = kind < 5 ? server : client_at(port),
                               .sequence = {kind == 0  ? 1000u
                                            : kind < 5 ? 1001u
                                                       : 5001u},
                               .acknowledgment = {kind < 5 ? 5001u : 1001u},
                               .window = 1000,
                               .flags = {static_cast<std::uint16_t>(kind == 0       ? flags::syn
                                                                    : kind % 4 == 1 ? flags::fin | flags::ack
                                                                    : kind == 6     ? flags::rst
                                                                                    : flags::ack)}};
            always.table.add(next, always.sink());
            if (i < 500) later.table.add(next);
            else later.table.add(next, later.sink());
        }
        REQUIRE(always.ended.empty());
        for (int i = 0; i < 2000; ++i) {
            both([](monitored& m) {
                m.after(1s);
                m.expire();
            });
        }
        CHECK(always.table.empty() == later.table.empty());
        CHECK(always.ended.size() > 20);
        CHECK(always.ended == later.ended);
    }
}

TEST_CASE("who takes what ends for the first time where nothing comes, or after a flush, gets all") {
    connection_table table;
    segment next{.source = client_at(1), .destination = server, .flags = {flags::syn}};
    const auto fill = [&](std::uint16_t ports) {
        for (std::uint16_t port = 1; port <= ports; ++port) {
            next.source = client_at(port);
            table.add(next);
        }
    };
    std::size_t ended = 0;
    const auto count = [&](const connection&, end_reason) { ++ended; };
    SUBCASE("where nothing comes") {
        fill(100);
    }
    SUBCASE("after a flush, in some of the places") {
        fill(100);
        table.flush(count);
        CHECK(std::exchange(ended, 0) == 100);
        fill(70);
    }
    const std::size_t all = table.size();
    REQUIRE(all >= 70);
    table.expire(timestamp{1h}, count);
    CHECK(ended == all);
    CHECK(table.empty());
}

TEST_CASE("what comes for a connection that left within a batch is not of who has its place") {
    constexpr std::uint16_t bound = 9000; // more than caches hold
    monitored m({.max_connections = bound});
    for (std::uint16_t port = 1; port <= bound; ++port) m.client(port, flags::syn);
    REQUIRE(!table_access::stays_cached(m.table));
    const segment begins{.source = client_at(bound + 1), .destination = server, .flags = {flags::syn}};
    const segment late{.source = client_at(1), .destination = server, .flags = {flags::ack}};
    m.table.add_all(std::vector{begins, late}, m.sink());
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1, 2});
    CHECK(m.table.counters().begun == bound + 2);
}

TEST_CASE("who says that it is hours later is believed at once") {
    monitored m;
    m.opens(1);
    m.after(2h);
    m.expire();
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1});
}

TEST_CASE("what begins or goes on after hours in which nothing came is not silent since then") {
    monitored m;
    m.opens(1);
    m.opens(2);
    m.after(2h);
    SUBCASE("a new one") {
        m.opens(3);
        m.client(4, flags::syn);
        CHECK(m.ended_ports() == std::vector<std::uint16_t>{1, 2});
        CHECK(m.table.size() == 2);
    }
    SUBCASE("the one that would be next to leave") {
        m.client(1, flags::ack, 1001, 100);
        m.serves(1, flags::ack, 5001, 1101);
        m.client(4, flags::syn);
        CHECK(m.ended_ports() == std::vector<std::uint16_t>{2});
        m.after(5min + 20ms);
        m.expire();
        CHECK(m.ended_ports() == std::vector<std::uint16_t>{2, 4, 1});
    }
}

TEST_CASE("a clock that was set back by less than an hour keeps nothing from leaving") {
    monitored m;
    m.client(1, flags::syn);
    m.opens(2);
    m.after(-40min);
    for (int second = 0; second < 70; ++second) {
        m.after(1s);
        m.client(2, flags::ack, 1001);
    }
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1});
    m.after(6min);
    m.client(3, flags::syn);
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1, 2});
}

TEST_CASE("an expiry with nothing to end, and one flush after the other, change nothing") {
    monitored m;
    m.expire();
    m.flush();
    m.flush();
    CHECK(m.table.counters() == connection_counters{});
    m.opens(1);
    m.expire();
    CHECK(m.ended.empty());
    m.flush();
    m.flush();
    m.after(24h);
    m.expire();
    CHECK(m.table.counters().ended(end_reason::flushed) == 1);
    CHECK(m.table.counters().begun == 1);
}

TEST_CASE("who flushes a table gets all that is left, in order") {
    monitored m;
    for (std::uint16_t port = 1; port <= 200; ++port) m.opens(port);
    m.flush();
    REQUIRE(m.ended.size() == 200);
    for (std::size_t i = 0; i < m.ended.size(); ++i) {
        CHECK(m.ended[i].reason == end_reason::flushed);
        CHECK(m.ended[i].connection.number == i);
        CHECK(m.ended[i].connection.handshake == handshake_state::completed);
    }
    m.opens(1);
    CHECK(m.table.size() == 1);
    CHECK(m.table.begin()->number == 200);
}

TEST_CASE(
    "a table that is full gives up what is no connection (yet, or any more) by its silence, and then what is one") {
    monitored m{{.max_connections = 5}};
    m.opens(1);
    m.after(1s);
    m.client(2, flags::ack, 1001, 10);
    m.after(1s);
    m.client(3, flags::syn);
    m.opens(4);
    m.after(1s);
    m.opens(5);
    m.after(100ms);
    m.closes(5);
    m.client(1, flags::ack, 1001); // not idle any more
    CHECK(m.ended.empty());
    for (std::uint16_t port = 6; port <= 10; ++port) {
        m.after(100ms);
        m.opens(port);
        CHECK(m.ended.back().reason == (port == 8 ? end_reason::closed : end_reason::evicted));
    }
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{2, 3, 5, 4, 1});
    CHECK(m.table.size() == 5);
    CHECK(m.table.counters().refused == 0);
}

TEST_CASE("a RST with a number that is not its sender's takes nothing away") { // RFC 9293 3.10.7.4
    monitored m{{.max_connections = 4}};
    m.opens(1);
    m.serves(1, flags::rst, 3'000'000'000);
    m.client(1, flags::rst, 2'000'000'000);
    m.after(6s);
    SUBCASE("by silence, unless that is longer") {
        m.expire();
        CHECK(m.ended.empty());
        m.after(5min);
        m.expire();
        REQUIRE(m.ended.size() == 1);
        CHECK(m.ended[0].reason == end_reason::reset);
    }
    SUBCASE("by a flood") {
        for (std::uint16_t port = 2; port < 100; ++port) m.client(port, flags::syn);
        CHECK(m.client(1, flags::ack, 1001, 100).connection->number == 0);
        CHECK(m.serves(1, flags::ack, 5001, 1101).connection->close_reason == close_reason::active);
    }
    SUBCASE("but one with the right number does, whatever came before and comes after it") {
        m.serves(1, flags::rst, 5001);
        m.serves(1, flags::rst, 4'000'000'000);
        m.after(5s + 20ms);
        m.expire();
        REQUIRE(m.ended.size() == 1);
        CHECK(m.ended[0].reason == end_reason::reset);
    }
}

TEST_CASE("where attempts are evicted, the oldest goes first, however often its SYN was sent") {
    monitored m{{.max_connections = 3}};
    for (std::uint16_t port = 1; port <= 3; ++port) {
        m.client(port, flags::syn);
        m.after(100ms);
    }
    m.client(1, flags::syn);
    m.client(4, flags::syn);
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1});
}

TEST_CASE("half-closed connections are evicted by their silence, as open ones are") {
    for (const bool half_closed_first : {true, false}) {
        monitored m{{.max_connections = 2}};
        m.opens(1);
        m.opens(2);
        m.after(1s);
        m.client(1, flags::ack | flags::fin, 1001);
        m.after(1s);
        if (half_closed_first) m.client(2, flags::ack, 1001);
        m.opens(3);
        CHECK(m.ended_ports() == std::vector<std::uint16_t>{half_closed_first ? std::uint16_t{1} : std::uint16_t{2}});
    }
}

TEST_CASE("a table that refuses keeps what it has, and counts") {
    monitored m{{.max_connections = 2, .full_policy = full_policy::refuse}};
    m.opens(1);
    m.opens(2);
    const add_result refused = m.client(3, flags::syn);
    CHECK(refused.outcome == packet_outcome::tcp);
    CHECK(refused.connection == nullptr);
    CHECK_FALSE(refused.begins_connection);
    CHECK(m.client(1, flags::syn, 900'000).connection == nullptr); // would begin another
    CHECK(m.client(1, flags::ack, 1001).connection != nullptr);
    CHECK(m.ended.empty());
    CHECK(m.table.counters().refused == 2);
    CHECK(m.table.statistics().tcp == 9);
    m.closes(1);
    CHECK(m.client(3, flags::syn).begins_connection); // what is over makes room
    CHECK(m.ended_ports() == std::vector<std::uint16_t>{1});
}

TEST_CASE("a table that is full refuses where nobody takes what would have to leave") {
    connection_table table{{.max_connections = 2}};
    segment next{.destination = server, .flags = {flags::syn}};
    for (std::uint16_t port = 1; port <= 4; ++port) {
        next.source = client_at(port);
        table.add(next);
    }
    CHECK(table.size() == 2);
    CHECK(table.counters() == connection_counters{.begun = 2, .open = 2, .refused = 2});
}

TEST_CASE("a connection that begins between the endpoints of one may need its room") {
    monitored m{{.max_connections = 1}};
    m.opens(1);
    m.closes(1);
    const add_result next = m.client(1, flags::syn, 90'000);
    CHECK(next.begins_connection);
    CHECK(next.verdict.has(verdict_kinds::reused_ports));
    CHECK(m.ended.size() == 1);
    CHECK(m.ended[0].connection.close_reason == close_reason::normal);
    CHECK(m.table.size() == 1);
    m.serves(1, syn_ack, 7000, 90'001);
    m.client(1, flags::ack, 90'001, 0, 7001);
    CHECK(m.table.begin()->handshake == handshake_state::completed);
}

TEST_CASE("when a blind SYN is given up, the connection that it was sent into is found again") {
    monitored m;
    m.opens(1);
    CHECK(m.client(1, flags::syn, 3'000'000'000).begins_connection);
    m.after(6s);
    m.client(2, flags::syn);
    REQUIRE(m.ended.size() == 1);
    CHECK(m.ended[0].connection.number == 1);
    CHECK_FALSE(m.client(1, flags::ack, 1001, 10).begins_connection);
    CHECK(m.client(1, flags::ack, 1011, 10).connection->number == 0);
    CHECK(m.client(1, flags::ack, 1021, 10).connection->client_to_server.data_packets == 3);
}

TEST_CASE("a connection that is silent behind a blind SYN leaves before it") {
    monitored m;
    m.opens(1);
    m.after(5min - 2s);
    m.client(1, flags::syn, 3'000'000'000);
    m.after(3s);
    CHECK(m.client(1, flags::ack, 1001, 10).connection->number == 1); // there is no other any more
    REQUIRE(m.ended.size() == 1);
    CHECK(m.ended[0].connection.number == 0);
    CHECK(m.ended[0].reason == end_reason::idle);
    m.flush();
}

TEST_CASE("what is overtaken leaves as closed, before or after what overtook it") {
    monitored m;
    for (const std::uint32_t first : {1000u, 2'000'000u, 3'000'000'000u}) {
        m.client(1, flags::syn, first);
        m.serves(1, syn_ack, 5000, first + 1);
        m.client(1, flags::ack, first + 1);
        m.after(1s);
    }
    CHECK(m.table.size() == 3);
    m.after(6s);
    m.expire();
    CHECK(m.table.size() == 1);
    CHECK(m.ended_ports().size() == 2);
    for (const auto& each : m.ended) {
        CHECK(each.reason == end_reason::closed);
        CHECK(each.connection.close_reason == close_reason::unknown);
    }
    CHECK(m.client(1, flags::ack, 3'000'000'001).connection->number == 2);
}

TEST_CASE("what other connections do changes nothing for one, nor does it matter whose memory it has") {
    constexpr std::uint16_t ports = 12;
    // Between two ticks, so that both tables take the same silence for too long.
    const table_options options{
        .timeouts = {.attempt = 3050ms, .established = 9050ms, .half_closed = 3050ms, .closed = 2050ms}};
    for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
        std::mt19937_64 random{seed};
        monitored all{options};
        std::vector<monitored> alone;
        for (std::uint16_t port = 0; port < ports; ++port) alone.emplace_back(options);
        std::uint64_t reused = 0;
        for (int i = 0; i < 4000; ++i) {
            const auto step = std::chrono::milliseconds{100 * (random() % 20 == 0 ? random() % 60 : random() % 3)};
            const auto port = static_cast<std::uint16_t>(random() % ports);
            constexpr std::uint16_t kinds[]{
                flags::syn, syn_ack, flags::ack, flags::ack, flags::ack, flags::ack, flags::fin | flags::ack,
                flags::rst};
            const bool from_client = random() % 2 == 0;
            const std::uint16_t bits = kinds[random() % std::size(kinds)];
            const auto sequence = static_cast<std::uint32_t>(random() % 3 * 1'000'000 + random() % 4 * 100);
            const auto length = static_cast<std::uint32_t>(bits == flags::ack ? random() % 2 * 100 : 0);
            const auto speak = [&](monitored& in) {
                return from_client ? in.client(port, bits, sequence, length, sequence + 1)
                                   : in.serves(port, bits, sequence, sequence + 1);
            };
            all.after(step);
            for (monitored& each : alone) each.after(step);
            const add_result one = speak(all);
            const add_result other = speak(alone[port]);
            reused += one.verdict.has(verdict_kinds::reused_ports);
            CHECK(one.begins_connection == other.begins_connection);
            CHECK(one.verdict.kinds == other.verdict.kinds);
            CHECK(one.verdict.evidence == other.verdict.evidence);
        }
        all.expire(); // the time is the same for all
        all.flush();
        for (std::uint16_t port = 0; port < ports; ++port) {
            alone[port].expire();
            alone[port].flush();
            // Numbers of packets and of connections are each table's own.
            const auto strip = [](std::vector<ended_connection> of) {
                for (auto& [connection, reason] : of)
                    connection.number = connection.first_packet = connection.last_packet = 0;
                std::ranges::sort(of, [](const ended_connection& a, const ended_connection& b) {
                    return std::pair{a.connection.first_time, a.connection.last_time} <
                           std::pair{b.connection.first_time, b.connection.last_time};
                });
                return of;
            };
            std::vector<ended_connection> of_port;
            std::ranges::copy_if(all.ended, std::back_inserter(of_port), [&](const ended_connection& each) {
                return each.connection.client.port == port || each.connection.server.port == port;
            });
            CHECK(strip(of_port) == strip(alone[port].ended));
        }
        CHECK(reused > 50);
        CHECK(all.table.counters().ended(end_reason::idle) > 50);
        CHECK(all.table.counters().ended(end_reason::closed) > 10);
    }
}

TEST_CASE("few connections leave with one packet, and all with the next ones") {
    monitored m;
    for (std::uint16_t port = 1; port <= 1000; ++port) m.client(port, flags::syn);
    m.after(6s);
    std::size_t before = 0;
    int packets = 0;
    for (; m.ended.size() < 1000; ++packets) {
        m.client(2000, flags::syn);
        CHECK(m.ended.size() - before <= 20);
        before = m.ended.size();
    }
    CHECK(packets < 100);
    CHECK(m.table.size() == 1);
}

TEST_CASE("each connection leaves once, however small the table is and whatever the clock does") {
    constexpr std::uint16_t kinds[]{flags::syn, syn_ack, flags::ack, flags::ack, flags::fin | flags::ack, flags::rst};
    constexpr auto century = 24h * 36525;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        std::mt19937_64 random{seed};
        monitored m{{.split_incarnations = seed % 5 != 0,
                     .max_connections = seed % 4,
                     .full_policy = seed % 3 == 0 ? full_policy::refuse : full_policy::evict}};
        bool ahead = false; // by a century
        for (int i = 0; i < 300; ++i) {
            switch (random() % 32) {
            case 0:
                m.after(ahead ? -century : century);
                ahead = !ahead;
                break;
            case 1: m.after(-50min); break;
            case 2: m.after(70min); break;
            case 3: m.expire(); break;
            case 4: m.flush(); break;
            default: m.after(std::chrono::milliseconds{random() % 2000});
            }
            const auto port = static_cast<std::uint16_t>(1 + random() % 4);
            const std::uint16_t bits = kinds[random() % std::size(kinds)];
            const auto sequence = static_cast<std::uint32_t>(random() % 3 * 1'500'000'000);
            const add_result said = random() % 2 == 0 ? m.client(port, bits, sequence) : m.serves(port, bits, sequence);
            const bool may_refuse = seed % 4 > 0 && seed % 3 == 0;
            REQUIRE((said.connection != nullptr || may_refuse));
            if (seed % 4 > 0) REQUIRE(m.table.size() <= seed % 4);
        }
        m.flush();
        std::vector<std::uint64_t> numbers;
        for (const ended_connection& each : m.ended) numbers.push_back(each.connection.number);
        std::ranges::sort(numbers);
        REQUIRE(numbers.size() == m.table.counters().begun);
        for (std::size_t i = 0; i < numbers.size(); ++i) REQUIRE(numbers[i] == i);
    }
}

TEST_CASE("what was reset blindly and is overtaken leaves as closed, too") {
    monitored m;
    m.opens(1);
    m.client(1, flags::rst, 3'000'000'000);
    m.after(1s);
    m.client(1, flags::syn, 2'000'000);
    m.serves(1, syn_ack, 7'000'000, 2'000'001);
    m.client(1, flags::ack, 2'000'001, 0, 7'000'001);
    m.after(6s);
    m.expire();
    CHECK(m.table.size() == 1);
    REQUIRE(m.ended.size() == 1);
    CHECK(m.ended[0].connection.number == 0);
}

TEST_CASE("a RST in sequence ends what a blind one did not, whoever sent that") {
    monitored m;
    m.opens(1);
    CHECK(m.client(1, flags::rst, 3'000'000'000).connection->closed_by == direction::client_to_server);
    CHECK(m.serves(1, flags::rst | flags::ack).connection->closed_by == direction::server_to_client);
    CHECK(m.client(1, flags::rst, 1001).connection->closed_by == direction::server_to_client);
    m.after(6s);
    m.expire();
    CHECK(m.table.empty());
}
