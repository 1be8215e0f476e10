// SPDX-License-Identifier: MIT
#pragma once

// One connection whose irregularities are looked at.

#include "traffic.hpp"

#include <tcplens/analysis/analyze_observations.hpp>
#include <tcplens/connection.hpp>
#include <tcplens/connection/observers/irregularity_observer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// The client's data begins at 101, the server's at 501. Their hop limits are 64 and 57, and each counts its Identifications.
class irregular_talk {
public:
    using table_type = tcplens::basic_connection_table<tcplens::evidence_rules, tcplens::irregularity_observer>;
    using names_type = std::vector<std::string_view>;

    explicit irregular_talk(bool v6 = false) : sent_(std::chrono::nanoseconds{}, v6) {}

    struct header {
        std::uint16_t flags = flag_bits::ACK;
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgment = 0;
        std::uint32_t length = 0;
        std::uint8_t hop_limit = 0; ///< 0: the side's own
        std::uint16_t ip_id = 0;    ///< 0: the side's counter
        std::uint8_t ecn = 0;
        std::uint16_t window = 1000;
        tcplens::checksum_state checksum = tcplens::checksum_state::not_verified;
        std::uint32_t clock = 0; ///< TSval; 0: no timestamps
        tcplens::segment::oddity_set oddities = tcplens::segment::oddity_set::none;
        std::chrono::milliseconds after{10};
    };
    void client(const header& sent) { add(client_, server_, sent, 64, client_id_); }
    void server(const header& sent) { add(server_, client_, sent, 57, server_id_); }
    /// A handshake, 20 bytes of the client, and 100 of the server, all acknowledged.
    void open() {
        using namespace flag_bits;
        client({.flags = SYN, .sequence = 100});
        server({.flags = SYN | ACK, .sequence = 500, .acknowledgment = 101});
        client({.sequence = 101, .acknowledgment = 501});
        client({.sequence = 101, .acknowledgment = 501, .length = 20});
        server({.sequence = 501, .acknowledgment = 121, .length = 50});
        client({.sequence = 121, .acknowledgment = 551});
        server({.sequence = 551, .acknowledgment = 121, .length = 50});
        client({.sequence = 121, .acknowledgment = 601});
    }

    [[nodiscard]] const tcplens::connection_irregularities& found() const { return table().begin()->irregularities; }
    /// The names of all that occurred, also in connections that a SYN began later.
    [[nodiscard]] names_type names() const {
        names_type all;
        for (std::size_t i = 0; i < tcplens::connection_irregularities::kinds; ++i) {
            const auto kind = static_cast<tcplens::irregularity>(i);
            if (std::any_of(table().begin(), table().end(),
                            [kind](const auto& each) { return each.irregularities.has(kind); })) {
                all.push_back(to_string(kind));
            }
        }
        return all;
    }
    [[nodiscard]] const table_type& table() const { return sent_.table(); }
    [[nodiscard]] bool observes(tcplens::observation_kind kind) const {
        const auto report = analyze_observations(table());
        CHECK(report.not_available.empty());
        return std::ranges::count(report.items, kind, &tcplens::observation::kind) > 0;
    }

private:
    void add(const tcplens::endpoint& from, const tcplens::endpoint& to, const header& sent, std::uint8_t hop_limit,
             std::uint16_t& id) {
        sent_.sends(from, to,
                    {.flags = sent.flags,
                     .sequence = sent.sequence,
                     .acknowledgment = sent.acknowledgment,
                     .length = sent.length,
                     .hop_limit = sent.hop_limit != 0 ? sent.hop_limit : hop_limit,
                     .ip_id = sent.ip_id != 0 ? sent.ip_id : ++id,
                     .ecn = sent.ecn,
                     .window = sent.window,
                     .checksum = sent.checksum,
                     .clock = sent.clock,
                     .oddities = sent.oddities,
                     .after = sent.after});
    }

    traffic<table_type> sent_;
    tcplens::endpoint client_ = sent_.at(1, 40000);
    tcplens::endpoint server_ = sent_.at(2, 80);
    std::uint16_t client_id_ = 1000;
    std::uint16_t server_id_ = 30000;
};
