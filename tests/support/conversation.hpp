// SPDX-License-Identifier: MIT
#pragma once

#include "segment_script.hpp"

#include <tcplens/connection/observers/profile_observer.hpp>
#include <tcplens/connection/rules/evidence_rules.hpp>
#include <tcplens/connection/table/connection_table.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>

/// Two ends whose segments have what a test of profiles asks for. It is a segment_script that goes on where an end was: the sequence
/// number follows the highest that was sent, and acknowledgment and window remain until the test sets others.
///
///     for (const std::uint32_t initial : conversation<>::initials) {
///         conversation talk{initial};
///         talk.shakes_hands();
///         talk.client({.at = 1, .length = 100});
///         CHECK(talk.up().unique_bytes == 100);
///     }
template <class Observer = tcplens::profile_observer>
class conversation {
public:
    /// Numbers that run over 2^32 and 2^31 within the first bytes, and others.
    static constexpr std::array<std::uint32_t, 4> initials{1000, 0xffff'ff00u, 0x7fff'ff00u, 0xffff'ffffu};

    struct words {
        std::optional<std::int64_t> at{}; ///< else after what was sent
        std::uint32_t length = 0;
        std::optional<std::int64_t> ack{};
        std::optional<std::uint16_t> window{};
        std::uint16_t flags = 0; ///< and ACK, where anything is acknowledged
        std::initializer_list<std::array<std::int64_t, 2>> sack{};
        std::optional<tcplens::tcp_timestamps> clock{};
        std::optional<std::uint8_t> scale{};
        std::optional<std::uint16_t> ip_id{};
        std::uint32_t captured = 0xffff'ffffu; ///< no more of the data than this
    };

    explicit conversation(std::uint32_t initial = 1000) { script_.initial = {initial, initial ^ 0x5a5a'0000u}; }

    auto client(const words& said) { return says(0, said); }
    auto server(const words& said) { return says(1, said); }

    void shakes_hands(std::chrono::nanoseconds round_trip = std::chrono::milliseconds{10}) {
        client({.at = 0, .flags = syn});
        after(round_trip);
        server({.at = 0, .ack = 1, .flags = syn});
        client({.ack = 1});
    }

    void after(std::chrono::nanoseconds duration) { script_.now += duration; }

    [[nodiscard]] const auto& only() const {
        REQUIRE(table_.size() == 1);
        return table_[0];
    }
    [[nodiscard]] const tcplens::direction_profile& up() const { return only().profile.client_to_server; }
    [[nodiscard]] const tcplens::direction_profile& down() const { return only().profile.server_to_client; }

    static constexpr std::uint16_t fin = segment_script::fin, syn = segment_script::syn, rst = segment_script::rst,
                                   psh = segment_script::psh, ack = segment_script::ack, urg = segment_script::urg;

private:
    auto says(unsigned side, const words& said) {
        using namespace tcplens;
        end_state& sender = ends_[side];
        if (said.ack) sender.acknowledged = said.ack;
        if (said.window) sender.window = *said.window;
        const std::int64_t at = said.at.value_or(sender.next);
        const std::uint16_t last_ip_id = script_.last_ip_id[side];
        segment& made = script_.make(side, said.flags | (sender.acknowledged ? ack : 0u), at,
                                     sender.acknowledged.value_or(0), said.length);
        made.captured_payload = std::min(said.length, said.captured);
        made.window = sender.window;
        made.hop_limit = 64;
        if (said.ip_id) {
            made.ip_id = *said.ip_id;
            script_.last_ip_id[side] = last_ip_id;
        }
        made.options.timestamps = said.clock;
        made.options.window_scale = said.scale;
        for (const auto& block : said.sack) {
            made.options.sack_block_storage[made.options.sack_block_count++] = {script_.number(1 - side, block[0]),
                                                                                script_.number(1 - side, block[1])};
        }
        if (!made.flags.rst()) sender.next = std::max(sender.next, at + made.sequence_length());
        const add_result added = table_.add(made);
        script_.segments.clear(); // nobody looks at them, and some conversations are long
        return added;
    }

    struct end_state {
        std::int64_t next = 0;
        std::optional<std::int64_t> acknowledged{};
        std::uint16_t window = 8192;
    };

    std::array<end_state, 2> ends_{};
    segment_script script_{
        .ends = {segment_script::host("192.0.2.1", 40000), segment_script::host("198.51.100.1", 443)},
        .last_ip_id = {100, 100}};
    tcplens::basic_connection_table<tcplens::evidence_rules, Observer> table_{};
};
