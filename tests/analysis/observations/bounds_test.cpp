// SPDX-License-Identifier: MIT
// A capture with two or more observations of each kind: how many are reported, which of them, and what options are refused.
#include "../../support/traffic.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/analysis/timeline.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>
#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/observers/skew_observer.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

using namespace tcplens;
using namespace tcplens::detail::observing;

using namespace flag_bits;
using namespace std::chrono_literals;

namespace {

using table_type = basic_connection_table<evidence_rules, irregularity_observer, profile_observer, skew_observer>;

/// Each story twice or more, with hosts of its own.
class everything : public traffic<table_type> {
public:
    everything() {
        for (const unsigned i : {0u, 1u}) {
            scans(i);
            floods(i);
            failures(i);
            transfers(i);
            paths(i);
            signs(i);
        }
        clocks();
    }
    [[nodiscard]] observation_report report(std::size_t per_kind, double more = 1) const {
        observation_options options{.per_kind = per_kind, .asymmetric_bytes = 10'000};
        options.one_sided *= more;
        return analyze_observations(table(), options);
    }

private:
    void scans(unsigned i) {
        for (unsigned port = 1; port <= 15 + i; ++port) syn(at(100 + i, 40000), at(110, port));
        for (unsigned host = 0; host < 25 + i; ++host) refused(at(102 + i, 40000), at(200 + host, 445));
        for (unsigned probe = 0; probe <= i; ++probe) sends(at(104 + i, 40000), at(111, 80 + probe), 0, 1, 0);
        for (unsigned port = 1; port <= 5; ++port) sends(at(106 + i, 40000), at(112, port), ACK, 1, 1);
    }
    void floods(unsigned i) {
        for (unsigned source = 0; source < 100 + i; ++source) syn(at(1000 + source, 40000), at(120 + i, 80));
        for (unsigned end = 0; end < 25 + i; ++end) sends(at(122 + i, 80), at(2000 + end, 40000), SYN | ACK, 1, 1);
        for (unsigned end = 0; end < 25 + i; ++end) sends(at(3000 + end, 80), at(124 + i, 40000), SYN | ACK, 1, 1);
        for (unsigned source = 0; source < 100 + i; ++source) {
            opens(at(1000 + source, 41000), at(126 + i, 80));
            after(30s);
            sends(at(1000 + source, 41000), at(126 + i, 80), ACK, 101, 501);
        }
        for (unsigned port = 0; port < 100 + i; ++port) {
            opens(at(128 + i, 1000 + port), at(130 + port % 2, 80));
            after(30s);
            sends(at(128 + i, 1000 + port), at(130 + port % 2, 80), ACK, 101, 501);
        }
        for (const std::uint32_t sequence : {101u, 106u}) { // all open at once
            for (unsigned port = 0; port < 250 + i; ++port) {
                if (sequence == 101) opens(at(132 + i, 1000 + port), at(134, 80));
                sends(at(132 + i, 1000 + port), at(134, 80), ACK | PSH, sequence, 501, 5);
            }
        }
    }
    void failures(unsigned i) {
        for (unsigned source = 0; source < 20; ++source) asks(at(4000 + source, 40000), at(140 + i, 80));
        for (unsigned port = 0; port < 3 + i; ++port) syn(at(142, 40000 + port), at(140 + i, 80));
    }
    void transfers(unsigned i) {
        for (unsigned target = 0; target < 4; ++target) asks(at(150 + i, 40000), at(160 + target, 80), 100, 1000);
        asks(at(150 + i, 40000), at(170, 443), 10'000 + i, 10);
        for (unsigned again = 0; again < 10 + i; ++again) {
            asks(at(152 + i, 40000 + again), at(171, 443));
            after(60s + std::chrono::seconds{i * (again % 3)});
        }
    }
    void paths(unsigned i) {
        opens(at(180 + i, 40000), at(182, 80));
        for (unsigned data = 0; data < 200; ++data) {
            sends(at(180 + i, 40000), at(182, 80), ACK, 101 + 10 * data, 501, 10);
            after(300ms);
            if (data < 11 + i) sends(at(180 + i, 40000), at(182, 80), ACK, 101 + 10 * data, 501, 10);
            after(20ms);
            sends(at(182, 80), at(180 + i, 40000), ACK, 501, 111 + 10 * data);
        }
        // Several paths to one service, of which none has enough trouble of its own.
        for (unsigned source = 0; source < 6 + i; ++source) {
            opens(at(5000 + source, 40000), at(184 + i, 80));
            for (unsigned data = 0; data < 40; ++data) {
                sends(at(5000 + source, 40000), at(184 + i, 80), ACK, 101 + 10 * data, 501, 10);
                after(300ms);
                if (data < 3) sends(at(5000 + source, 40000), at(184 + i, 80), ACK, 101 + 10 * data, 501, 10);
                after(20ms);
                sends(at(184 + i, 80), at(5000 + source, 40000), ACK, 501, 111 + 10 * data);
            }
        }
        for (unsigned port = 0; port < 6; ++port) // one direction alone
            sends(at(186 + i, 80), at(188, 40000 + port), ACK | PSH, 1, 1, 100);
    }
    void signs(unsigned i) {
        opens(at(190 + i, 40000), at(192, 80));
        sends(at(192, 80), at(190 + i, 40000), RST, 600, 0);
        sends(at(192, 80), at(190 + i, 40000), ACK | PSH, 501, 101, 10);
        syn(at(194 + i, 40000), at(192, 80));
        sends(at(192, 80), at(194 + i, 40000), SYN | ACK, 500, 101);
        sends(at(192, 80), at(194 + i, 40000), SYN | ACK, 7'000'000, 101);
        sends(at(194 + i, 40000), at(192, 80), ACK, 101, 501);
        for (unsigned port = 0; port < 10 + i; ++port) // the same initial number, and the same Identification
            sends(at(196 + i, 40000 + port), at(197, 80), {.flags = SYN, .sequence = 77, .ip_id = std::uint16_t{99}});
    }
    /// Answers that were captured before what they answer.
    void clocks() {
        for (unsigned port = 0; port < 3; ++port) {
            sends(at(199, 80), at(198, 40000 + port), SYN | ACK, 500, 101);
            syn(at(198, 40000 + port), at(199, 80));
            sends(at(198, 40000 + port), at(199, 80), ACK, 101, 501);
            for (std::uint32_t round = 0; round < 8; ++round) {
                sends(at(199, 80), at(198, 40000 + port), ACK, 501, 111 + 10 * round);
                sends(at(198, 40000 + port), at(199, 80), ACK | PSH, 101 + 10 * round, 501, 10);
            }
        }
    }
};

std::set<observation_kind> kinds_of(const observation_report& report) {
    std::set<observation_kind> found;
    for (const observation& each : report.items) found.insert(each.kind);
    return found;
}

} // namespace

TEST_CASE("observations: any number of each kind may be reported, none of them, or the first") {
    const everything all;
    const observation_report whole = all.report(1000);
    CHECK(whole.left_out == 0);
    CHECK(whole.total == whole.items.size());
    using enum observation_kind;
    for (const observation_kind each :
         {port_scan, address_scan, sequential_test, stealth_probe, syn_flood, backscatter, connection_flood,
          blocked_service, reset_out_of_place, takeover_signs, asymmetric_transfer, regular_contact, covert_field_use,
          path_trouble, capture_limits}) {
        CAPTURE(to_string(each));
        CHECK(kinds_of(whole).contains(each));
    }

    const observation_report none = all.report(0);
    CHECK(none.items.empty());
    CHECK(none.total == whole.total);
    CHECK(none.left_out == whole.total);

    for (const std::size_t most : {1u, 2u, 3u}) {
        const observation_report some = all.report(most);
        CHECK(some.total == whole.total);
        CHECK(some.left_out == some.total - some.items.size());
        std::vector<observation> expected;
        std::size_t of_kind = 0;
        for (const observation& each : whole.items) {
            of_kind = !expected.empty() && expected.back().kind == each.kind ? of_kind : 0;
            if (++of_kind <= most) expected.push_back(each);
        }
        CHECK(some.items == expected);
    }
}

TEST_CASE("observations: a kind whose threshold is above what there is, is not reported") {
    const everything all;
    observation_options high{.asymmetric_bytes = 1e9};
    for (double* const each : {&high.port_scan,      &high.address_scan,     &high.stealth_probes,
                               &high.ack_probes,     &high.syn_rate,         &high.half_open,
                               &high.backscatter,    &high.idle_connections, &high.open_connections,
                               &high.blocked,        &high.regular_contacts, &high.path_packets,
                               &high.path_timeouts,  &high.path_marks,       &high.path_zero_windows,
                               &high.path_inflation, &high.path_black_holes, &high.repeated_fields,
                               &high.one_sided,      &high.incomplete,       &high.skewed})
        *each = 1e6;
    const observation_report report = analyze_observations(all.table(), high);
    using enum observation_kind;
    for (const observation& each : report.items) {
        const bool needs_no_number =
            each.kind == sequential_test || each.kind == reset_out_of_place || each.kind == takeover_signs;
        CHECK_MESSAGE(needs_no_number, to_string(each.kind));
    }
}

TEST_CASE("observations: each option beyond its bound is refused") {
    CHECK(observation_options{}.is_valid());
    CHECK_FALSE(observation_options{.ordinary_success = 1.0}.is_valid());
    CHECK_FALSE(observation_options{.ordinary_success = 0.2, .scanner_success = 0.2}.is_valid());
    CHECK_FALSE(observation_options{.error_rate = 0.5}.is_valid());
    CHECK_FALSE(observation_options{.syn_completed = 1.01}.is_valid());
    CHECK_FALSE(observation_options{.path_retransmissions = 1.01}.is_valid());
    CHECK_FALSE(observation_options{.idle_time = 0s}.is_valid());
    CHECK_FALSE(observation_options{.kept_contacts = 0}.is_valid());
    CHECK_FALSE(observation_options{.skewed = 2e18}.is_valid());
}

TEST_CASE("contact: what became of each kind of connection") {
    connection of;
    of.handshake = handshake_state::incomplete;
    const auto came_out = [&](const direction_statistics& up, const direction_statistics& down) {
        return outcome_of(of, up, down);
    };
    using enum outcome;
    CHECK(came_out({.packets = 1}, {}) == odd_probe);                                 // NULL
    CHECK(came_out({.packets = 1, .fin = 1}, {.packets = 1, .rst = 1}) == odd_probe); // FIN alone
    CHECK(came_out({.packets = 1, .ack = 1, .fin = 1}, {.packets = 1, .rst = 1}) == fin_probe);
    CHECK(came_out({.packets = 1, .ack = 1, .fin = 1}, {}) == midstream);
    CHECK(came_out({.packets = 2, .ack = 2, .fin = 1}, {.packets = 1, .rst = 1}) == midstream);
    CHECK(came_out({.packets = 1, .ack = 1}, {}) == ack_probe);
    CHECK(came_out({.packets = 3, .ack = 3}, {.packets = 1, .rst = 1}) == ack_probe);
    CHECK(came_out({.packets = 4, .ack = 4}, {}) == midstream);
    CHECK(came_out({.packets = 3, .ack = 2}, {}) == midstream);
    CHECK(came_out({.packets = 1, .ack = 1}, {.packets = 2, .rst = 1}) == midstream);
    CHECK(came_out({.packets = 1, .payload_bytes = 1, .ack = 1}, {}) == midstream);
    CHECK(came_out({.packets = 2, .ack = 1, .rst = 1}, {}) == midstream);
    of.handshake = handshake_state::failed;
    CHECK(came_out({.packets = 1, .syn = 1, .fin = 1}, {}) == odd_probe);
    CHECK(came_out({.packets = 2, .syn = 1, .fin = 1}, {}) == ignored);
    CHECK(came_out({.packets = 2, .syn = 2, .fin = 1}, {}) == ignored);
    CHECK(came_out({.packets = 1, .syn = 1}, {.packets = 1, .rst = 1}) == refused);
    CHECK(came_out({.packets = 1, .syn = 1}, {.packets = 1, .syn_ack = 1}) == half_open);
    CHECK(came_out({.packets = 2, .syn = 1, .rst = 1}, {.packets = 1, .syn_ack = 1}) == half_open_reset);
    CHECK(came_out({.packets = 1, .syn = 1}, {.packets = 2, .syn_ack = 1, .rst = 1}) == half_open_reset);
    of.handshake = handshake_state::completed;
    CHECK(came_out({.packets = 2}, {.packets = 1}) == idle);
    CHECK(came_out({.packets = 2, .payload_bytes = 5, .data_packets = 1}, {.packets = 1}) == answered);
    CHECK(came_out({.packets = 2, .payload_bytes = 5, .data_packets = 3, .retransmissions = 2}, {.packets = 1}) ==
          stalled);
    CHECK(came_out({.packets = 2, .payload_bytes = 5, .data_packets = 3, .retransmissions = 2},
                   {.packets = 2, .fin = 1}) == answered);
    of.close_reason = close_reason::normal;
    CHECK(came_out({.packets = 2}, {.packets = 1}) == answered);
    CHECK(narrowed<std::uint16_t>(65'534) == 65'534);
    CHECK(narrowed<std::uint16_t>(70'000) == 65'535);
    contact a{};
    contact b{};
    b.network = {{1, 0, 0}};
    CHECK(a < b);
    CHECK_FALSE(b < a);
}

TEST_CASE("timeline: of one packet the events are in the order of connections, then of kinds") {
    const everything all;
    const timeline_report whole = timeline(all.table(), {}, 100'000);
    CHECK(whole.left_out == 0);
    const auto& events = whole.events;
    for (std::size_t i = 1; i < events.size(); ++i) CHECK_FALSE(detail::comes_before(events[i], events[i - 1]));
    CHECK(timeline(all.table(), {}, 0).left_out == whole.total);
    // The connections in another order: the first events are the same.
    std::vector<table_type::connection_type> backwards(all.table().begin(), all.table().end());
    for (std::size_t i = 0; i < backwards.size() / 2; ++i) std::swap(backwards[i], backwards[backwards.size() - 1 - i]);
    const timeline_report some = timeline(backwards, {}, 7);
    CHECK(some.events == std::vector(events.begin(), events.begin() + 7));
    timeline_report::event first{.packet = 5, .connection = 1};
    timeline_report::event second{.packet = 5, .connection = 2};
    CHECK(detail::comes_before(first, second));
    second = first;
    second.found = irregularity::timeout;
    CHECK(detail::comes_before(first, second) != detail::comes_before(second, first));
    // A source whose role is a guess may be either end.
    CHECK(timeline(all.table(), {.source = all.host(104)}).total > 0);
    CHECK(timeline(all.table(), {.target = all.host(110), .port = 3}).total == 2);
    CHECK(timeline(all.table(), {.target = all.host(110), .port = 999}).total == 0);
}
