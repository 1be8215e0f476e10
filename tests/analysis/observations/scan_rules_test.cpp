// SPDX-License-Identifier: MIT
// How often scans are observed, and ordinary traffic is taken for one: beside the rules of Zeek and of Snort, over the same connections.
#include "../../support/scan_rules.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;

using namespace std::chrono_literals;

namespace {

constexpr std::uint16_t FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, URG = 32;

/// Connections of 10.0.0.0/16, packet by packet.
class traffic {
public:
    static endpoint at(unsigned host, unsigned port) {
        return {*address::parse("10.0." + std::to_string(host / 256) + '.' + std::to_string(host % 256)),
                static_cast<std::uint16_t>(port)};
    }
    void sends(endpoint from, endpoint to, std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
               std::uint32_t length = 0) {
        table_.add(segment{.time = now_,
                           .packet_number = ++number_,
                           .source = from,
                           .destination = to,
                           .sequence = {sequence},
                           .acknowledgment = {acknowledgment},
                           .payload_length = length,
                           .window = 1000,
                           .flags = {flags},
                           .hop_limit = 64});
        now_ += 1ms;
    }
    void after(std::chrono::nanoseconds duration) { now_ += duration; }

    enum class answer : std::uint8_t { none, reset, open };
    /// A probe with these flags, and its answer.
    void probes(endpoint from, endpoint to, std::uint16_t flags, answer how) {
        sends(from, to, flags, 100, (flags & ACK) != 0 ? 1 : 0);
        if (how == answer::reset) sends(to, from, flags == SYN ? RST | ACK : RST, 0, 101);
        if (how != answer::open) return;
        sends(to, from, SYN | ACK, 500, 101);
        sends(from, to, RST, 101, 0);
    }
    void asks(endpoint from, endpoint to) {
        sends(from, to, SYN, 100, 0);
        sends(to, from, SYN | ACK, 500, 101);
        sends(from, to, ACK | PSH, 101, 501, 50);
        sends(to, from, ACK | PSH, 501, 151, 500);
        sends(from, to, FIN | ACK, 151, 1001);
        sends(to, from, FIN | ACK, 1001, 152);
        sends(from, to, ACK, 152, 1002);
    }

    [[nodiscard]] const connection_table& table() const { return table_; }

private:
    timestamp now_{std::chrono::seconds{1'700'000'040}};
    std::uint64_t number_ = 0;
    connection_table table_{};
};

struct counts {
    int ours = 0;
    int zeek = 0;
    int snort_low = 0;
    int snort_medium = 0;

    void add(const traffic& of) {
        const observation_report report = analyze_observations(of.table());
        ours += std::any_of(report.items.begin(), report.items.end(), [](const observation& each) {
            return each.kind == observation_kind::port_scan || each.kind == observation_kind::address_scan;
        });
        const auto attempts = scan_rules::attempts_of(of.table());
        zeek += scan_rules::zeek(attempts).any();
        snort_low += scan_rules::portscan(attempts, scan_rules::low).any();
        snort_medium += scan_rules::portscan(attempts, scan_rules::medium).any();
    }
};

constexpr std::uint16_t probe_flags[]{SYN, ACK, FIN, 0, FIN | PSH | URG, FIN | ACK};

} // namespace

TEST_CASE("scan rules: port scans of each type of nmap, refused, ignored, fast and slow") {
    counts found;
    int scans = 0;
    for (const std::uint16_t flags : probe_flags) {
        for (const auto answer : {traffic::answer::none, traffic::answer::reset}) {
            for (const auto step : {0ms, 10'000ms}) {
                traffic scan;
                for (unsigned port = 1; port <= 30; ++port) {
                    scan.probes(traffic::at(1, 40000), traffic::at(2, port), flags, answer);
                    scan.after(step);
                }
                ++scans;
                found.add(scan);
            }
        }
    }
    CHECK(scans == 24);
    CHECK(found.ours == 22); // an unanswered FIN with ACK is what each capture begins with
    CHECK(found.zeek == 4);  // SYNs alone
    CHECK(found.snort_low == 2);
    CHECK(found.snort_medium == 1);
}

TEST_CASE("scan rules: sweeps of one port of many hosts") {
    counts found;
    for (const std::uint16_t flags : probe_flags) {
        for (const auto answer : {traffic::answer::none, traffic::answer::reset}) {
            traffic sweep;
            for (unsigned host = 100; host < 140; ++host) {
                sweep.probes(traffic::at(1, 40000), traffic::at(host, 445), flags, answer);
            }
            found.add(sweep);
        }
    }
    CHECK(found.ours == 11);
    CHECK(found.zeek == 2);
    CHECK(found.snort_low == 1);
    CHECK(found.snort_medium == 2);
}

TEST_CASE("scan rules: ordinary clients, some of whose services are down, are no scanners") {
    counts alarms;
    for (int variant = 0; variant < 4; ++variant) {
        traffic ordinary;
        const endpoint client = traffic::at(1, 40000);
        switch (variant) {
        case 0: // a crawler: many hosts, all of which answer
            for (unsigned host = 100; host < 160; ++host) ordinary.asks(client, traffic::at(host, 80));
            break;
        case 1: // a service that is down, tried again and again
            for (unsigned i = 0; i < 60; ++i) {
                ordinary.probes(traffic::at(1, 40000 + i), traffic::at(2, 5432), SYN, traffic::answer::reset);
            }
            break;
        case 2: // a health check of ten hosts that are down
            for (unsigned i = 0; i < 60; ++i) {
                ordinary.probes(traffic::at(1, 40000 + i), traffic::at(10 + i % 10, 8080), SYN, traffic::answer::reset);
                ordinary.after(1s);
            }
            break;
        default: // passive FTP to a server whose data ports are filtered
            for (unsigned port = 50'000; port < 50'012; ++port) {
                ordinary.probes(client, traffic::at(2, port), SYN, traffic::answer::reset);
                ordinary.after(20s);
            }
        }
        alarms.add(ordinary);
    }
    CHECK(alarms.ours == 0);
    CHECK(alarms.zeek == 0);
    CHECK(alarms.snort_low == 1);
    CHECK(alarms.snort_medium == 2);
}
