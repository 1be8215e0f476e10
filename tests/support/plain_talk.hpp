// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/connection/side.hpp>
#include <tcplens/wire/segment.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

/// Two hosts that send mostly what is plain, and sometimes anything. `choices.below(limit)` chooses a number below `limit`, as the hosts
/// and the network between them would: at random, or as an input tells.
template <class Choices>
class plain_talk {
public:
    explicit plain_talk(Choices& choices) : choices_(choices) {
        const std::uint32_t begins[]{0, 0xfffffc00, 0x0ffff000, 0x7ffff000, 0x12345678};
        for (end& each : ends_) {
            each.next = begins[below(5)];
            each.id = static_cast<std::uint16_t>(below(65536));
            each.clock = below(2) * 0xfffffff0u;
        }
        has_clock_ = below(3) > 0;
        has_ids_ = below(3) > 0;
        one_way_ = below(10) == 0;
        oddities_ = below(4) == 0 ? 0 : 4 + below(60);
        if (below(2) == 0) ends_[tcplens::side::first].acknowledged = ends_[tcplens::side::second].next;
        opens_ = below(2) == 0 ? 3 : 0;
    }

    [[nodiscard]] std::pair<tcplens::segment, tcplens::side> next() {
        if (opens_ > 0) return next_of_handshake();
        const auto from = static_cast<tcplens::side>(one_way_ ? 0 : below(2));
        end& own = ends_[from];
        end& peer = ends_[tcplens::opposite(from)];
        now_ += below(30) == 0 ? std::chrono::nanoseconds{below(2'000'000'000)}
                               : std::chrono::nanoseconds{below(3'000'000)};
        own.clock += below(3);
        own.id = static_cast<std::uint16_t>(own.id + 1 + (below(20) == 0 ? below(12) : 0));
        tcplens::segment made{.time = now_,
                              .packet_number = ++number_,
                              .sequence = {own.next},
                              .payload_length = below(3) == 0 ? 0 : 1 + below(1460),
                              .window = 500,
                              .flags = {0x10},
                              .hop_limit = 64};
        if (peer.next - own.acknowledged < (1u << 30) && below(4) > 0) {
            own.acknowledged = below(3) > 0 ? peer.next : own.acknowledged + below(peer.next - own.acknowledged + 1);
        }
        made.acknowledgment = {own.acknowledged};
        if (has_clock_) made.options.timestamps = tcplens::tcp_timestamps{own.clock, peer.clock - below(2)};
        if (has_ids_) made.ip_id = own.id;
        if (oddities_ > 0 && below(oddities_) == 0) twist(made, own, peer);
        if (made.flags.opens_or_closes() == false && made.sequence.value == own.next) own.next += made.payload_length;
        earlier_.push_back({made, from});
        if (oddities_ > 0 && below(oddities_ * 2) == 0) { // a copy of an earlier one, from the network or sent again
            auto [copy, sender] =
                earlier_[earlier_.size() - 1 -
                         below(static_cast<std::uint32_t>(std::min<std::size_t>(earlier_.size(), 20)))];
            copy.time = now_ += std::chrono::nanoseconds{below(400'000'000)};
            copy.packet_number = ++number_;
            if (has_ids_ && below(2) == 0)
                copy.ip_id = ends_[sender].id = static_cast<std::uint16_t>(ends_[sender].id + 1);
            return {copy, sender};
        }
        return earlier_.back();
    }

private:
    struct end {
        std::uint32_t next = 0;
        std::uint32_t acknowledged = 0;
        std::uint32_t clock = 0;
        std::uint16_t id = 0;
    };

    /// A SYN, a SYN-ACK and an ACK.
    [[nodiscard]] std::pair<tcplens::segment, tcplens::side> next_of_handshake() {
        const tcplens::side from = opens_ == 2 ? tcplens::side::second : tcplens::side::first;
        end& own = ends_[from];
        end& peer = ends_[tcplens::opposite(from)];
        const std::uint16_t flags[]{0x10, 0x12, 0x02};
        now_ += std::chrono::milliseconds{1};
        tcplens::segment made{.time = now_,
                              .packet_number = ++number_,
                              .sequence = {own.next},
                              .window = 500,
                              .flags = {flags[--opens_]},
                              .hop_limit = 64};
        if (made.flags.ack()) made.acknowledgment = {own.acknowledged = peer.next};
        if (has_clock_) made.options.timestamps = tcplens::tcp_timestamps{own.clock, peer.clock};
        if (has_ids_) made.ip_id = ++own.id;
        if (made.flags.syn()) ++own.next;
        earlier_.push_back({made, from});
        return {made, from};
    }

    [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return choices_.below(limit); }

    void twist(tcplens::segment& made, end& own, const end& peer) {
        switch (below(26)) {
        case 0: own.next += below(3000); break; // what comes before it is lost, or not captured
        case 1: made.sequence = {own.next - below(5000)}; break;
        case 2: made.payload_length = below(3); break;
        case 3: made.window = 0; break;
        case 4: made.window = static_cast<std::uint16_t>(below(600)); break;
        case 5: made.sequence = {own.next - 1}, made.payload_length = below(2); break;
        case 6: made.flags = {0x11}; break;
        case 7: made.flags = {0x14}; break;
        case 8: made.flags = {static_cast<std::uint16_t>(below(2) == 0 ? 0x02 : 0x12)}; break;
        case 9: made.flags = {0}; break;
        case 10: made.acknowledgment = {peer.next + below(4000)}; break;
        case 11: made.acknowledgment = {peer.next - (below(2) == 0 ? below(20000) : 1u << 31)}; break;
        case 12:
            made.options.sack_block_count = 1;
            made.options.sack_block_storage[0] = {{peer.next - below(3000)}, {peer.next - below(1000)}};
            break;
        case 13: made.options.sack_permitted = true; break;
        case 14: made.sequence = {below(0xffffffff)}; break;
        case 15: made.acknowledgment = {below(0xffffffff)}; break;
        case 16: own.next += below(2) == 0 ? (1u << 28) : (1u << 25); break;
        case 17: made.hop_limit = static_cast<std::uint8_t>(62 + below(4)); break;
        case 18: made.flags = {static_cast<std::uint16_t>(0x10 | below(2) << 3 | below(2) << 5 | below(2) << 6)}; break;
        case 19: made.options.timestamps = std::nullopt; break;
        case 20:
            made.options.timestamps = tcplens::tcp_timestamps{own.clock - below(8), peer.clock + below(8) - 4};
            break;
        case 21: made.ip_id = static_cast<std::uint16_t>(own.id - below(20)); break;
        case 22: // times that the rules compare with, and just less
            made.time = now_ +=
                std::chrono::milliseconds{below(2) == 0 ? 500 : 200} - std::chrono::nanoseconds{below(2)};
            break;
        case 23: own.next += 1u << 31; break;
        case 24: opens_ = 3; break; // they open another connection
        default: made.time = now_ -= std::chrono::milliseconds{700}; break;
        }
    }

    Choices& choices_;
    tcplens::per_side<end> ends_{};
    tcplens::timestamp now_{std::chrono::hours{1000}};
    std::uint64_t number_ = 0;
    std::uint32_t oddities_ = 0;
    unsigned opens_ = 0; ///< segments of its handshake that are still to come
    bool has_clock_ = false;
    bool has_ids_ = false;
    bool one_way_ = false;
    std::vector<std::pair<tcplens::segment, tcplens::side>> earlier_{};
};
