// SPDX-License-Identifier: MIT
// How often scans are observed, and ordinary traffic is taken for one: beside the rules of Zeek and of Snort, over the same connections.
#include "../../support/scan_rules.hpp"
#include "../../support/traffic.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace tcplens;

using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

enum class answer : std::uint8_t { none, reset, open };

/// Connections, a millisecond from segment to segment.
class scanned_net : public traffic<> {
public:
    scanned_net() : traffic(1ms) {}

    /// A probe with these flags, and its answer.
    void probes(const endpoint& from, const endpoint& to, std::uint16_t flags, answer how) {
        sends(from, to, flags, 100, (flags & ACK) != 0 ? 1 : 0);
        if (how == answer::reset) sends(to, from, flags == SYN ? RST | ACK : RST, 0, 101);
        if (how != answer::open) return;
        sends(to, from, SYN | ACK, 500, 101);
        sends(from, to, RST, 101, 0);
    }
};

struct counts {
    int ours = 0;
    int zeek = 0;
    int snort_low = 0;
    int snort_medium = 0;

    void add(const scanned_net& of) {
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
        for (const auto answer : {answer::none, answer::reset}) {
            for (const auto step : {0ms, 10'000ms}) {
                scanned_net scan;
                for (unsigned port = 1; port <= 30; ++port) {
                    scan.probes(scan.at(1, 40000), scan.at(2, port), flags, answer);
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
        for (const auto answer : {answer::none, answer::reset}) {
            scanned_net sweep;
            for (unsigned host = 100; host < 140; ++host) {
                sweep.probes(sweep.at(1, 40000), sweep.at(host, 445), flags, answer);
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
        scanned_net ordinary;
        const endpoint client = ordinary.at(1, 40000);
        switch (variant) {
        case 0: // a crawler: many hosts, all of which answer
            for (unsigned host = 100; host < 160; ++host) ordinary.asks(client, ordinary.at(host, 80));
            break;
        case 1: // a service that is down, tried again and again
            for (unsigned i = 0; i < 60; ++i) {
                ordinary.probes(ordinary.at(1, 40000 + i), ordinary.at(2, 5432), SYN, answer::reset);
            }
            break;
        case 2: // a health check of ten hosts that are down
            for (unsigned i = 0; i < 60; ++i) {
                ordinary.probes(ordinary.at(1, 40000 + i), ordinary.at(10 + i % 10, 8080), SYN, answer::reset);
                ordinary.after(1s);
            }
            break;
        default: // passive FTP to a server whose data ports are filtered
            for (unsigned port = 50'000; port < 50'012; ++port) {
                ordinary.probes(client, ordinary.at(2, port), SYN, answer::reset);
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
