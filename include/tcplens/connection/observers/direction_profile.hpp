// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "../direction.hpp"
#include "../tracking/duration_statistics.hpp"
#include "../tracking/round_trip_statistics.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace tcplens::inline v0 {

/// The windows that one end advertised, in bytes: scaled where both SYNs were captured and offered scaling. Where the scale
/// is agreed, the unscaled windows of SYNs count only as long as there is no other; where the SYNs were not captured, the
/// fields count as they are.
struct window_statistics {
    std::uint64_t packets = 0; ///< that advertised one: all but RSTs
    std::uint64_t total = 0;   ///< the sum of those windows
    std::uint64_t zeros = 0;   ///< packets with ACK that advertised nothing, since the beginning
    std::uint32_t least = 0;   ///< the least that was not 0; 0 if there was none
    std::uint32_t greatest = 0;

    [[nodiscard]] constexpr double mean() const noexcept {
        return packets == 0 ? 0 : static_cast<double>(total) / static_cast<double>(packets);
    }

    [[nodiscard]] friend constexpr bool operator==(const window_statistics&,
                                                   const window_statistics&) noexcept = default;
};

/// How many bytes one end had sent that were not acknowledged (of a SYN, its number counts; of a FIN, not), where the capture
/// was made. It is looked at after each of its packets but SYNs, RSTs, what was sent again, and what came late.
struct flight_statistics {
    std::uint64_t samples = 0;
    std::uint64_t total = 0; ///< the sum of the samples
    std::uint32_t least = 0; ///< the least that was not 0; 0 if there was none
    std::uint32_t greatest = 0;
    double byte_seconds = 0;            ///< bytes in flight, over all the time
    std::chrono::nanoseconds watched{}; ///< that time: from when something is known of its numbers to the last packet

    /// Over its packets.
    [[nodiscard]] constexpr double mean() const noexcept {
        return samples == 0 ? 0 : static_cast<double>(total) / static_cast<double>(samples);
    }
    /// Over the time, acknowledgments taken into account as they come.
    [[nodiscard]] constexpr double mean_over_time() const noexcept {
        return watched.count() <= 0 ? 0 : byte_seconds / (static_cast<double>(watched.count()) / 1e9);
    }

    [[nodiscard]] friend constexpr bool operator==(const flight_statistics&,
                                                   const flight_statistics&) noexcept = default;

    /// A duration is not negative.
    [[nodiscard]] friend constexpr bool is_consistent(const flight_statistics& of) noexcept {
        return of.watched.count() >= 0;
    }
};

/// What went one way, in more detail than direction_statistics, and how the other end acknowledged it. The definitions are
/// those of tcptrace, for the most part; where they differ it is said.
///
/// What the rules of the table call a duplicate, the second copy of one transmission, counts only as that. Every byte of
/// payload is in one of unique_bytes, retransmitted_bytes, probe_bytes, duplicate_bytes and ignored_bytes.
struct direction_profile {
    // Data

    std::uint64_t unique_bytes = 0;        ///< of payload that was not captured before
    std::uint64_t retransmitted_bytes = 0; ///< of payload that was: at the sender's side, Linux's bytes_retrans
    /// Packets with such bytes, or a SYN or FIN that was captured before. What was sent again but not captured the first time
    /// is in neither: see direction_statistics::retransmissions.
    std::uint64_t retransmitted_packets = 0;
    /// Keep-alives and zero window probes, by the rules of the table. Of probe_bytes, those which the peer accepts after all
    /// become unique_bytes.
    std::uint64_t probe_packets = 0;
    std::uint64_t probe_bytes = 0;
    std::uint64_t duplicate_packets = 0; ///< by the rules of the table
    std::uint64_t duplicate_bytes = 0;
    /// With numbers that nobody can compare: of RSTs (RFC 9293 3.5.2), and of single packets more than 16 MiB off or beyond
    /// the window.
    std::uint64_t ignored_bytes = 0;
    std::uint64_t hole_filling_packets = 0; ///< with bytes not captured before, though bytes behind them had been
    std::uint64_t out_of_order_packets = 0; ///< of those, by the rules of the table, what was not sent again
    std::uint64_t pushed_packets = 0;       ///< payload with PSH
    std::uint64_t urgent_packets = 0;       ///< payload with URG
    std::uint64_t truncated_packets = 0;    ///< with payload that the capture does not hold
    std::uint64_t truncated_bytes = 0;      ///< how much of it
    std::uint32_t largest_segment = 0;      ///< payload bytes, over packets that have any
    std::uint32_t smallest_segment = 0;
    std::uint32_t initial_window_bytes =
        0; ///< payload sent after its SYN and before any of it was acknowledged, each byte once
    std::uint32_t initial_window_packets = 0;

    /// From the SYN, or the first byte that was heard of, to the highest that was sent or acknowledged, or the FIN. A FIN that
    /// was not captured seems a byte of data here. Where numbers go on more than 16 MiB off, the step is not counted.
    std::uint64_t stream_bytes = 0;
    bool stream_begins = false;       ///< its SYN was captured
    bool stream_ends = false;         ///< its FIN was captured
    std::uint32_t sequence_jumps = 0; ///< how often its numbers went on more than 16 MiB off

    // What it said of what came the other way

    std::uint64_t pure_acks = 0;     ///< ACK, no data, neither SYN, FIN nor RST
    std::uint64_t sack_packets = 0;  ///< with SACK blocks
    std::uint64_t dsack_packets = 0; ///< of those, which report what came twice (RFC 2883 4)
    std::uint32_t most_sack_blocks = 0;
    window_statistics window{};

    // Time

    std::optional<timestamp> first_data_time{};
    std::chrono::nanoseconds data_time{};       ///< from there to its last data
    std::chrono::nanoseconds longest_silence{}; ///< between two of its packets

    // How the other end acknowledged it

    flight_statistics in_flight{};
    round_trip_statistics
        round_trip{}; ///< from data, or SYN or FIN, to the acknowledgment of exactly that: Karn's rule
    /// From the clock in a timestamps option to the acknowledgment of something new that echoes it (RFC 7323 4), one at a time.
    duration_statistics clock_round_trip{};
    std::uint64_t ambiguous_acks = 0;          ///< of what had been sent again
    std::uint64_t post_loss_acks = 0;          ///< of what had to wait, since something before it was sent after it
    std::uint64_t cumulative_acks = 0;         ///< segments that were acknowledged by the way, with a later one
    std::uint64_t duplicate_acks = 0;          ///< RFC 5681 2; with SACK those of RFC 6675 2
    std::uint64_t triple_duplicate_acks = 0;   ///< how often there was a third, which asks for a fast retransmission
    duration_statistics retransmission_time{}; ///< from one transmission of a segment to the next
    std::uint32_t most_retransmissions = 0;    ///< of one segment

    // What the bounds of memory cost

    std::uint64_t unfollowed_sends = 0; ///< segments whose round trip was not looked at: there were too many in flight
    /// Ranges of captured bytes that were forgotten, since there were too many holes. Bytes below them may have been taken
    /// for unique though they were sent again, or the other way round: see captured_ranges.
    std::uint64_t forgotten_ranges = 0;

    /// Bytes of the stream that were never captured, so far.
    [[nodiscard]] constexpr std::uint64_t missed_bytes() const noexcept {
        return stream_bytes > unique_bytes ? stream_bytes - unique_bytes : 0;
    }
    /// The length of the whole stream, where both ends of it were captured.
    [[nodiscard]] constexpr std::optional<std::uint64_t> stream_length() const noexcept {
        if (!stream_begins || !stream_ends) return std::nullopt;
        return stream_bytes;
    }
    /// Over the given time, as of the whole connection: bytes per second, each byte once.
    [[nodiscard]] constexpr double goodput(std::chrono::nanoseconds over) const noexcept {
        return per_second(unique_bytes, over);
    }
    /// Likewise, with all that was sent.
    [[nodiscard]] constexpr double throughput(std::chrono::nanoseconds over) const noexcept {
        return per_second(unique_bytes + retransmitted_bytes + probe_bytes, over);
    }

    [[nodiscard]] friend constexpr bool operator==(const direction_profile&,
                                                   const direction_profile&) noexcept = default;

private:
    [[nodiscard]] static constexpr double per_second(std::uint64_t bytes, std::chrono::nanoseconds over) noexcept {
        return over.count() <= 0 ? 0 : static_cast<double>(bytes) / (static_cast<double>(over.count()) / 1e9);
    }
};

/// Both ways.
struct direction_profiles {
    direction_profile client_to_server{};
    direction_profile server_to_client{};

    [[nodiscard]] constexpr direction_profile& of(direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    [[nodiscard]] constexpr const direction_profile& of(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    [[nodiscard]] friend constexpr bool operator==(const direction_profiles&,
                                                   const direction_profiles&) noexcept = default;
};

} // namespace tcplens::inline v0
