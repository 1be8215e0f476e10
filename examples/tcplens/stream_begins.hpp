// SPDX-License-Identifier: MIT
#pragma once

// Where the streams of one connection begin, if segments of their beginning were captured out of order. An observer of streams begins with the
// first segment that it gets; who reads a capture twice knows better.

#include <tcplens/wire.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>

namespace program {

/// Finds senders whose first captured segment is not the first of their stream: their SYN, or data before it, comes later.
class stream_begins {
public:
    /// A segment without data at the beginning of a stream, by the number of the packet before which a stream observer should get it.
    using segments = std::map<std::uint64_t, tcplens::segment>;

    void add(const tcplens::segment& next, std::uint64_t packet_number) {
        const bool is_first = !senders_[0].first || senders_[0].first->source == next.source;
        sender& of = senders_[is_first ? 0 : 1];
        sender& peer = senders_[is_first ? 1 : 0];
        if (next.checksum != tcplens::checksum_state::bad) of.add(next, packet_number);
        if (next.flags.ack() && !peer.acknowledged) peer.acknowledged = next.acknowledgment;
    }
    [[nodiscard]] segments found() const {
        segments all;
        for (const sender& each : senders_) {
            if (const std::optional<tcplens::segment> begin = each.begin()) all.emplace(each.packet_number, *begin);
        }
        return all;
    }

private:
    /// Farther before the first captured segment than so many bytes is another stream, or none.
    static constexpr std::int32_t most_bytes = 1 << 20;

    struct sender {
        std::optional<tcplens::segment> first{};
        std::uint64_t packet_number = 0;                        ///< of the first segment
        std::optional<tcplens::sequence_number> acknowledged{}; ///< by the peer, for the first time
        bool was_acknowledged_first = false;                    ///< before the first segment: the stream begins there
        bool has_syn = false;
        tcplens::sequence_number lowest{}; ///< where the first segment begins, or one that came later

        void add(const tcplens::segment& next, std::uint64_t number) {
            if (!first) {
                first = next;
                packet_number = number;
                was_acknowledged_first = acknowledged.has_value();
                has_syn = next.flags.syn();
                lowest = next.payload_begin();
                return;
            }
            if (has_syn || (next.payload_length == 0 && !next.flags.syn())) return;
            const tcplens::sequence_number begin = next.payload_begin();
            // Before what the peer acknowledged first, it is an old copy.
            if (!next.flags.syn() && acknowledged && before(begin, *acknowledged)) return;
            const std::int32_t ahead = distance(lowest, begin);
            if (ahead >= 0 || distance(first->payload_begin(), begin) < -most_bytes) return;
            lowest = begin;
            has_syn = next.flags.syn();
        }
        [[nodiscard]] std::optional<tcplens::segment> begin() const {
            if (!first || was_acknowledged_first || !first->flags.ack() || first->flags.syn() || first->flags.rst() ||
                lowest == first->payload_begin())
                return std::nullopt;
            tcplens::segment made = *first;
            made.sequence = lowest;
            made.payload_length = 0;
            made.flags = {.bits = 0x010}; // ACK
            made.options = {};
            return made;
        }
    };

    std::array<sender, 2> senders_{};
};

} // namespace program
