// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/rules/segment_rules.hpp>
#include <tcplens/wire/segment.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

/// Segments of a few pairs of endpoints that do everything, wisely or not: connections that are opened, closed and reset, and
/// opened again; data in order, again, late, far off; SACK blocks, probes, floods; clocks that stand still, run back and leap.
class random_traffic {
public:
    explicit random_traffic(std::uint64_t seed, std::size_t pairs = 24) : random_(seed) {
        for (std::size_t i = 0; i < pairs; ++i) {
            std::array<std::byte, 16> bytes{std::byte{0x20}, std::byte{0x01}};
            bytes[15] = static_cast<std::byte>(i % 5);
            const auto client =
                i % 3 == 0 ? tcplens::address::v6(bytes) : tcplens::address::v4(std::span{bytes}.last<4>());
            bytes[15] = std::byte{99};
            const auto server =
                i % 3 == 0 ? tcplens::address::v6(bytes) : tcplens::address::v4(std::span{bytes}.last<4>());
            also({client, static_cast<std::uint16_t>(1000 + i)}, {server, 443},
                 {.words = {0, 0, i % 7 == 0 ? 5u : 0u}});
        }
    }

    /// Segments between these two, too.
    void also(const tcplens::endpoint& a, const tcplens::endpoint& b, const tcplens::segment::network_id& network) {
        pairs_.push_back({.ends = {a, b}, .network = network});
    }

    [[nodiscard]] tcplens::segment next() {
        pass_time();
        pair& of = pairs_[below(pairs_.size())];
        tcplens::segment made = say(of, below(2));
        made.time = now_;
        made.packet_number = ++number_;
        if (below(40) == 0) made.source.port = static_cast<std::uint16_t>(20'000 + below(40'000)); // of a flood
        return made;
    }

private:
    struct pair {
        std::array<tcplens::endpoint, 2> ends{};
        tcplens::segment::network_id network{};
        std::array<std::uint32_t, 2> sent{};
        std::array<std::uint32_t, 2> heard{};
        std::array<std::uint16_t, 2> ids{};
        tcplens::segment last{};
    };

    [[nodiscard]] std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }

    void pass_time() {
        using namespace std::chrono_literals;
        const std::size_t chance = below(2000);
        std::chrono::nanoseconds step = std::chrono::microseconds{below(4000)};
        if (chance < 20) step = std::chrono::seconds{below(8)};
        else if (chance < 24) step = -std::chrono::seconds{below(3)};
        else if (chance == 24) step = std::chrono::hours{below(40)};
        else if (chance == 25) step = std::chrono::hours{24 * 365 * 20};
        else if (chance == 26) step = -std::chrono::hours{24 * 365 * 20};
        else if (chance < 300) step = 0ns;
        if (step > 0ns && now_ > latest_) step = -std::chrono::hours{24 * 365 * 40};
        if (step < 0ns && now_ < earliest_) step = 1s;
        now_ += step;
    }

    [[nodiscard]] tcplens::segment say(pair& of, std::size_t own) {
        const std::size_t peer = 1 - own;
        tcplens::segment made{.source = of.ends[own],
                              .destination = of.ends[peer],
                              .sequence = {of.sent[own]},
                              .acknowledgment = {of.heard[own]},
                              .window = static_cast<std::uint16_t>(below(20) == 0 ? 0 : 1000 + below(3)),
                              .flags = {0x10},
                              .hop_limit = 64,
                              .network = of.network};
        if (below(3) > 0) made.ip_id = static_cast<std::uint16_t>(++of.ids[own]);
        if (below(2) == 0) made.options.timestamps = {static_cast<std::uint32_t>(number_ / 8), of.heard[own] / 8};
        switch (const std::size_t what = below(30)) {
        case 0: // a SYN, mostly of another connection
            if (below(4) > 0) of.sent[own] = static_cast<std::uint32_t>(random_());
            made.sequence = {of.sent[own]};
            made.flags = {0x02};
            made.options.window_scale = static_cast<std::uint8_t>(below(15));
            made.options.sack_permitted = true;
            made.options.maximum_segment_size = static_cast<std::uint16_t>(1000);
            of.sent[own] += 1;
            of.heard[peer] = of.sent[own];
            break;
        case 1: // and the answer
            of.sent[own] = static_cast<std::uint32_t>(random_());
            made.sequence = {of.sent[own]};
            made.flags = {0x12};
            made.options.window_scale = static_cast<std::uint8_t>(below(15));
            of.sent[own] += 1;
            of.heard[peer] = of.sent[own];
            break;
        case 2: made.flags = {0x11}; break;
        case 3: made.flags = {static_cast<std::uint16_t>(below(2) == 0 ? 0x04 : 0x14)}; break;
        case 4: // the last one again, perhaps as a copy
            made = of.last;
            if (below(2) == 0) made.ip_id = static_cast<std::uint16_t>(++of.ids[own]);
            return made;
        case 5: // again, or late
            made.sequence = {of.sent[own] - static_cast<std::uint32_t>(100 * below(12))};
            made.payload_length = 100;
            break;
        case 6: // something before it is missing
            of.sent[own] += static_cast<std::uint32_t>(100 * below(4));
            made.sequence = {of.sent[own]};
            made.payload_length = 100;
            of.sent[own] += 100;
            break;
        case 7: { // a duplicate ACK
            made.options.sack_block_count = static_cast<std::uint8_t>(1 + below(4));
            for (auto& block : made.options.sack_block_storage) {
                block.left = {of.heard[own] + static_cast<std::uint32_t>(100 * below(9))};
                block.right = {block.left.value + 100};
            }
            break;
        }
        case 8: // far off
            made.sequence = {static_cast<std::uint32_t>(random_())};
            made.payload_length = static_cast<std::uint32_t>(below(1500));
            break;
        case 9: // a probe
            made.sequence = {of.sent[own] - 1};
            made.payload_length = static_cast<std::uint32_t>(below(2));
            break;
        case 10: made.acknowledgment = {static_cast<std::uint32_t>(random_())}; break;
        case 11: made.options.cut = true; break;
        case 12: made.checksum = static_cast<tcplens::checksum_state>(below(4)); break;
        default:
            if (what < 24) {
                made.payload_length = static_cast<std::uint32_t>(1 + below(1400));
                of.sent[own] += made.payload_length;
            } else {
                of.heard[own] = of.sent[peer];
                made.acknowledgment = {of.heard[own]};
            }
        }
        made.captured_payload = below(5) == 0 ? made.payload_length / 2 : made.payload_length;
        made.ip_length = 40 + made.payload_length;
        made.wire_length = made.ip_length + 14;
        return of.last = made;
    }

    static constexpr tcplens::timestamp earliest_ =
        tcplens::detail::clamp_for_arithmetic(tcplens::timestamp::min()) + std::chrono::hours{24 * 365 * 41};
    static constexpr tcplens::timestamp latest_ =
        tcplens::detail::clamp_for_arithmetic(tcplens::timestamp::max()) - std::chrono::hours{24 * 365 * 41};

    std::mt19937_64 random_;
    std::vector<pair> pairs_{};
    tcplens::timestamp now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
    std::uint64_t number_ = 0;
};
