// SPDX-License-Identifier: MIT
// Packet stories of each kind: one that meets its definition, one that just misses it. forged_test has those that forge it.
#include "../../support/traffic.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/analysis/timeline.hpp>
#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <vector>

using namespace tcplens;

using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

/// A capture, packet by packet, of both address families.
class wire : public traffic<> {
public:
    explicit wire(bool v6 = false) : traffic(100us, v6) {}

    [[nodiscard]] observation_report report(const observation_options& options = {}) const {
        return analyze_observations(table(), options);
    }
};

std::vector<observation> of_kind(const observation_report& report, observation_kind kind) {
    std::vector<observation> found;
    for (const observation& each : report.items) {
        if (each.kind == kind) found.push_back(each);
    }
    return found;
}

/// The only observation of a kind. What holds for each is checked.
observation only(const observation_report& report, observation_kind kind) {
    const auto found = of_kind(report, kind);
    REQUIRE(found.size() == 1);
    const observation& one = found[0];
    CHECK(!one.packets.empty());
    CHECK(one.packets.size() <= 8);
    CHECK(std::ranges::is_sorted(one.packets));
    CHECK(one.first_time <= one.last_time);
    CHECK(!one.text.empty());
    CHECK(!one.limits.empty());
    CHECK(!one.threshold_source.empty());
    CHECK(one.threshold > 0);
    return one;
}

bool has(const observation_report& report, observation_kind kind) {
    return !of_kind(report, kind).empty();
}

std::uint64_t count(const observation& of, std::string_view name) {
    for (const auto& each : of.counts) {
        if (each.name == name) return each.value;
    }
    FAIL("no count " << name);
    return 0;
}

} // namespace

TEST_CASE("observations: failed ports of one target within five minutes are a port scan, whatever the probe") {
    for (const bool v6 : {false, true}) {
        for (const std::uint16_t probe : {SYN, ACK, FIN, std::uint16_t{0}, std::uint16_t(FIN | PSH | URG)}) {
            CAPTURE(v6);
            CAPTURE(probe);
            wire w{v6};
            for (unsigned port = 1; port <= 14; ++port) w.sends(w.at(1, 40000), w.at(2, port), probe, 1, probe & ACK);
            CHECK(!has(w.report(), observation_kind::port_scan));
            w.after(4min);
            w.sends(w.at(1, 40000), w.at(2, 15), probe, 1, probe & ACK);
            const observation scan = only(w.report(), observation_kind::port_scan);
            CHECK(scan.value == 15);
            CHECK(scan.subject == observation::subject_type{.source = w.host(1), .target = w.host(2)});
            CHECK(scan.packets == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
        }
    }
}

TEST_CASE("observations: a prober whose source port is that of a server is the source all the same") {
    for (const std::uint16_t probe : {ACK, FIN, std::uint16_t{0}, std::uint16_t(FIN | PSH | URG)}) {
        for (const bool answered : {false, true}) {
            CAPTURE(probe);
            CAPTURE(answered);
            wire w;
            for (unsigned port = 1001; port <= 1015; ++port) {
                w.sends(w.at(1, 80), w.at(2, port), probe, 1, probe & ACK);
                if (answered) w.sends(w.at(2, port), w.at(1, 80), RST, 1, 0);
            }
            const observation scan = only(w.report(), observation_kind::port_scan);
            CHECK(scan.subject == observation::subject_type{.source = w.host(1), .target = w.host(2)});
        }
    }
}

TEST_CASE("observations: FINs with ACK that a RST answers are a Maimon scan, and closes of old connections are none") {
    for (const bool answered : {true, false}) {
        wire w;
        for (unsigned port = 1; port <= 15; ++port) {
            w.sends(w.at(1, 40000), w.at(2, port), FIN | ACK, 1, 1);
            if (answered) w.sends(w.at(2, port), w.at(1, 40000), RST, 1, 0);
        }
        CHECK(has(w.report(), observation_kind::port_scan) == answered);
        CHECK(!has(w.report(), observation_kind::stealth_probe));
        CHECK(!has(w.report(), observation_kind::sequential_test));
    }
}

TEST_CASE("observations: ports that answer, or that failed over a longer time, are no port scan") {
    wire w;
    for (unsigned port = 1; port <= 14; ++port) w.refused(w.at(1, 40000), w.at(2, port));
    w.asks(w.at(1, 40000), w.at(2, 15));
    w.after(5min);
    w.refused(w.at(1, 40000), w.at(2, 16));
    CHECK(!has(w.report(), observation_kind::port_scan));
    SUBCASE("a half-open scan resets what answers") {
        for (unsigned port = 101; port <= 115; ++port) {
            w.syn(w.at(1, 40000), w.at(2, port));
            w.sends(w.at(2, port), w.at(1, 40000), SYN | ACK, 500, 101);
            w.sends(w.at(1, 40000), w.at(2, port), RST, 101, 0);
        }
        CHECK(only(w.report(), observation_kind::port_scan).value == 16);
    }
}

TEST_CASE("observations: one port of many targets is an address scan") {
    for (const bool v6 : {false, true}) {
        wire w{v6};
        for (unsigned host = 100; host < 124; ++host) w.syn(w.at(1, 40000), w.at(host, 445));
        w.syn(w.at(1, 40000), w.at(100, 446)); // another port
        CHECK(!has(w.report(), observation_kind::address_scan));
        w.refused(w.at(1, 40001), w.at(124, 445));
        const observation scan = only(w.report(), observation_kind::address_scan);
        CHECK(scan.value == 25);
        CHECK(scan.subject == observation::subject_type{.source = w.host(1), .port = 445});
    }
}

TEST_CASE("observations: the sequential test sums over distinct endpoints, in any order") {
    wire w;
    for (unsigned port = 1; port <= 3; ++port) w.refused(w.at(1, 40000), w.at(2, port));
    for (unsigned again = 0; again < 9; ++again) w.refused(w.at(1, 41000 + again), w.at(2, 3));
    CHECK(!has(w.report(), observation_kind::sequential_test)); // 3 x ln 4 < ln 99
    w.refused(w.at(1, 40000), w.at(2, 4));
    const observation first = only(w.report(), observation_kind::sequential_test);
    CHECK(first.value == doctest::Approx(4 * std::log(4.0)));
    CHECK(first.threshold == doctest::Approx(std::log(99.0)));
    w.asks(w.at(1, 40009), w.at(3, 80)); // one success takes one failure back
    CHECK(!has(w.report(), observation_kind::sequential_test));
}

TEST_CASE("observations: one NULL, FIN, Xmas or SYN+FIN segment is a stealth probe, one ACK is none") {
    for (const std::uint16_t probe :
         {std::uint16_t{0}, FIN, std::uint16_t(FIN | PSH | URG), std::uint16_t(SYN | FIN)}) {
        CAPTURE(probe);
        wire w;
        w.sends(w.at(1, 40000), w.at(2, 80), probe, 1, 0);
        const observation seen = only(w.report(), observation_kind::stealth_probe);
        CHECK(seen.subject == observation::subject_type{.source = w.host(1)});
        CHECK(count(seen, "odd_probes") == 1);
    }
    wire w;
    for (unsigned port = 1; port <= 4; ++port) w.sends(w.at(1, 40000), w.at(2, port), ACK, 1, 1);
    w.sends(w.at(1, 40000), w.at(2, 4), ACK, 1, 1);
    CHECK(!has(w.report(), observation_kind::stealth_probe));
    w.sends(w.at(1, 40000), w.at(2, 5), ACK, 1, 1);
    w.sends(w.at(2, 5), w.at(1, 40000), RST, 1, 0);
    CHECK(only(w.report(), observation_kind::stealth_probe).value == 5);
}

TEST_CASE("observations: an ordinary FIN of an older connection is no probe") {
    wire w;
    w.sends(w.at(1, 40000), w.at(2, 80), FIN | ACK, 1, 1);
    w.sends(w.at(2, 80), w.at(1, 40000), ACK, 1, 2);
    CHECK(w.report().items.empty());
}

TEST_CASE("observations: a hundred attempts within a second, or many half open within a minute, are a SYN flood") {
    SUBCASE("by rate") {
        wire w;
        for (unsigned i = 0; i < 99; ++i) w.syn(w.at(1000 + i, 40000), w.at(2, 80));
        CHECK(!has(w.report(), observation_kind::syn_flood));
        w.syn(w.at(3, 40000), w.at(2, 80));
        const observation flood = only(w.report(), observation_kind::syn_flood);
        CHECK(flood.value == 100);
        CHECK(flood.threshold == observation_options{}.syn_rate);
        CHECK(count(flood, "distinct_sources") == 100);
        CHECK(flood.subject == observation::subject_type{.target = w.host(2), .port = 80});
    }
    SUBCASE("a busy service completes what it gets") {
        wire w;
        for (unsigned i = 0; i < 60; ++i) w.syn(w.at(1000 + i, 40000), w.at(2, 80));
        for (unsigned i = 0; i < 60; ++i) w.opens(w.at(2000 + i, 40000), w.at(2, 80));
        CHECK(!has(w.report(), observation_kind::syn_flood));
    }
    SUBCASE("half open") {
        wire w;
        for (unsigned i = 0; i < 256; ++i) {
            w.syn(w.at(1000 + i, 40000), w.at(2, 80));
            if (i == 254) {
                CHECK(!has(w.report(), observation_kind::syn_flood));
            }
            w.after(100ms);
        }
        const observation flood = only(w.report(), observation_kind::syn_flood);
        CHECK(flood.value == 256);
        CHECK(flood.threshold == observation_options{}.half_open);
    }
}

TEST_CASE("observations: SYN-ACKs and RSTs that nobody asked for are backscatter, and a reflection at one target") {
    wire w;
    for (unsigned i = 0; i < 24; ++i) w.sends(w.at(2, 80), w.at(1000 + i, 40000), SYN | ACK, 1, 1);
    CHECK(!has(w.report(), observation_kind::backscatter));
    w.sends(w.at(2, 80), w.at(1100, 40000), RST | ACK, 1, 1);
    const observation back = only(w.report(), observation_kind::backscatter);
    CHECK(back.subject == observation::subject_type{.source = w.host(2)});
    CHECK(back.value == 25);

    wire reflected;
    for (unsigned i = 0; i < 25; ++i)
        reflected.sends(reflected.at(1000 + i, 80), reflected.at(3, 40000), SYN | ACK, 1, 1);
    const observation at = only(reflected.report(), observation_kind::backscatter);
    CHECK(at.subject == observation::subject_type{.target = reflected.host(3)});
    CHECK(count(at, "other_ends") == 25);
}

TEST_CASE("observations: SYN-ACKs that RSTs refuse are backscatter, unless a SYN had asked for them") {
    for (const bool asked : {false, true}) {
        CAPTURE(asked);
        wire w;
        for (unsigned i = 0; i < 25; ++i) {
            if (asked) w.sends(w.at(3, 1000 + i), w.at(100 + i, 80), SYN, 6, 0);
            w.sends(w.at(100 + i, 80), w.at(3, 1000 + i), SYN | ACK, 1, 7);
            w.sends(w.at(3, 1000 + i), w.at(100 + i, 80), RST, 7, 0);
        }
        const observation_report report = w.report();
        CHECK(has(report, observation_kind::backscatter) == !asked);
        if (asked) continue;
        const observation at = only(report, observation_kind::backscatter);
        CHECK(at.subject == observation::subject_type{.target = w.host(3)});
        CHECK(at.value == 25);
    }
}

TEST_CASE("observations: answers to SYNs, and one direction of real connections, are no backscatter") {
    wire w;
    for (unsigned i = 0; i < 50; ++i) w.refused(w.at(1000 + i, 40000), w.at(2, 80));
    for (unsigned i = 0; i < 50; ++i) { // the server's side alone
        w.sends(w.at(3, 80), w.at(1000 + i, 41000), SYN | ACK, 1, 1);
        w.sends(w.at(3, 80), w.at(1000 + i, 41000), ACK | PSH, 2, 1, 100);
    }
    CHECK(!has(w.report(), observation_kind::backscatter));
    const observation limits = only(w.report(), observation_kind::capture_limits);
    CHECK(limits.value == 50);
}

TEST_CASE("observations: established connections without data for long are a connection flood") {
    wire w;
    const auto opens_and_waits = [&](unsigned i, std::chrono::seconds time) {
        w.opens(w.at(1000 + i, 40000), w.at(2, 80));
        w.after(time);
        w.sends(w.at(1000 + i, 40000), w.at(2, 80), ACK, 101, 501);
    };
    for (unsigned i = 0; i < 99; ++i) opens_and_waits(i, 30s);
    opens_and_waits(99, 29s);
    CHECK(!has(w.report(), observation_kind::connection_flood));
    opens_and_waits(100, 30s);
    const observation flood = only(w.report(), observation_kind::connection_flood);
    CHECK(flood.value == 100);
    CHECK(count(flood, "distinct_sources") == 100);
}

TEST_CASE("observations: a connection is idle from just the idle time on") {
    for (const auto shortfall : {0ns, 1ns}) {
        wire w;
        for (unsigned i = 0; i < 100; ++i) {
            w.opens(w.at(1000 + i, 40000), w.at(2, 80));
            w.after(30s - 300us - shortfall); // its packets are 100 us apart
            w.sends(w.at(1000 + i, 40000), w.at(2, 80), ACK, 101, 501);
        }
        CHECK(has(w.report(), observation_kind::connection_flood) == (shortfall == 0ns));
    }
}

TEST_CASE("observations: idle connections of one source to several services, and many to one service at once") {
    wire idle;
    for (unsigned i = 0; i < 100; ++i) {
        if (i == 99) {
            CHECK(!has(idle.report(), observation_kind::connection_flood));
        }
        idle.opens(idle.at(1, 1000 + i), idle.at(2 + i % 2, 80));
        idle.after(30s);
        idle.sends(idle.at(1, 1000 + i), idle.at(2 + i % 2, 80), ACK, 101, 501);
    }
    const observation flood = only(idle.report(), observation_kind::connection_flood);
    CHECK(flood.subject == observation::subject_type{.source = idle.host(1)});

    for (const unsigned open : {249U, 250U}) {
        wire w;
        for (unsigned i = 0; i < open; ++i) {
            w.opens(w.at(1, 1000 + i), w.at(2, 80));
            w.sends(w.at(1, 1000 + i), w.at(2, 80), ACK | PSH, 101, 501, 5); // a request that never ends
        }
        for (unsigned i = 0; i < open; ++i) w.sends(w.at(1, 1000 + i), w.at(2, 80), ACK | PSH, 106, 501, 5);
        CHECK(has(w.report(), observation_kind::connection_flood) == (open == 250));
    }
}

TEST_CASE("observations: a service that never answers some sources is blocked for these") {
    for (const unsigned failures : {2U, 3U}) {
        wire w;
        for (unsigned i = 0; i < 20; ++i) w.asks(w.at(10 + i, 40000), w.at(2, 80));
        for (unsigned i = 0; i < failures; ++i) w.syn(w.at(1, 40000 + i), w.at(2, 80));
        CHECK(has(w.report(), observation_kind::blocked_service) == (failures == 3));
        w.asks(w.at(1, 50000), w.at(2, 80)); // it answers that source, too
        CHECK(!has(w.report(), observation_kind::blocked_service));
    }
}

TEST_CASE("observations: requests that are sent again and never answered end after the first data") {
    for (const int copies : {1, 2}) {
        wire w;
        for (unsigned i = 0; i < 3; ++i) {
            w.opens(w.at(1, 40000 + i), w.at(2, 443));
            for (int copy = 0; copy <= copies; ++copy) {
                w.sends(w.at(1, 40000 + i), w.at(2, 443), ACK | PSH, 101, 501, 200);
                w.after(1s);
            }
        }
        CHECK(has(w.report(), observation_kind::blocked_service) == (copies == 2));
        if (copies == 2) {
            const observation blocked = only(w.report(), observation_kind::blocked_service);
            CHECK(count(blocked, "after_first_data") == 3);
            CHECK(count(blocked, "ignored_after_first_data") == 3);
        }
    }
}

TEST_CASE("observations: a service that fails says at which stage, and whom it answered") {
    wire w;
    w.refused(w.at(1, 40000), w.at(2, 80));
    w.syn(w.at(1, 40001), w.at(2, 80));
    CHECK(!has(w.report(), observation_kind::blocked_service));
    w.opens(w.at(3, 40002), w.at(2, 80));
    w.sends(w.at(3, 40002), w.at(2, 80), ACK | PSH, 101, 501, 20);
    w.sends(w.at(2, 80), w.at(3, 40002), RST, 501, 0);
    w.asks(w.at(4, 40000), w.at(2, 80));
    const observation blocked = only(w.report(), observation_kind::blocked_service);
    CHECK(count(blocked, "refused") == 1);
    CHECK(count(blocked, "ignored") == 1);
    CHECK(count(blocked, "reset_after_first_data") == 1);
    CHECK(count(blocked, "answered_sources") == 1);
    CHECK(count(blocked, "failed_sources") == 2);
}

TEST_CASE("observations: a transfer far beyond what the source sends its other targets") {
    const observation_options small{.asymmetric_bytes = 10'000};
    for (const std::uint32_t bytes : {9'999U, 10'000U}) {
        wire w;
        for (unsigned host = 10; host < 14; ++host) w.asks(w.at(1, 40000), w.at(host, 80), 100, 1000);
        w.asks(w.at(1, 40000), w.at(99, 443), bytes, 10);
        const auto report = w.report(small);
        CHECK(has(report, observation_kind::asymmetric_transfer) == (bytes == 10'000));
        if (bytes != 10'000) continue;
        const observation transfer = only(report, observation_kind::asymmetric_transfer);
        CHECK(transfer.value == 1000);
        CHECK(transfer.threshold == small.asymmetric_ratio);
        CHECK(count(transfer, "bytes_out") == 10'000);
        CHECK(count(transfer, "bytes_in") == 10);
        CHECK(count(transfer, "targets") == 5);
    }
}

TEST_CASE("observations: contacts at regular intervals, but not at irregular ones") {
    for (const bool regular : {true, false}) {
        wire w;
        for (unsigned i = 0; i < 10; ++i) {
            w.asks(w.at(1, 40000 + i), w.at(2, 443));
            w.after(regular ? 60s : std::chrono::seconds{10 + 37 * (i * i % 7)});
        }
        CHECK(has(w.report(), observation_kind::regular_contact) == regular);
    }
}

TEST_CASE("observations: a regular contact has the median deviation of its intervals") {
    wire w;
    for (unsigned i = 0; i < 10; ++i) {
        w.asks(w.at(1, 40000 + i), w.at(2, 443));
        w.after(60s + 2s * (i % 3));
    }
    const observation contact = only(w.report(), observation_kind::regular_contact);
    CHECK(contact.value == doctest::Approx(2.0 / 62).epsilon(0.001));
    CHECK(contact.threshold == observation_options{}.regular_spread);
    CHECK(count(contact, "connections") == 10);
    CHECK(count(contact, "interval_ms") == 62'001); // its packets take a millisecond
}

TEST_CASE("observations: a path on which one packet in twenty was sent again") {
    for (const unsigned resent : {10U, 11U}) {
        wire w;
        w.opens(w.at(1, 40000), w.at(2, 80));
        for (unsigned i = 0; i < 200; ++i) {
            w.sends(w.at(1, 40000), w.at(2, 80), ACK, 101 + 10 * i, 501, 10);
            w.after(300ms);
            if (i < resent) w.sends(w.at(1, 40000), w.at(2, 80), ACK, 101 + 10 * i, 501, 10);
            w.after(20ms);
            w.sends(w.at(2, 80), w.at(1, 40000), ACK, 501, 111 + 10 * i);
        }
        CHECK(has(w.report(), observation_kind::path_trouble) == (resent == 11));
        if (resent == 11) {
            CHECK(only(w.report(), observation_kind::path_trouble).subject ==
                  observation::subject_type{.source = w.host(1), .target = w.host(2)});
        }
    }
}

TEST_CASE("observations: memory is bounded, whatever the number of connections and their signs") {
    observation_accumulator all;
    connection one;
    one.client = {*address::parse("10.0.0.1"), 1};
    one.server = {*address::parse("10.0.0.2"), 80};
    one.handshake = handshake_state::failed;
    for (unsigned i = 0; i < 200'000; ++i) {
        one.number = i;
        one.first_packet = i + 1;
        one.client.port = static_cast<std::uint16_t>(i);
        one.client_to_server.packets = one.client_to_server.syn = 1;
        all.add(one);
    }
    const observation_report report = all.result();
    CHECK(report.connections == 200'000);
    CHECK(report.sampled_one_in == 32);
    // 12,288 contacts and an eighth of them with signs. result() has two hashes for each, pointers in the order of time to all and to those that
    // were not answered, and for one kind after the other sums by hash (32,768 places), a place in a hash table, and numbers, weights,
    // groups, and pointers in the order of groups; beside the groups of pairs.
    constexpr std::size_t kept = observation_options{}.kept_contacts;
    CHECK(kept * sizeof(detail::observing::contact) + kept / 8 * sizeof(detail::observing::signed_contact) +
              kept * (2 * sizeof(std::uint32_t) + 5 * sizeof(void*) + sizeof(std::uint32_t) + 16 + 16 + 8 + 8) +
              32'768 * (sizeof(std::uint64_t) + sizeof(std::uint32_t)) <
          4U << 20);
}

TEST_CASE("timeline: the events of a source, of a service, of a connection") {
    wire w;
    w.refused(w.at(1, 40000), w.at(2, 80));
    w.asks(w.at(1, 40001), w.at(3, 80));
    w.asks(w.at(4, 40002), w.at(3, 80));
    const auto packets = [](const timeline_report& of) {
        std::vector<std::uint64_t> numbers;
        for (const auto& each : of.events) numbers.push_back(each.packet);
        return numbers;
    };
    using numbers = std::vector<std::uint64_t>;
    CHECK(packets(timeline(w.table(), {.source = w.host(1)})) == numbers{1, 2, 3, 10});
    CHECK(packets(timeline(w.table(), {.target = w.host(3), .port = 80})) == numbers{3, 10, 11, 18});
    CHECK(packets(timeline(w.table(), {.connection = 2})) == numbers{11, 18});
    CHECK(timeline(w.table(), {.source = w.host(9)}).events.empty());
    const timeline_report first = timeline(w.table(), {}, 2);
    CHECK(packets(first) == numbers{1, 2});
    CHECK(first.total == 6);
    CHECK(first.left_out == 4);
    CHECK(first.events[0].kind == timeline_report::event::kind_type::begins);
    CHECK(first.events[1].kind == timeline_report::event::kind_type::closes);
}

TEST_CASE("timeline: irregularities and RSTs with their packets") {
    traffic<basic_connection_table<evidence_rules, irregularity_observer>> t{1s};
    t.set_time(timestamp{100s});
    const endpoint client = t.at(1, 40000);
    const endpoint server = t.at(2, 80);
    t.opens(client, server);
    t.sends(server, client, RST, 600, 0);
    const timeline_report report = timeline(t.table(), {.source = client.address});
    using kind_type = timeline_report::event::kind_type;
    REQUIRE(report.events.size() == 4);
    CHECK(report.events[1].packet == 4);
    CHECK(report.events[1].kind == kind_type::irregularity);
    CHECK(report.events[1].found == irregularity::rst_in_window);
    CHECK(report.events[2].kind == kind_type::reset);
    for (const std::size_t i : {1U, 2U, 3U}) CHECK(report.events[i].time == timestamp{103s});
    CHECK(to_string(report.events[0].kind) == "begins");
}

TEST_CASE("observations: thresholds of 0, below it, or without a number are refused") {
    wire w;
    w.sends(w.at(1, 40000), w.at(2, 80), FIN, 1, 0);
    for (const double bad :
         {0.0, -1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        const observation_report refused = w.report({.port_scan = bad});
        CHECK(refused.options_refused);
        CHECK(refused.items.empty());
    }
    CHECK(!w.report().options_refused);
    CHECK(w.report({.scanner_success = 0.9}).options_refused);
}

TEST_CASE("observations: of one kind a bounded number is reported, the highest first, and the rest is counted") {
    wire w;
    for (unsigned source = 1; source <= 12; ++source) {
        for (unsigned port = 1; port <= 14 + source; ++port) w.syn(w.at(source, 40000), w.at(99, port));
    }
    const auto report = w.report();
    const auto scans = of_kind(report, observation_kind::port_scan);
    REQUIRE(scans.size() == 10);
    CHECK(scans[0].value == 26);
    CHECK(scans[9].value == 17);
    CHECK(report.total == report.items.size() + report.left_out);
    CHECK(report.left_out >= 2);
}

TEST_CASE("observations: accumulators merge exactly, in any order, below and beyond their bound") {
    wire w;
    for (unsigned port = 1; port <= 2000; ++port) w.syn(w.at(1, 40000), w.at(2, port));
    for (unsigned host = 100; host < 400; ++host) w.syn(w.at(3, 40000), w.at(host, 23));
    std::vector<connection> all(w.table().begin(), w.table().end());
    std::mt19937 random{7};
    for (const std::size_t bound : {std::size_t{100'000}, std::size_t{2300}, std::size_t{2299}, std::size_t{500}}) {
        const observation_options options{.kept_contacts = bound};
        const auto whole = analyze_observations(all, options);
        CHECK(whole.connections == 2300);
        CHECK((whole.sampled_one_in == 1) == (bound >= all.size()));
        for (int round = 0; round < 5; ++round) {
            std::ranges::shuffle(all, random);
            observation_accumulator parts[3]{observation_accumulator{options}, observation_accumulator{options},
                                             observation_accumulator{options}};
            for (const connection& each : all) parts[random() % 3].add(each);
            parts[2].merge(parts[0]);
            parts[2].merge(parts[1]);
            const auto merged = parts[2].result();
            CHECK(merged.items == whole.items);
            CHECK(merged.connections == whole.connections);
            CHECK(merged.sampled_one_in == whole.sampled_one_in);
            observation_accumulator in_two_ways{options};
            for (const connection& each : std::span{all}.first(600)) in_two_ways.add(each);
            in_two_ways.add_all(std::span{all}.subspan(600));
            CHECK(in_two_ways.result().items == whole.items);
        }
        const observation scan = only(whole, observation_kind::port_scan);
        CHECK(scan.value > 1000); // an estimate beyond the bound
        CHECK(scan.value < 3000);
    }
}
