// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../rules/wireshark_rules.hpp"
#include "../side.hpp"
#include "connection_observer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tcplens::inline v0 {

/// What Wireshark calls the round trips of a connection.
struct wireshark_rtt {
    /// What one segment acknowledged, where that is exactly up to the end of another.
    struct acknowledgment {
        std::uint64_t packet_number = 0; ///< of the segment that acknowledges
        std::uint64_t acknowledged = 0;  ///< tcp.analysis.acks_frame: of the one that it acknowledges
        std::chrono::nanoseconds rtt{};  ///< tcp.analysis.ack_rtt, which tshark does not show where it is 0

        [[nodiscard]] friend constexpr bool operator==(const acknowledgment&, const acknowledgment&) noexcept = default;
    };

    /// tcp.analysis.initial_rtt: from the latest SYN without ACK to the first segment after it that has an ACK and no SYN,
    /// whoever sent it, and be it a RST. Never 0; less if the clock was set back.
    std::optional<std::chrono::nanoseconds> initial_rtt{};
    /// The last that there was: it is news if its packet number is the one of the segment that was just added.
    acknowledgment last_acknowledgment{};
    /// Segments were forgotten that Wireshark would have remembered: some samples may be missing.
    bool memory_exceeded = false;

    [[nodiscard]] friend constexpr bool operator==(const wireshark_rtt&, const wireshark_rtt&) noexcept = default;
};

/// tcp.analysis.initial_rtt and tcp.analysis.ack_rtt as Wireshark 4.0 has them, mistakes and all: ack_rtt is measured from the
/// first transmission on (no Karn's rule), and only where an acknowledgment meets the end of a segment. They agree in a table
/// that has wireshark_rules, since other rules split connections otherwise.
///
/// Wireshark remembers up to 10,000 unacknowledged segments of each direction. This remembers them too, but no more than the
/// latest `capacity` segments with data, SYN or FIN of all connections together, in 32 bytes each which are allocated once: if so
/// many pass before one is acknowledged, its sample is missing. An acknowledgment costs a step for each segment that waits in
/// its direction, as it does in Wireshark.
class wireshark_round_trips {
public:
    static constexpr std::string_view saved_as = "wireshark_round_trips";

    struct facts {
        wireshark_rtt wireshark{};

        constexpr void swap_roles() noexcept {} // it is of both directions
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    struct connection_state {
        struct side_state {
            std::uint64_t newest = 0;   ///< number of its latest unacknowledged segment; 0 is none
            std::uint64_t examined = 0; ///< up to this one none was covered by `acknowledged`
            sequence_number acknowledged{};
            std::uint32_t count = 0; ///< how many are unacknowledged
        };
        per_side<side_state> sides{};
        std::optional<timestamp> syn_time{};
    };

    /// \pre capacity > 0
    explicit wireshark_round_trips(std::size_t capacity = 65'536) : ring_(std::max<std::size_t>(capacity, 1)) {}

    void observe(const observer_input& next, connection_state& of, facts& told) noexcept {
        const segment& sent = next.segment;
        wireshark_rtt& rtt = told.wireshark;
        remember(sent, of.sides[next.sender]);
        retire(next, of.sides[opposite(next.sender)], rtt);

        const tcp_flags flags = sent.flags;
        if (flags.syn() && !flags.ack()) {
            of.syn_time.reset();
            if (sent.time != timestamp{}) of.syn_time = sent.time; // 1970 is none
        }
        if (flags.ack() && !flags.syn() && of.syn_time && !rtt.initial_rtt && sent.time != *of.syn_time) {
            rtt.initial_rtt = sent.time - *of.syn_time;
        }
    }

    /// Whether what is remembered of a connection, and came from elsewhere, is of segments that there were.
    [[nodiscard]] bool fits(const connection_state& of, const facts&, direction) const noexcept {
        return of.sides[side::first].newest <= last_ && of.sides[side::second].newest <= last_;
    }

private:
    using side_state = connection_state::side_state;

    /// A segment, and the one before it of those of its direction that are unacknowledged.
    struct unacknowledged {
        std::uint64_t older = 0;
        timestamp time{};
        std::uint64_t packet_number = 0;
        sequence_number end{};
    };

    /// Segments are numbered from 1; the ring has the latest.
    [[nodiscard]] unacknowledged& at(std::uint64_t number) noexcept { return ring_[number % ring_.size()]; }
    [[nodiscard]] bool has(std::uint64_t number) const noexcept { return number != 0 && last_ - number < ring_.size(); }

    void remember(const segment& sent, side_state& own) noexcept {
        const std::uint32_t length = sent.payload_length - sent.payload_beyond_frame;
        const bool syn_or_fin = sent.flags.syn() || sent.flags.fin();
        if ((length == 0 && !syn_or_fin) || own.count >= wireshark_rules::segment_limit) return;
        ++last_;
        at(last_) = {.older = own.newest,
                     .time = sent.time,
                     .packet_number = sent.packet_number,
                     .end = sent.sequence + length + (syn_or_fin ? 1u : 0u)}; // one, for both
        own.newest = last_;
        ++own.count;
    }

    /// Takes from the list what the segment covers, by its acknowledgment field, whatever its flags.
    void retire(const observer_input& next, side_state& peer, wireshark_rtt& rtt) noexcept {
        const segment& by = next.segment;
        if (peer.newest == 0) return;
        // What was not covered by the same number before is not now.
        const std::uint64_t examined = by.acknowledgment == peer.acknowledged ? peer.examined : 0;
        std::uint64_t* link = &peer.newest;
        std::uint32_t kept = 0;
        while (*link > examined) {
            if (!has(*link)) {
                rtt.memory_exceeded = true;
                *link = 0;
                break;
            }
            unacknowledged& each = at(*link);
            if (distance(each.end, by.acknowledgment) < 0) {
                ++kept;
                link = &each.older;
                continue;
            }
            // Of several that end there the oldest counts, which comes last. Cut options hide it.
            if (each.end == by.acknowledgment && !by.options.cut) {
                rtt.last_acknowledgment = {
                    .packet_number = by.packet_number, .acknowledged = each.packet_number, .rtt = by.time - each.time};
            }
            *link = each.older;
            --peer.count;
        }
        if (*link == 0) peer.count = kept;
        peer.examined = peer.newest;
        peer.acknowledged = by.acknowledgment;
    }

    friend void archive(auto& ar, wireshark_round_trips& of) {
        auto& [ring, last] = of;
        ar.expect_equal("capacity of wireshark_round_trips", std::uint64_t{ring.size()});
        ar(last);
        ar.require(last <= std::uint64_t{1} << 62);
        const std::uint64_t count = std::min<std::uint64_t>(last, ring.size());
        for (std::uint64_t number = last - count + 1; number <= last && ar.good(); ++number) {
            ar(of.at(number));
            ar.require(of.at(number).older < number); // lists end
        }
    }

    std::vector<unacknowledged> ring_;
    std::uint64_t last_ = 0;
};

static_assert(connection_observer<wireshark_round_trips>);

} // namespace tcplens::inline v0
