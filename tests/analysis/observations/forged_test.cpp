// SPDX-License-Identifier: MIT
// Stories of attackers that fake an observation, or hide from it: what is observed then, and what cannot be.
#include "../../support/traffic.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

using namespace tcplens;

using namespace flag_bits;
using namespace std::chrono_literals;
using enum observation_kind;

namespace {

/// The attacker is host 66, the host in whose name it sends 9, the victim 2.
class net : public traffic<basic_connection_table<evidence_rules, irregularity_observer>> {
public:
    const endpoint attacker = at(66, 40000);
    const endpoint client = at(1, 40000);
    const endpoint server = at(2, 80);

    /// The client's data begins at 101, that of the server at 501; each has sent 10 bytes.
    void talk() {
        sends(client, server, {.flags = SYN, .sequence = 100, .clock = 90});
        sends(server, client, {.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101, .clock = 8980});
        sends(client, server, {.sequence = 101, .acknowledgment = 501, .clock = 90});
        after(20ms);
        sends(client, server, {.sequence = 101, .acknowledgment = 501, .length = 10, .clock = 100});
        after(20ms);
        sends(server, client, {.sequence = 501, .acknowledgment = 111, .length = 10, .clock = 9000});
        after(20ms);
        sends(client, server, {.sequence = 111, .acknowledgment = 511, .clock = 140});
        after(20ms);
    }
    /// A handshake whose client did not see the SYN-ACK.
    void completes_blindly(const endpoint& from) {
        syn(from, server);
        sends(server, from, SYN | ACK, 500, 101);
        sends(from, server, ACK, 101, 9'000'000);
    }
    void scan(const endpoint& from, std::chrono::nanoseconds step = {}) {
        for (unsigned port = 1; port <= 20; ++port) {
            refused(from, at(2, port));
            after(step);
        }
    }
};

struct forgery {
    std::string_view what;
    observation_kind kind;
    bool observed;
    unsigned source; ///< the host that must be named as source; 0: any
    void (*play)(net&);
};

constexpr forgery forgeries[]{
    // Scans
    {"hidden: a port every 25 s", port_scan, false, 0, [](net& n) { n.scan(n.attacker, 25s); }},
    {"the sequential test has no window", sequential_test, true, 66, [](net& n) { n.scan(n.attacker, 25s); }},
    {"hidden among decoys", port_scan, true, 66,
     [](net& n) {
         for (const unsigned host : {50U, 51U, 66U, 52U}) n.scan(n.at(host, 40000));
     }},
    {"hidden: each probe has another source port, that of a server", port_scan, true, 66,
     [](net& n) {
         for (unsigned port = 1; port <= 20; ++port) n.refused(n.at(66, port), n.at(2, 1000 + port));
     }},
    {"hidden: data in the SYN", port_scan, true, 66,
     [](net& n) {
         for (unsigned port = 1; port <= 20; ++port) n.sends(n.attacker, n.at(2, port), SYN, 100, 0, 20);
     }},
    {"faked in the name of another host: the capture cannot tell", port_scan, true, 9,
     [](net& n) { n.scan(n.at(9, 40000)); }},
    {"hidden: another port of each host", address_scan, false, 0,
     [](net& n) {
         for (unsigned i = 1; i <= 40; ++i) n.syn(n.attacker, n.at(100 + i, i));
     }},
    {"which the sequential test sees", sequential_test, true, 66,
     [](net& n) {
         for (unsigned i = 1; i <= 40; ++i) n.syn(n.attacker, n.at(100 + i, i));
     }},
    {"faked: SYN-ACKs that a host did not ask for are no scan of it", address_scan, false, 0,
     [](net& n) {
         for (unsigned i = 1; i <= 40; ++i) n.sends(n.at(100 + i, 80), n.at(9, 40000), SYN | ACK, 1, 1);
     }},
    {"hidden: one service that answers, asked again and again", sequential_test, true, 66,
     [](net& n) {
         n.scan(n.attacker);
         for (unsigned i = 0; i < 40; ++i) n.asks(n.at(66, 41000 + i), n.at(3, 80));
     }},
    {"hidden: as many services that answer", sequential_test, false, 0,
     [](net& n) {
         n.scan(n.attacker);
         for (unsigned i = 0; i < 20; ++i) n.asks(n.at(66, 41000), n.at(100 + i, 80));
     }},
    {"hidden: Xmas with ACK", stealth_probe, false, 0,
     [](net& n) { n.sends(n.attacker, n.server, FIN | PSH | URG | ACK, 1, 1); }},
    {"which is a port scan where it is answered", port_scan, true, 66,
     [](net& n) {
         for (unsigned port = 1; port <= 20; ++port) {
             n.sends(n.attacker, n.at(2, port), FIN | PSH | URG | ACK, 1, 1);
             n.sends(n.at(2, port), n.attacker, RST, 1, 0);
         }
     }},
    {"faked in the name of another host", stealth_probe, true, 9,
     [](net& n) { n.sends(n.at(9, 40000), n.server, FIN, 1, 0); }},
    // Floods
    {"hidden: RSTs in the name of the service", syn_flood, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) n.refused(n.at(1000 + i, 40000), n.server);
     }},
    {"tried: ACKs of numbers that the service did not send", syn_flood, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) n.completes_blindly(n.at(1000 + i, 40000));
     }},
    {"tried: the same, and the service resets each", syn_flood, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) {
             n.completes_blindly(n.at(1000 + i, 40000));
             n.sends(n.server, n.at(1000 + i, 40000), RST, 9'000'000, 0);
         }
     }},
    {"tried: and data behind them", syn_flood, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) {
             n.completes_blindly(n.at(1000 + i, 40000));
             n.sends(n.at(1000 + i, 40000), n.server, ACK, 101, 9'000'000, 10);
         }
     }},
    {"hidden: whoever sees the SYN-ACKs completes each", syn_flood, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) n.opens(n.at(1000 + i, 40000), n.server);
     }},
    {"hidden: every second one is completed, from one host", syn_flood, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 150; ++i) {
             n.syn(n.at(1000 + i, 40000), n.server);
             n.opens(n.at(66, 1000 + i), n.server);
         }
     }},
    {"faked: SYN-ACKs in the name of a victim", backscatter, true, 9,
     [](net& n) {
         for (unsigned i = 0; i < 30; ++i) n.sends(n.at(9, 80), n.at(1000 + i, 40000), SYN | ACK, 1, 1);
     }},
    {"hidden: a SYN before each answer", backscatter, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 30; ++i) {
             n.syn(n.at(1000 + i, 40000), n.server);
             n.sends(n.server, n.at(1000 + i, 40000), SYN | ACK, 1, 101);
         }
     }},
    {"hidden: a byte of data in each of 249 connections", connection_flood, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 249; ++i) {
             n.opens(n.at(66, 1000 + i), n.server);
             n.sends(n.at(66, 1000 + i), n.server, ACK, 101, 501, 1);
         }
     }},
    {"faked: SYNs with addresses of other hosts, which are never completed", connection_flood, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 300; ++i) {
             n.syn(n.at(1000 + i, 40000), n.server);
             n.sends(n.server, n.at(1000 + i, 40000), SYN | ACK, 500, 101);
             n.after(200ms);
         }
     }},
    // Interference
    {"faked: a RST in the server's name after each request", blocked_service, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 3; ++i) {
             n.opens(n.at(1, 1000 + i), n.server);
             n.sends(n.at(1, 1000 + i), n.server, ACK | PSH, 101, 501, 20);
             n.sends(n.server, n.at(1, 1000 + i), {.flags = RST, .sequence = 501, .hop_limit = 60});
         }
     }},
    {"whose hop limit gives it away", reset_out_of_place, true, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client, {.flags = RST, .sequence = 511, .hop_limit = 60});
     }},
    {"a blind one has another number", reset_out_of_place, true, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client, {.flags = RST, .sequence = 1000});
     }},
    {"one with the right number and hop limit looks like the server's", reset_out_of_place, false, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client, {.flags = RST, .sequence = 511});
     }},
    {"until the server goes on", reset_out_of_place, true, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client, {.flags = RST, .sequence = 511});
         n.sends(n.server, n.client, {.sequence = 511, .acknowledgment = 111, .length = 10, .clock = 9040});
     }},
    {"faked: its checksum is wrong, and the receiver drops it", reset_out_of_place, false, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client,
                 {.flags = RST, .sequence = 1000, .hop_limit = 60, .checksum = checksum_state::bad});
     }},
    {"an answer before the server's", takeover_signs, true, 0,
     [](net& n) {
         n.syn(n.client, n.server);
         n.sends(n.server, n.client, SYN | ACK, 7000, 101);
         n.sends(n.server, n.client, SYN | ACK, 500, 101);
     }},
    {"faked: the server's SYN-ACK sent again", takeover_signs, false, 0,
     [](net& n) {
         n.syn(n.client, n.server);
         n.sends(n.server, n.client, SYN | ACK, 500, 101);
         n.after(1s);
         n.sends(n.server, n.client, SYN | ACK, 500, 101);
     }},
    {"a SYN in the window, which the server challenges", takeover_signs, true, 0,
     [](net& n) {
         n.talk();
         n.sends(n.client, n.server, SYN, 300, 0);
         n.sends(n.server, n.client, {.sequence = 511, .acknowledgment = 111, .clock = 9060});
     }},
    {"faked: a host that begins anew", takeover_signs, false, 0,
     [](net& n) {
         n.talk();
         n.sends(n.client, n.server, SYN, 300, 0);
         n.sends(n.server, n.client, {.sequence = 511, .acknowledgment = 111, .clock = 9060});
         n.sends(n.client, n.server, RST, 111, 0);
         n.after(1s);
         n.sends(n.client, n.server, SYN, 300, 0);
         n.sends(n.server, n.client, SYN | ACK, 20'000, 301);
     }},
    {"faked: a host that comes back to a service that is gone", takeover_signs, false, 0,
     [](net& n) {
         n.talk();
         for (unsigned i = 0; i < 4; ++i) {
             n.sends(n.client, n.server, SYN, 300, 0);
             n.after(1s);
         }
     }},
    {"data of a third party: another hop limit, another clock", takeover_signs, true, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client,
                 {.sequence = 511, .acknowledgment = 111, .length = 10, .hop_limit = 60, .clock = 3'000'000'000});
     }},
    {"hidden: with the hop limit of the server", takeover_signs, false, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client, {.sequence = 511, .acknowledgment = 111, .length = 10, .clock = 3'000'000'000});
     }},
    {"faked: another path alone", takeover_signs, false, 0,
     [](net& n) {
         n.talk();
         n.sends(n.server, n.client,
                 {.sequence = 511, .acknowledgment = 111, .length = 10, .hop_limit = 60, .clock = 9040});
     }},
    {"the ACK storm that injected data begins", takeover_signs, true, 0,
     [](net& n) {
         n.talk();
         for (int i = 0; i < 8; ++i) {
             n.sends(n.server, n.client, ACK, 511, 111);
             n.sends(n.client, n.server, ACK, 111, 511);
         }
     }},
    {"hidden: initial numbers that carry something, each another", covert_field_use, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 30; ++i) n.sends(n.at(66, 1000 + i), n.server, SYN, 0x4142'0000 + i, 0);
     }},
    {"the initial number of a tool, 0, in each SYN", covert_field_use, true, 66,
     [](net& n) {
         for (unsigned i = 0; i < 30; ++i) n.sends(n.at(66, 1000 + i), n.server, SYN, 0, 0);
     }},
    {"faked: one SYN with an acknowledgment number", covert_field_use, true, 9,
     [](net& n) { n.sends(n.at(9, 40000), n.server, SYN, 1, 7); }},
    // Transfers
    {"hidden: spread over ten connections", asymmetric_transfer, true, 66,
     [](net& n) {
         for (unsigned host = 10; host < 14; ++host) n.asks(n.attacker, n.at(host, 80), 100, 100);
         for (unsigned i = 0; i < 10; ++i) n.asks(n.at(66, 1000 + i), n.at(99, 443), 2'000'000, 10);
     }},
    {"hidden: half of it to each of two hosts", asymmetric_transfer, true, 66,
     [](net& n) {
         for (unsigned host = 10; host < 14; ++host) n.asks(n.attacker, n.at(host, 80), 100, 100);
         for (const unsigned host : {98U, 99U}) n.asks(n.attacker, n.at(host, 443), 11'000'000, 10);
     }},
    {"hidden: the target sends a tenth back", asymmetric_transfer, false, 0,
     [](net& n) {
         for (unsigned host = 10; host < 14; ++host) n.asks(n.attacker, n.at(host, 80), 100, 100);
         n.asks(n.attacker, n.at(99, 443), 11'000'000, 1'200'000);
     }},
    {"hidden: intervals from 40 s to 80 s", regular_contact, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 20; ++i) {
             n.asks(n.at(66, 1000 + i), n.server);
             n.after(std::chrono::seconds{40 + 20 * (i % 3)});
         }
     }},
    {"hidden: every interval is short or long by a second", regular_contact, true, 66,
     [](net& n) {
         for (unsigned i = 0; i < 20; ++i) {
             n.asks(n.at(66, 1000 + i), n.server);
             n.after(std::chrono::seconds{60 + i % 3});
         }
     }},
    {"faked: one SYN that is sent again", regular_contact, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 20; ++i) {
             n.syn(n.client, n.server);
             n.after(30s);
         }
     }},
    // The path and the capture
    {"faked: copies of packets, at once", path_trouble, false, 0,
     [](net& n) {
         n.opens(n.client, n.server);
         for (unsigned i = 0; i < 250; ++i) {
             for (int copy = 0; copy < 2; ++copy) {
                 n.sends(n.client, n.server,
                         {.sequence = 101 + 10 * i,
                          .acknowledgment = 501,
                          .length = 10,
                          .ip_id = static_cast<std::uint16_t>(100 + i)});
             }
             n.sends(n.server, n.client, ACK, 501, 111 + 10 * i);
             n.after(20ms);
         }
     }},
    {"faked: windows of 0 in RSTs", path_trouble, false, 0,
     [](net& n) {
         n.talk();
         for (int i = 0; i < 20; ++i) n.sends(n.server, n.client, {.flags = RST, .sequence = 511, .window = 0});
     }},
    {"faked: windows of 0 in the server's name", path_trouble, true, 0,
     [](net& n) {
         n.talk();
         for (unsigned i = 0; i < 10; ++i) {
             n.sends(n.client, n.server, {.sequence = 111 + i, .acknowledgment = 511, .length = 1});
             n.sends(n.server, n.client, {.sequence = 511, .acknowledgment = 112 + i, .window = 0});
             n.after(1s);
         }
     }},
    {"faked: data in names whose answers go elsewhere", observation_kind::capture_limits, true, 0,
     [](net& n) {
         for (unsigned i = 0; i < 5; ++i) n.sends(n.at(1000 + i, 40000), n.server, ACK, 1, 1, 10);
     }},
    {"faked: RSTs alone", observation_kind::capture_limits, false, 0,
     [](net& n) {
         for (unsigned i = 0; i < 5; ++i) n.sends(n.at(1000 + i, 40000), n.server, RST, 1, 0);
     }},
};

} // namespace

TEST_CASE("observations: who fakes one, and who hides from it") {
    for (const forgery& each : forgeries) {
        CAPTURE(std::string{each.what});
        CAPTURE(to_string(each.kind));
        net played;
        each.play(played);
        const observation_report report = analyze_observations(played.table());
        const auto fits = [&](const observation& found) {
            return found.kind == each.kind && (each.source == 0 || found.subject.source == played.host(each.source));
        };
        CHECK(std::any_of(report.items.begin(), report.items.end(), fits) == each.observed);
    }
}

TEST_CASE("observations: each kind has a story that fakes it or hides from it") {
    for (unsigned kind = 0; kind <= static_cast<unsigned>(observation_kind::capture_limits); ++kind) {
        CAPTURE(to_string(static_cast<observation_kind>(kind)));
        CHECK(std::any_of(std::begin(forgeries), std::end(forgeries),
                          [&](const forgery& of) { return static_cast<unsigned>(of.kind) == kind; }));
    }
}
