// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../../wire/segment.hpp"
#include "../rules/wireshark_rules.hpp"
#include "../side.hpp"
#include "connection_observer.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace tcplens::inline v1 {

/// Opt-in for captures that are not hostile, since one acknowledgment can take 70 us (at 10,000 segments that wait): adds to each
/// connection, as member `wireshark`, tcp.analysis.initial_rtt and tcp.analysis.ack_rtt as Wireshark 4.0 has them, mistakes included.
///
/// Wireshark measures ack_rtt from the first transmission (without Karn's algorithm), and only where an acknowledgment meets the end of a
/// segment. The values agree with Wireshark's in a table with wireshark_rules, since other rules split connections otherwise.
///
/// Wireshark remembers up to 10,000 unacknowledged segments of each direction. So does this observer, but no more than the latest
/// `capacity` segments with data, SYN or FIN of all connections together. If more follow before a segment is acknowledged, its
/// round trip is missing, and round_trips::memory_exceeded is set. An acknowledgment costs a step for each segment that waits
/// in its direction, as in Wireshark.
class wireshark_round_trips {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving | observer_hooks::fits;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "wireshark_round_trips";

    /// The round trips of a connection, as Wireshark 4.0 reports them.
    struct round_trips {
        /// An acknowledgment that reaches exactly to the end of an earlier segment.
        struct acknowledgment {
            std::uint64_t packet_number =
                0; ///< Packet number of the segment that acknowledges; 0 if there was none yet.
            std::uint64_t acknowledged =
                0; ///< tcp.analysis.acks_frame: packet number of the segment that it acknowledges.
            /// tcp.analysis.ack_rtt: from that segment to the acknowledgment. Nanoseconds; tshark does not show a value of 0; negative if
            /// the clock was set back.
            std::chrono::nanoseconds rtt{};

            [[nodiscard]] friend constexpr bool operator==(const acknowledgment&,
                                                           const acknowledgment&) noexcept = default;
        };

        /// tcp.analysis.initial_rtt: from the latest SYN without ACK to the first segment after it with ACK and without SYN, from either
        /// end, even a RST. Nanoseconds, never 0; negative if the clock was set back. Absent without such a pair.
        std::optional<std::chrono::nanoseconds> initial_rtt{};
        /// The latest of these acknowledgments. It is new if its packet number is that of the segment that was just added.
        acknowledgment last_acknowledgment{};
        /// Whether segments were forgotten that Wireshark would have remembered: some acknowledgments may be missing.
        bool memory_exceeded = false;

        [[nodiscard]] friend constexpr bool operator==(const round_trips&, const round_trips&) noexcept = default;
    };

    /// The member `wireshark` of the connection.
    struct facts {
        round_trips wireshark{}; ///< The round trips, up to date after each packet.

        /// Does nothing: the round trips are of both directions.
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    struct side_state {
        std::uint64_t newest = 0;   ///< number of its latest unacknowledged segment; 0 if there is none
        std::uint64_t examined = 0; ///< no segment up to this number was covered by `acknowledged`
        sequence_number acknowledged{};
        std::uint32_t count = 0; ///< of its unacknowledged segments
    };

    struct connection_memory {
        per_side<side_state> sides{};
        std::optional<timestamp> syn_time{};
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Makes an observer that remembers up to `capacity` segments, at least 1. Allocates 32 bytes for each, and nothing later.
    explicit wireshark_round_trips(std::size_t capacity = 65'536) : ring_(std::max<std::size_t>(capacity, 1)) {}

    /// Takes in the next segment of a connection. Linear in the unacknowledged segments of a direction; allocates nothing.
    void observe(const observer_input& input, connection_state& state, facts& result) noexcept {
        const segment& sent = input.segment;
        round_trips& rtt = result.wireshark;
        remember(sent, state.sides[input.sender]);
        retire(sent, state.sides[opposite(input.sender)], rtt);

        const tcp_flags flags = sent.flags;
        if (flags.syn() && !flags.ack()) {
            state.syn_time.reset();
            if (sent.time != timestamp{}) state.syn_time = sent.time; // Wireshark takes a time of 0 for none
        }
        if (flags.ack() && !flags.syn() && state.syn_time && !rtt.initial_rtt && sent.time != *state.syn_time) {
            rtt.initial_rtt = sent.time - *state.syn_time;
        }
    }

    /// Whether a restored state refers to segments that there were.
    [[nodiscard]] bool fits(const connection_state& state, const facts&, direction) const noexcept {
        return state.sides[side::first].newest <= last_ && state.sides[side::second].newest <= last_;
    }

private:
    /// An unacknowledged segment, linked to the one before it in its direction.
    struct unacknowledged {
        std::uint64_t older = 0; ///< number of the one before it; 0 if there is none
        timestamp time{};
        std::uint64_t packet_number = 0;
        sequence_number end{};
    };

    /// Segments are numbered from 1; the ring has the latest.
    [[nodiscard]] unacknowledged& at(std::uint64_t number) noexcept { return ring_[number % ring_.size()]; }
    [[nodiscard]] bool has(std::uint64_t number) const noexcept { return number != 0 && last_ - number < ring_.size(); }

    void remember(const segment& sent, side_state& sender) noexcept {
        const std::uint32_t length = sent.payload_length - sent.payload_beyond_frame;
        const bool syn_or_fin = sent.flags.syn() || sent.flags.fin();
        if ((length == 0 && !syn_or_fin) || sender.count >= wireshark_rules::segment_limit) return;
        ++last_;
        at(last_) = {.older = sender.newest,
                     .time = sent.time,
                     .packet_number = sent.packet_number,
                     .end = sent.sequence + length + (syn_or_fin ? 1u : 0u)}; // Wireshark adds 1 for both together
        sender.newest = last_;
        ++sender.count;
    }

    /// Removes the segments of the receiver that a segment covers by its acknowledgment field, whatever its flags.
    void retire(const segment& sent, side_state& receiver, round_trips& rtt) noexcept {
        if (receiver.newest == 0) return;
        // Segments that the same number did not cover before are not covered now.
        const std::uint64_t examined = sent.acknowledgment == receiver.acknowledged ? receiver.examined : 0;
        std::uint64_t* link = &receiver.newest;
        std::uint32_t kept = 0;
        while (*link > examined) {
            if (!has(*link)) {
                rtt.memory_exceeded = true;
                *link = 0;
                break;
            }
            unacknowledged& waiting = at(*link);
            if (distance(waiting.end, sent.acknowledgment) < 0) {
                ++kept;
                link = &waiting.older;
                continue;
            }
            // Of several segments with the same end the oldest counts, which comes last. Cut options hide it from Wireshark.
            if (waiting.end == sent.acknowledgment && !sent.options.cut) {
                rtt.last_acknowledgment = {.packet_number = sent.packet_number,
                                           .acknowledged = waiting.packet_number,
                                           .rtt = sent.time - waiting.time};
            }
            *link = waiting.older;
            --receiver.count;
        }
        if (*link == 0) receiver.count = kept;
        receiver.examined = receiver.newest;
        receiver.acknowledged = sent.acknowledgment;
    }

    friend void archive(auto& ar, wireshark_round_trips& observer) {
        auto& [ring, last] = observer;
        ar.expect_equal("capacity of wireshark_round_trips", std::uint64_t{ring.size()});
        ar(last);
        ar.require(last <= std::uint64_t{1} << 62);
        const std::uint64_t count = std::min<std::uint64_t>(last, ring.size());
        for (std::uint64_t number = last - count + 1; number <= last && ar.good(); ++number) {
            ar(observer.at(number));
            ar.require(observer.at(number).older < number); // lists end
        }
    }

    std::vector<unacknowledged> ring_;
    std::uint64_t last_ = 0; ///< number of the latest segment
};

static_assert(check_observer<wireshark_round_trips>());

} // namespace tcplens::inline v1
