// SPDX-License-Identifier: MIT
#include "../../support/segment_script.hpp"
#include "../../support/story.hpp"

#include <tcplens/connection/observers/opening_observer.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using namespace tcplens;
using namespace tcplens::detail;
using enum tcplens::verdict_kinds;
using enum tcplens::opening_outcome;

namespace {

constexpr unsigned fin = segment_script::fin, syn = segment_script::syn, rst = segment_script::rst;
constexpr unsigned ack = segment_script::ack, ece = segment_script::ece, cwr = segment_script::cwr;
constexpr timestamp start = segment_script::start;

endpoint host(std::string_view address, std::uint16_t port) {
    return segment_script::host(address, port);
}

/// Segments by hand, where stories have no word for what they carry.
struct by_hand {
    basic_connection_table<evidence_rules, opening_observer> table{};
    segment_script script{.initial = {0xffff'fff0, 0x7fff'ffff}, .last_ip_id = {1000, 0}};

    segment made(std::size_t sender, std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                 std::optional<std::int64_t> acknowledges = {}) {
        script.now = at;
        return script.make(sender, flags | (acknowledges ? ack : 0), sequence, acknowledges.value_or(0));
    }
    segment client(std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                   std::optional<std::int64_t> acknowledges = {}) {
        return made(0, at, flags, sequence, acknowledges);
    }
    segment server(std::chrono::nanoseconds at, unsigned flags, std::int64_t sequence,
                   std::optional<std::int64_t> acknowledges = {}) {
        return made(1, at, flags, sequence, acknowledges);
    }
    void add(const segment& next) { table.add(next); }
    const connection_opening& opening() {
        REQUIRE(table.size() == 1);
        return table[0].opening;
    }
    const connection_opening& of(std::initializer_list<segment> segments) {
        for (const segment& each : segments) add(each);
        return opening();
    }
};

segment with_clock(segment made, std::uint32_t value, std::uint32_t echo) {
    made.options.timestamps = tcp_timestamps{.value = value, .echo = echo};
    return made;
}
segment with_data(segment made, std::uint32_t length) {
    made.payload_length = made.captured_payload = length;
    made.wire_length += length;
    return made;
}

} // namespace

// Outcomes

TEST_CASE("opening observer: the outcome follows the segments of the attempt") {
    story s;
    auto [client, server] = s.hosts();
    SUBCASE("established, step by step") {
        client.syn();
        CHECK(s.detailed().opening.outcome == ignored); // so far
        server.syn_ack();
        CHECK(s.detailed().opening.outcome == half_open);
        client.acks(1);
        CHECK(s.detailed().opening.outcome == established);
        client.resets();
        CHECK(s.detailed().opening.outcome == established); // and then it was reset
    }
    SUBCASE("refused") {
        client.syn();
        server.refuses();
        CHECK(s.detailed().opening.outcome == refused);
        s.after(1s);
        client.syn().expect(retransmission);
        CHECK(s.detailed().opening.outcome == refused);
        server.syn_ack();
        CHECK(s.detailed().opening.outcome == half_open);
        client.acks(1);
        CHECK(s.detailed().opening.outcome == established);
    }
    SUBCASE("half open") {
        client.syn();
        server.syn_ack();
        s.after(1s);
        server.syn_ack().expect(retransmission);
        CHECK(s.detailed().opening.outcome == half_open);
    }
    SUBCASE("aborted by the client after the SYN-ACK") {
        client.syn();
        server.syn_ack();
        client.resets();
        CHECK(s.detailed().opening.outcome == aborted_by_client);
        server.resets(); // the answer to that changes nothing
        CHECK(s.detailed().opening.outcome == aborted_by_client);
    }
    SUBCASE("aborted by the client before any answer") {
        client.syn();
        client.resets();
        CHECK(s.detailed().opening.outcome == aborted_by_client);
    }
    SUBCASE("aborted by the server") {
        client.syn();
        server.syn_ack();
        server.resets();
        CHECK(s.detailed().opening.outcome == aborted_by_server);
    }
    SUBCASE("picked up midstream") {
        client.sends(1, 100).acking(1);
        CHECK(s.detailed().opening.outcome == midstream);
        server.resets();
        CHECK(s.detailed().opening.outcome == midstream);
    }
    SUBCASE("the answer was not captured, but the client goes on") {
        client.syn();
        server.syn_ack().uncaptured();
        client.acks(1);
        CHECK(s.detailed().opening.outcome == half_open);
        client.sends(1, 10);
        CHECK(s.detailed().opening.outcome == established);
        CHECK_FALSE(s.detailed().opening.times.syn_ack);
        CHECK_FALSE(s.detailed().opening.times.rtt());
        CHECK_FALSE(s.detailed().opening.agreed());
    }
}

TEST_CASE("opening observer: backscatter is unsolicited, and no connection") {
    story s;
    auto [client, server] = s.hosts();
    SUBCASE("SYN-ACKs, and the RST of who did not ask") {
        server.syn_ack();
        s.after(1s);
        server.syn_ack().expect(retransmission);
        CHECK(s.detailed().opening.outcome == unsolicited);
        CHECK(s.detailed().opening.server.retries() == 1);
        CHECK(s.detailed().opening.client.count == 0);
        client.resets().at(1);
        CHECK(s.detailed().opening.outcome == unsolicited);
    }
    SUBCASE("RSTs") {
        server.refuses();
        CHECK(s.detailed().opening.outcome == unsolicited);
        client.resets();
        CHECK(s.detailed().opening.outcome == unsolicited);
    }
    SUBCASE("somebody goes on: the SYN was not captured") {
        client.syn().uncaptured();
        server.syn_ack();
        client.acks(1);
        CHECK(s.detailed().opening.outcome == midstream);
        client.sends(1, 10);
        CHECK(s.detailed().opening.outcome == established);
        CHECK_FALSE(s.detailed().opening.times.to_server);
        CHECK(s.detailed().opening.times.to_client);
    }
}

TEST_CASE("opening observer: a RST that has nothing to do with the SYN refuses nothing") { // RFC 9293 3.10.7.3
    by_hand h;
    SUBCASE("it acknowledges something else") {
        CHECK(h.of({h.client(0ms, syn, 0), h.server(1ms, rst, 0, 0)}).outcome == ignored);
        CHECK(h.of({h.server(1ms, rst, 0, 2)}).outcome == ignored);
        CHECK(h.of({h.server(2ms, rst, 0, 1)}).outcome == refused);
    }
    SUBCASE("it acknowledges nothing: some hosts refuse so") {
        CHECK(h.of({h.client(0ms, syn, 0), h.server(1ms, rst, 77'777)}).outcome == refused);
    }
    SUBCASE("the client resets what it did not ask for") { // figure 8
        CHECK(h.of({h.client(0ms, syn, 0), h.server(1ms, syn, 5000, -9), h.client(2ms, rst, -9)}).outcome == ignored);
        CHECK(h.opening().server.count == 0);
        CHECK_FALSE(h.opening().times.syn_ack);
        CHECK(h.of({h.client(1s, syn, 0), h.server(1001ms, syn, 0, 1), h.client(1002ms, 0, 1, 1)}).outcome ==
              established);
    }
}

TEST_CASE("opening observer: a refusal that was captured before the SYN refuses only that SYN") {
    by_hand h;
    SUBCASE("of this SYN") {
        CHECK(h.of({h.server(1ms, rst, 0, 1)}).outcome == unsolicited);
        CHECK(h.of({h.client(0ms, syn, 0)}).outcome == refused);
        CHECK(h.table[0].client == host("192.0.2.1", 40000));
    }
    SUBCASE("of another") {
        CHECK(h.of({h.server(1ms, rst, 0, 500)}).outcome == unsolicited);
        CHECK(h.of({h.client(2ms, syn, 0)}).outcome == ignored);
    }
}

TEST_CASE("opening observer: each incarnation has its own opening") {
    story s;
    auto [client, server] = s.established({.rtt = 20ms});
    client.fins();
    server.fins().acking(2);
    client.acks(2);
    s.after(1s);
    auto [again, refusing] = s.hosts({.client_ahead = 1'000'000, .server_ahead = 50});
    again.syn().expect(reused_ports);
    refusing.refuses();
    const auto all = s.all_detailed();
    REQUIRE(all.size() == 2);
    CHECK(all[0].opening.outcome == established);
    CHECK(all[0].opening.times.rtt() == 20ms);
    CHECK(all[1].opening.outcome == refused);
    CHECK(all[1].opening.client.count == 1);
}

// Times

TEST_CASE("opening observer: the halves of the round trip are from SYN and SYN-ACK to their answers") {
    by_hand h;
    h.of({h.client(0ms, syn, 0), h.server(30ms, syn, 0, 1), h.client(42ms, 0, 1, 1)});
    const connection_opening::handshake_times& times = h.opening().times;
    CHECK(times.syn == start);
    CHECK(times.syn_ack == start + 30ms);
    CHECK(times.ack == start + 42ms);
    REQUIRE(times.to_server);
    CHECK(*times.to_server == connection_opening::handshake_half{
                                  .sent = start, .answered = start + 30ms, .transmission = 1, .certain = true});
    CHECK(times.to_server->rtt() == 30ms);
    REQUIRE(times.to_client);
    CHECK(times.to_client->rtt() == 12ms);
    CHECK(times.rtt() == 42ms);
    CHECK(times.certain());

    // nothing later changes it
    h.of({with_data(h.client(50ms, 0, 1, 1), 10), with_data(h.server(60ms, 0, 1, 11), 10), h.client(70ms, 0, 11, 11),
          h.server(1s, syn, 0, 1), h.client(1001ms, 0, 11, 11)});
    CHECK(times.rtt() == 42ms);
    CHECK(h.opening().server.retries() == 1); // though that is told
}

TEST_CASE("opening observer: a handshake captured in another order has the same halves") {
    by_hand h;
    const segment first = h.client(0ms, syn, 0);
    const segment second = h.server(30ms, syn, 0, 1);
    const segment third = h.client(42ms, 0, 1, 1);
    SUBCASE("the SYN-ACK before the SYN") {
        h.of({second, first, third});
    }
    SUBCASE("the ACK before the SYN-ACK") {
        h.of({first, third, second});
    }
    SUBCASE("backwards") {
        h.of({third, second, first, with_data(h.client(43ms, 0, 1, 1), 5)});
    }
    CHECK(h.opening().outcome == established);
    CHECK(h.opening().times.syn == start);
    CHECK(h.opening().times.syn_ack == start + 30ms);
    CHECK(h.opening().times.ack == start + 42ms);
    CHECK(h.opening().times.rtt() == 42ms);
    CHECK(h.opening().times.certain());
    CHECK(h.opening().client.count == 1);
    CHECK(h.opening().server.count == 1);
    CHECK(h.table[0].client == host("192.0.2.1", 40000));
}

TEST_CASE("opening observer: no half is below 0, or more than an hour") {
    by_hand h;
    SUBCASE("the clock was set back") {
        h.of({h.client(0ms, syn, 0), h.server(-5ms, syn, 0, 1), h.client(2ms, 0, 1, 1)});
        CHECK_FALSE(h.opening().times.to_server->rtt());
        CHECK(h.opening().times.to_client->rtt() == 7ms);
    }
    SUBCASE("it was set forward") {
        h.of({h.client(0ms, syn, 0), h.server(2ms, syn, 0, 1), h.client(2h, 0, 1, 1)});
        CHECK(h.opening().times.to_server->rtt() == 2ms);
        CHECK_FALSE(h.opening().times.to_client->rtt());
    }
    SUBCASE("by centuries") {
        h.of({h.client(-std::chrono::hours{24 * 365 * 140}, syn, 0),
              h.server(std::chrono::hours{24 * 365 * 90}, syn, 0, 1),
              h.client(-std::chrono::hours{24 * 365 * 140}, 0, 1, 1)});
        CHECK(h.opening().times.to_server);
    }
    CHECK_FALSE(h.opening().times.rtt());
    CHECK_FALSE(h.opening().times.certain());
    CHECK(h.opening().outcome == established);
}

TEST_CASE(
    "opening observer: a SYN that was retried: the answer, its echo or the last copy decides which one was answered") {
    by_hand h;
    SUBCASE("nothing tells") {
        h.of({h.client(0s, syn, 0), h.client(1s, syn, 0), h.client(3s, syn, 0), h.server(3030ms, syn, 0, 1),
              h.client(3040ms, 0, 1, 1)});
        CHECK_FALSE(h.opening().times.to_server->certain);
        CHECK(h.opening().times.to_server->transmission == 3);
        CHECK(h.opening().times.to_server->rtt() == 30ms); // the least that it can have been
        CHECK(h.opening().times.rtt() == 40ms);
        CHECK_FALSE(h.opening().times.certain());
        CHECK(h.opening().client.first_wait == 1s);
        CHECK(h.opening().client.longest_wait == 2s);
        CHECK(h.opening().client.first == start);
        CHECK(h.opening().client.last == start + 3s);
        CHECK(h.opening().client.retries() == 2);
        CHECK(h.opening().times.syn == start);
    }
    SUBCASE("the echo is the last one's") {
        h.of({with_clock(h.client(0s, syn, 0), 100, 0), with_clock(h.client(1s, syn, 0), 1100, 0),
              with_clock(h.server(1030ms, syn, 0, 1), 7, 1100), with_clock(h.client(1040ms, 0, 1, 1), 1140, 7)});
        CHECK(h.opening().times.to_server->certain);
        CHECK(h.opening().times.to_server->transmission == 2);
        CHECK(h.opening().times.rtt() == 40ms);
    }
    SUBCASE("the echo is the first one's: that one came there, but the SYN-ACK may answer the other") {
        h.of({with_clock(h.client(0s, syn, 0), 100, 0), with_clock(h.client(1s, syn, 0), 1100, 0),
              with_clock(h.server(1030ms, syn, 0, 1), 7, 100)});
        CHECK_FALSE(h.opening().times.to_server->certain);
        CHECK(h.opening().times.to_server->transmission == 2);
    }
    SUBCASE("both have the same clock") {
        h.of({with_clock(h.client(0s, syn, 0), 100, 0), with_clock(h.client(1s, syn, 0), 100, 0),
              with_clock(h.server(1030ms, syn, 0, 1), 7, 100)});
        CHECK_FALSE(h.opening().times.to_server->certain);
    }
    SUBCASE("the retry came after the answer") {
        h.of({h.client(0s, syn, 0), h.server(1100ms, syn, 0, 1), h.client(1101ms, syn, 0)});
        CHECK(h.opening().times.to_server->certain);
        CHECK(h.opening().times.to_server->transmission == 1);
        CHECK(h.opening().times.to_server->rtt() == 1100ms);
        CHECK(h.opening().client.retries() == 1);
    }
    SUBCASE("more often than is remembered") {
        for (int i = 0; i < 6; ++i) h.add(with_clock(h.client(i * 1s, syn, 0), static_cast<std::uint32_t>(i), 0));
        h.of({with_clock(h.server(5010ms, syn, 0, 1), 7, 5)});
        CHECK(h.opening().times.to_server->certain);
        CHECK(h.opening().times.to_server->transmission == 6);
        CHECK(h.opening().client.longest_wait == 1s);
    }
}

TEST_CASE("opening observer: a SYN-ACK that was retried: the halves leave out the time between the two") {
    by_hand h;
    SUBCASE("and the echo tells which was answered") {
        h.of({with_clock(h.client(0s, syn, 0), 100, 0), with_clock(h.server(30ms, syn, 0, 1), 7, 100),
              with_clock(h.server(1030ms, syn, 0, 1), 1007, 100), with_clock(h.client(1040ms, 0, 1, 1), 1140, 1007)});
        CHECK(h.opening().times.certain());
    }
    SUBCASE("and nothing does") {
        h.of({h.client(0s, syn, 0), h.server(30ms, syn, 0, 1), h.server(1030ms, syn, 0, 1), h.client(1040ms, 0, 1, 1)});
        CHECK_FALSE(h.opening().times.certain());
        CHECK_FALSE(h.opening().times.to_client->certain);
    }
    CHECK(h.opening().times.to_server->certain);
    CHECK(h.opening().times.to_client->transmission == 2);
    CHECK(h.opening().times.rtt() == 40ms);
    CHECK(h.opening().times.syn_ack == start + 30ms);
    CHECK(h.opening().server.retries() == 1);
    CHECK(h.opening().server.first_wait == 1s);
}

TEST_CASE("opening observer: with SYN cookies the acknowledgment shows which SYN-ACK was answered") {
    by_hand h;
    const std::int64_t other = -77'777;
    h.of({h.client(0s, syn, 0), h.server(30ms, syn, 0, 1), h.client(1s, syn, 0), h.server(1030ms, syn, other, 1)});
    CHECK(h.opening().outcome == half_open);
    CHECK(h.opening().server.count == 2);
    SUBCASE("the second") {
        h.of({h.client(1040ms, 0, 1, other + 1)});
        CHECK(h.opening().times.to_client->transmission == 2);
        CHECK(h.opening().times.to_client->rtt() == 10ms);
        CHECK(h.opening().outcome == established);
    }
    SUBCASE("the first") {
        h.of({h.client(1040ms, 0, 1, 1)});
        CHECK(h.opening().times.to_client->transmission == 1);
        CHECK(h.opening().times.to_client->rtt() == 1010ms);
    }
    CHECK(h.opening().times.to_client->certain);
}

TEST_CASE("opening observer: an ACK that covers more than the SYN-ACK is not certain to be the first") {
    by_hand h;
    h.of({h.client(0s, syn, 0), h.server(30ms, syn, 0, 1), with_data(h.server(100ms, 0, 1, 1), 10),
          h.client(110ms, 0, 1, 11)});
    CHECK_FALSE(h.opening().times.to_client->certain);
    CHECK(h.opening().times.ack == start + 110ms);
    // and one that covers what cannot have been sent is none
    by_hand other;
    other.of({other.client(0s, syn, 0), other.server(30ms, syn, 0, 1), other.client(40ms, 0, 1, 70'000)});
    CHECK_FALSE(other.opening().times.ack);
}

TEST_CASE("opening observer: data that is captured before the SYN-ACK does not answer the SYN") {
    by_hand h;
    h.of({h.client(0s, syn, 0), with_data(h.server(90ms, 0, 1, 1), 10)});
    CHECK(h.opening().outcome == established);
    CHECK_FALSE(h.opening().times.to_server);
}

TEST_CASE("opening observer: copies that the network or the capture made are no retries") {
    story s;
    auto [client, server] = s.hosts();
    const auto& first = client.syn();
    s.captures(first).expect(duplicate);
    s.after(10ms);
    const auto& second = server.syn_ack();
    s.captures(second).expect(duplicate);
    client.acks(1);
    const connection_opening told = s.detailed().opening;
    CHECK(told.client.count == 1);
    CHECK(told.server.count == 1);
    CHECK(told.times.certain());
    CHECK(told.times.rtt() == 10ms);
}

TEST_CASE(
    "opening observer: both ends open at the same time: the outcome and the halves are those of both SYNs") { // RFC 9293 3.5, figure 7
    by_hand h;
    h.of({h.client(0ms, syn, 0), h.server(5ms, syn, 0)});
    CHECK(h.opening().simultaneous);
    CHECK(h.opening().outcome == half_open);
    h.of({h.client(6ms, syn, 0, 1), h.server(30ms, syn, 0, 1)});
    CHECK(h.opening().outcome == established);
    CHECK(h.opening().times.to_server->rtt() == 30ms); // its SYN-ACK answers the SYN that came there
    CHECK(h.opening().times.to_client->rtt() == 1ms);
    CHECK(h.opening().times.certain());
    CHECK(h.opening().client.count == 1);
    CHECK(h.opening().server.count == 1);
}

TEST_CASE("opening observer: one end opens after the other, and one aborts: the outcome names the one that aborts") {
    by_hand h;
    h.of({h.client(0ms, syn, 0), h.server(5ms, syn, 0), h.server(6ms, rst, 1)});
    CHECK(h.opening().outcome == aborted_by_server);
}

TEST_CASE("opening observer: a SYN-ACK of an end that turns out to have sent a SYN is forgotten") {
    by_hand h; // simultaneously, and captured in the wrong order
    h.of({h.server(30ms, syn, 0, 1), h.client(0ms, syn, 0), h.server(5ms, syn, 0), h.client(6ms, syn, 0, 1)});
    CHECK(h.opening().simultaneous);
    CHECK(h.opening().server.count == 1);
    CHECK(h.opening().server.first == start + 5ms);
    CHECK(h.opening().times.to_client->rtt() == 1ms);
    CHECK(h.opening().times.to_server->rtt() == 30ms);
}

// Options

TEST_CASE("opening observer: options are agreed if both ends offer them") {
    by_hand h;
    segment first = with_clock(h.client(0ms, syn, 0), 1, 0);
    first.options.maximum_segment_size = 1460;
    first.options.window_scale = 7;
    first.options.sack_permitted = true;
    segment second = with_clock(h.server(1ms, syn, 0, 1), 1, 1);
    second.options.maximum_segment_size = 1380;
    second.options.window_scale = 0;
    second.options.sack_permitted = true;
    std::optional<connection_opening::agreed_options> expected = connection_opening::agreed_options{
        .maximum_segment_size = std::uint16_t{1380}, .window_scale = true, .sack = true, .timestamps = true};
    SUBCASE("all") {}
    SUBCASE("not by the server") {
        second.options = {};
        expected = connection_opening::agreed_options{};
    }
    SUBCASE("not by the client, so the server must not") {
        first.options = {};
        expected = connection_opening::agreed_options{};
    }
    SUBCASE("the capture cut one") {
        second.options.cut = true;
        expected.reset();
    }
    h.of({first, second});
    CHECK(h.opening().agreed() == expected);
    CHECK(h.opening().client.offers.maximum_segment_size == first.options.maximum_segment_size);
    CHECK(h.opening().client.offers.window_scale == first.options.window_scale);
    CHECK(h.opening().server.offers.sack == second.options.sack_permitted);
    CHECK(h.opening().server.offers.timestamps == second.options.timestamps.has_value());
    CHECK(h.opening().server.offers.cut == second.options.cut);
}

TEST_CASE("opening observer: ECN is agreed by an ECN-setup SYN and an ECN-setup SYN-ACK") { // RFC 3168 6.1.1
    struct example {
        std::uint16_t syn;
        std::uint16_t syn_ack;
        bool agreed;
    };
    for (const example& each :
         {example{ece | cwr, ece, true}, example{ece | cwr, 0, false},
          example{ece | cwr, ece | cwr, false}, // mirrors the SYN
          example{ece | cwr, cwr, false}, example{ece, ece, false}, example{cwr, ece, false}, example{0, ece, false}}) {
        by_hand h;
        h.of({h.client(0ms, syn | each.syn, 0), h.server(1ms, syn | each.syn_ack, 0, 1)});
        CHECK(h.opening().agreed()->ecn == each.agreed);
    }
    // 6.1.1.1: the retry without is the one that counts
    by_hand h;
    h.of({h.client(0s, syn | ece | cwr, 0), h.client(1s, syn, 0), h.server(2s, syn | ece, 0, 1)});
    CHECK_FALSE(h.opening().agreed()->ecn);
    // ... unless it came after the answer
    by_hand late;
    late.of({late.client(0s, syn | ece | cwr, 0), late.server(2s, syn | ece, 0, 1), late.client(2s, syn, 0)});
    CHECK(late.opening().agreed()->ecn);
}

TEST_CASE("opening observer: fast open: the cookie, and the data that was accepted") { // RFC 7413
    by_hand h;
    segment first = with_data(h.client(0ms, syn, 0), 100);
    first.options.fast_open = 8;
    SUBCASE("the data is accepted") {
        h.of({first, h.server(10ms, syn, 0, 101), h.client(15ms, 0, 101, 1)});
        CHECK(h.opening().syn_data_accepted == 100);
    }
    SUBCASE("it is not, and a new cookie comes") {
        segment second = h.server(10ms, syn, 0, 1);
        second.options.fast_open = 16;
        h.of({first, second, h.client(15ms, 0, 1, 1)});
        CHECK(h.opening().syn_data_accepted == 0);
        CHECK(h.opening().server.offers.fast_open == 16);
    }
    SUBCASE("what it did not carry is not accepted") {
        h.of({first, h.server(10ms, syn, 0, 201), h.client(15ms, 0, 101, 1)});
        CHECK(h.opening().syn_data_accepted == 100);
        CHECK_FALSE(h.opening().times.to_server->certain);
        return;
    }
    CHECK(h.opening().client.offers.fast_open == 8);
    CHECK(h.opening().client.offers.data == 100);
    CHECK(h.opening().times.certain());
    CHECK(h.opening().times.rtt() == 15ms);

    // What is acknowledged tells which copy was answered, where the retry is without data (RFC 7413 4.1.3.1).
    for (const std::uint32_t accepted : {0u, 100u}) {
        by_hand retried;
        retried.of({with_data(retried.client(0s, syn, 0), 100), retried.client(1s, syn, 0),
                    retried.server(1010ms, syn, 0, 1 + accepted)});
        CHECK(retried.opening().syn_data_accepted == accepted);
        CHECK(retried.opening().times.to_server->transmission == (accepted > 0 ? 1 : 2));
        CHECK(retried.opening().times.to_server->certain == (accepted > 0));
    }

    by_hand request;
    segment asks = request.client(0ms, syn, 0);
    asks.options.fast_open = 0;
    CHECK(request.of({asks}).client.offers.fast_open == 0);
}

TEST_CASE("opening observer: the facts change places when client and server do") {
    opening_observer::facts told;
    told.opening.outcome = aborted_by_client;
    told.opening.client.count = 3;
    told.swap_roles();
    CHECK(told.opening.outcome == aborted_by_server);
    CHECK(told.opening.server.count == 3);
    CHECK(told.opening.client.count == 0);
    told.swap_roles();
    CHECK(told.opening.outcome == aborted_by_client);
    told.opening.outcome = refused;
    told.swap_roles();
    CHECK(told.opening.outcome == refused);

    // The server was heard first, midstream as it seemed.
    by_hand h;
    h.of({with_data(h.server(31ms, 0, 1, 1), 10), h.client(0ms, syn, 0), h.server(30ms, syn, 0, 1),
          h.client(40ms, 0, 1, 1)});
    CHECK(h.table[0].client == host("192.0.2.1", 40000));
    CHECK(h.opening().times.rtt() == 40ms);
}

TEST_CASE("opening observer: what the table concludes from a copy counts") {
    by_hand h;
    h.of({with_data(h.server(10ms, 0, 1, 1), 10)});
    segment copied = with_data(h.server(10ms, 0, 1, 1), 10);
    copied.ip_id = std::uint16_t{1}; // of the first packet
    h.of({h.client(0ms, syn, 0)});
    CHECK(h.table.add(copied).verdict.has(duplicate));
    CHECK(h.table[0].handshake == handshake_state::completed);
    CHECK(h.opening().outcome == established);
}

TEST_CASE("opening observer: a SYN with a RST opens nothing, yet FINs show that there was a connection") {
    by_hand h;
    h.of({h.client(0ms, 0, 1, 1), h.client(1ms, syn | rst, 1), h.client(2ms, fin, 1, 1)});
    CHECK(h.opening().outcome == half_open);
    h.of({h.server(3ms, fin, 1, 2)});
    CHECK(h.table[0].handshake == handshake_state::completed);
    CHECK(h.opening().outcome == established);
    CHECK(h.opening().client.count == 0);
}
