// SPDX-License-Identifier: MIT
#pragma once

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

/// Two ends that say what a test of profiles wants, segment by segment, as numbers relative to their initial ones: data begins
/// at 1. What an end acknowledges, and its window, hold until it says otherwise.
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

    explicit conversation(std::uint32_t initial = 1000) {
        initial_[0] = initial;
        initial_[1] = initial ^ 0x5a5a'0000u;
    }

    tcplens::add_result client(const words& said) { return says(0, said); }
    tcplens::add_result server(const words& said) { return says(1, said); }

    void shakes_hands(std::chrono::nanoseconds round_trip = std::chrono::milliseconds{10}) {
        client({.at = 0, .flags = syn});
        after(round_trip);
        server({.at = 0, .ack = 1, .flags = syn});
        client({.ack = 1});
    }

    void after(std::chrono::nanoseconds duration) { now_ += duration; }

    [[nodiscard]] const auto& only() const {
        REQUIRE(table_.size() == 1);
        return table_[0];
    }
    [[nodiscard]] const tcplens::direction_profile& up() const { return only().profile.client_to_server; }
    [[nodiscard]] const tcplens::direction_profile& down() const { return only().profile.server_to_client; }

    static constexpr std::uint16_t fin = 0x01;
    static constexpr std::uint16_t syn = 0x02;
    static constexpr std::uint16_t rst = 0x04;
    static constexpr std::uint16_t psh = 0x08;
    static constexpr std::uint16_t ack = 0x10;
    static constexpr std::uint16_t urg = 0x20;

private:
    tcplens::add_result says(unsigned side, const words& said) {
        using namespace tcplens;
        using namespace tcplens::detail;
        end_state& own = ends_[side];
        if (said.ack) own.acknowledged = said.ack;
        if (said.window) own.window = *said.window;
        const auto number = [&](unsigned whose, std::int64_t relative) {
            return sequence_number{initial_[whose]} + static_cast<std::uint32_t>(relative);
        };
        const std::int64_t at = said.at.value_or(own.next);
        segment made;
        made.time = now_;
        made.packet_number = ++packets_;
        made.source = end_of(side);
        made.destination = end_of(1 - side);
        made.sequence = number(side, at);
        made.flags.bits = said.flags;
        if (own.acknowledged) {
            made.flags.bits |= ack;
            made.acknowledgment = number(1 - side, *own.acknowledged);
        }
        made.payload_length = said.length;
        made.captured_payload = std::min(said.length, said.captured);
        made.window = own.window;
        made.hop_limit = 64;
        made.ip_id = said.ip_id ? *said.ip_id : ++own.ip_id;
        made.options.timestamps = said.clock;
        made.options.window_scale = said.scale;
        for (const auto& block : said.sack) {
            made.options.sack_block_storage[made.options.sack_block_count++] = {number(1 - side, block[0]),
                                                                                number(1 - side, block[1])};
        }
        if (!made.flags.rst()) own.next = std::max(own.next, at + made.sequence_length());
        return table_.add(made);
    }

    [[nodiscard]] static tcplens::endpoint end_of(unsigned side) {
        return {tcplens::address::parse(side == 0 ? "192.0.2.1" : "198.51.100.1").value(),
                static_cast<std::uint16_t>(side == 0 ? 40000 : 443)};
    }

    struct end_state {
        std::int64_t next = 0;
        std::optional<std::int64_t> acknowledged{};
        std::uint16_t window = 8192;
        std::uint16_t ip_id = 100;
    };

    std::array<std::uint32_t, 2> initial_{};
    std::array<end_state, 2> ends_{};
    tcplens::timestamp now_{std::chrono::seconds{1'700'000'000}};
    std::uint64_t packets_ = 0;
    tcplens::basic_connection_table<tcplens::evidence_rules, Observer> table_{};
};
