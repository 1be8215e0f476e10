// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "../direction.hpp"
#include "../tracking/duration_statistics.hpp"
#include "../tracking/round_trip_statistics.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace tcplens::inline v1 {

/// One direction of a connection in detail: what was sent, and how the other end acknowledged it.
///
/// Most definitions are those of tcptrace; differences are noted. A packet with the verdict `duplicate`, a second copy of one
/// transmission, counts only as duplicate. Every captured byte of payload is in exactly one of unique_bytes,
/// retransmitted_bytes, probe_bytes, duplicate_bytes and ignored_bytes.
///
/// Counts are of packets or bytes, from 0 on, and up to date after each packet.
struct direction_profile {
    /// The receive windows that one end advertised, in bytes.
    ///
    /// Windows are scaled if both SYNs were captured and offered window scaling; otherwise the window fields count as they are. If
    /// scaling was agreed, the unscaled windows of the SYNs count only until the first scaled window.
    struct window_statistics {
        std::uint64_t packets = 0; ///< Number of packets with a window: all but RSTs.
        std::uint64_t total = 0;   ///< Sum of these windows, in bytes.
        std::uint64_t zeros = 0;   ///< Number of packets with ACK and a window of 0, unscaled windows of SYNs included.
        std::uint32_t least = 0;   ///< Smallest window above 0, in bytes; 0 if there was none.
        std::uint32_t greatest = 0; ///< Largest window, in bytes; 0 if there was none above 0.

        /// Mean window in bytes; 0 without packets.
        [[nodiscard]] constexpr double mean() const noexcept {
            return packets == 0 ? 0 : static_cast<double>(total) / static_cast<double>(packets);
        }

        [[nodiscard]] friend constexpr bool operator==(const window_statistics&,
                                                       const window_statistics&) noexcept = default;
    };

    /// The bytes in flight of one direction: sent and not yet acknowledged, at the place of the capture.
    ///
    /// The sequence number of a SYN counts as a byte, that of a FIN does not. A sample is taken after each packet of the sender, except
    /// for SYNs, RSTs, packets with data that was sent before, and packets that came late.
    struct flight_statistics {
        std::uint64_t samples = 0;  ///< Number of samples.
        std::uint64_t total = 0;    ///< Sum of the samples, in bytes.
        std::uint32_t least = 0;    ///< Smallest sample above 0, in bytes; 0 if there was none.
        std::uint32_t greatest = 0; ///< Largest sample, in bytes; 0 if there was none above 0.
        double byte_seconds = 0; ///< Integral of the bytes in flight over the time `watched`, in bytes times seconds.
        /// The time from when a sequence number of the sender is known to the last packet of the connection. Nanoseconds, not negative.
        std::chrono::nanoseconds watched{};

        /// Mean of the samples in bytes; 0 without samples.
        [[nodiscard]] constexpr double mean() const noexcept {
            return samples == 0 ? 0 : static_cast<double>(total) / static_cast<double>(samples);
        }
        /// Mean over the time `watched`, in bytes, with acknowledgments taken into account when they are captured; 0 if no time passed.
        [[nodiscard]] constexpr double mean_over_time() const noexcept {
            return watched.count() <= 0 ? 0 : byte_seconds / (static_cast<double>(watched.count()) / 1e9);
        }

        [[nodiscard]] friend constexpr bool operator==(const flight_statistics&,
                                                       const flight_statistics&) noexcept = default;

        /// Whether a restored value is possible: a duration is not negative.
        [[nodiscard]] friend constexpr bool is_consistent(const flight_statistics& statistics) noexcept {
            return statistics.watched.count() >= 0;
        }
    };

    // Data

    std::uint64_t unique_bytes = 0; ///< Payload bytes that were not captured before.
    /// Payload bytes that were captured before. Beside the sender this is Linux's bytes_retrans.
    std::uint64_t retransmitted_bytes = 0;
    /// Packets with payload, SYN or FIN that was captured before. Packets that were sent again, but not captured the first time,
    /// are not among them: see direction_statistics::retransmissions. Nor is the SYN-ACK of a simultaneous open, which has the number of
    /// its side's SYN.
    std::uint64_t retransmitted_packets = 0;
    /// Packets that certainly were retransmissions: direction_statistics::retransmissions without those whose verdict is less sure.
    std::uint64_t certain_retransmissions = 0;
    /// Packets that can have been retransmissions: also those that are called something else with less than certainty.
    std::uint64_t possible_retransmissions = 0;
    std::uint64_t probe_packets = 0; ///< Packets with the verdict keep_alive or zero_window_probe.
    /// Payload bytes of these packets. A probe's byte that the peer accepts becomes one of unique_bytes.
    std::uint64_t probe_bytes = 0;
    std::uint64_t duplicate_packets = 0; ///< Packets with the verdict duplicate.
    std::uint64_t duplicate_bytes = 0;   ///< Payload bytes of these packets.
    /// Payload bytes whose sequence numbers cannot be compared with others: of RSTs (RFC 9293 section 3.5.2), and of single packets
    /// that are more than 16 MiB away or beyond the window.
    std::uint64_t ignored_bytes = 0;
    /// Packets with bytes that were not captured before, though later bytes had been.
    std::uint64_t hole_filling_packets = 0;
    std::uint64_t out_of_order_packets = 0; ///< Packets with the verdict out_of_order.
    std::uint64_t pushed_packets = 0;       ///< Packets with payload and PSH.
    std::uint64_t urgent_packets = 0;       ///< Packets with payload and URG.
    std::uint64_t truncated_packets = 0;    ///< Packets whose payload the capture holds only in part, or not at all.
    std::uint64_t truncated_bytes = 0;      ///< Payload bytes of these packets that the capture does not hold.
    std::uint32_t largest_segment = 0;      ///< Largest payload of a packet, in bytes; 0 without payload.
    std::uint32_t smallest_segment = 0;     ///< Smallest payload of a packet that has any, in bytes; 0 without payload.
    /// Payload bytes that were sent after the SYN and before any of them was acknowledged, each byte once. 0 if the SYN was not
    /// captured.
    std::uint32_t initial_window_bytes = 0;
    std::uint32_t initial_window_packets = 0; ///< The packets that carried these bytes first.

    /// Length of the stream in bytes: from the SYN, or the first byte that is known of, to the FIN, or the highest byte that was sent
    /// or acknowledged. A FIN that was not captured counts as a byte. A step of more than 16 MiB counts if it leads ahead, by less than
    /// 2 GiB, and took at least the time that a link of 400 Gbit/s needs for it: then packets were not captured.
    std::uint64_t stream_bytes = 0;
    bool stream_begins = false;       ///< Whether a SYN of this direction was captured.
    bool stream_ends = false;         ///< Whether a FIN of this direction was captured.
    std::uint32_t sequence_jumps = 0; ///< How often the sequence numbers went on more than 16 MiB away.

    // What this end acknowledged of the other direction

    std::uint64_t pure_acks = 0;        ///< Packets with ACK and without payload, SYN, FIN and RST.
    std::uint64_t sack_packets = 0;     ///< Packets with SACK blocks.
    std::uint64_t dsack_packets = 0;    ///< Of these, packets that report duplicate data (D-SACK, RFC 2883 section 4).
    std::uint32_t most_sack_blocks = 0; ///< Largest number of SACK blocks in a packet, 0 to 4.
    window_statistics window{};         ///< The receive windows that this end advertised.

    // Time

    std::optional<timestamp> first_data_time{}; ///< Time of the first packet with payload. Absent without payload.
    /// From the first packet with payload to the last. Nanoseconds, not negative; 0 with less than two such packets.
    std::chrono::nanoseconds data_time{};
    /// Longest time between two successive packets of this direction. Nanoseconds, not negative; 0 with less than two packets.
    std::chrono::nanoseconds longest_silence{};

    // How the other end acknowledged this direction

    flight_statistics in_flight{}; ///< Bytes in flight.
    /// Round-trip times from a segment with data, SYN or FIN to the acknowledgment of exactly that segment. Retransmitted segments
    /// give no sample (Karn's algorithm, RFC 6298 section 3).
    round_trip_statistics round_trip{};
    /// Round-trip times from the clock value of a timestamps option to the first new acknowledgment that echoes it (RFC 7323 section
    /// 4), one sample at a time. Retransmitted segments count too.
    duration_statistics clock_round_trip{};
    /// Least round-trip time of the last five minutes with samples, by the rule of the Linux kernel: tcpi_min_rtt of struct tcp_info. It
    /// differs from round_trip.least where the kernel takes no sample, or another one: an acknowledgment of a retransmission gives none
    /// but by the timestamps option, in whole milliseconds, and SACK blocks give samples of their own. Nanoseconds, from 0 to 1 hour;
    /// absent without a sample. Right beside the sender; elsewhere it covers the path behind the capture.
    std::optional<std::chrono::nanoseconds> kernel_min_rtt{};
    std::uint64_t ambiguous_acks = 0; ///< Acknowledgments of segments that had been retransmitted.
    std::uint64_t post_loss_acks = 0; ///< Acknowledgments of segments that had waited for a retransmission before them.
    std::uint64_t cumulative_acks = 0; ///< Segments that were acknowledged together with a later one.
    std::uint64_t duplicate_acks = 0;  ///< Duplicate ACKs (RFC 5681 section 2; with SACK, RFC 6675 section 2).
    std::uint64_t triple_duplicate_acks =
        0; ///< How often a third duplicate ACK came, which asks for a fast retransmission.
    duration_statistics retransmission_time{}; ///< Times from one transmission of a segment to the next.
    std::uint32_t most_retransmissions = 0;    ///< Largest number of retransmissions of one segment.

    // Where fixed memory was too small

    std::uint64_t unfollowed_sends =
        0; ///< Segments whose round trip was not measured, because too many were in flight.
    /// Ranges of captured bytes that were forgotten, because there were too many holes. Bytes below them may count as unique though
    /// they were retransmitted, or the other way round.
    std::uint64_t forgotten_ranges = 0;

    /// Bytes of the stream that were not captured so far.
    [[nodiscard]] constexpr std::uint64_t missed_bytes() const noexcept {
        return stream_bytes > unique_bytes ? stream_bytes - unique_bytes : 0;
    }
    /// Share of the stream that was not captured so far, from 0 to 1; 0 without a stream. Once the peer has acknowledged the whole
    /// stream this is the loss rate of the capture itself: the bytes arrived, but the capture does not hold them.
    [[nodiscard]] constexpr double capture_loss_rate() const noexcept {
        return stream_bytes == 0 ? 0 : static_cast<double>(missed_bytes()) / static_cast<double>(stream_bytes);
    }
    /// Length of the whole stream in bytes. Absent unless both its SYN and its FIN were captured.
    [[nodiscard]] constexpr std::optional<std::uint64_t> stream_length() const noexcept {
        if (!stream_begins || !stream_ends) return std::nullopt;
        return stream_bytes;
    }
    /// unique_bytes in bytes per second, over the given time (usually that of the connection); 0 if the time is not positive.
    [[nodiscard]] constexpr double goodput(std::chrono::nanoseconds over) const noexcept {
        return per_second(unique_bytes, over);
    }
    /// All that was sent (unique, retransmitted and probe bytes) in bytes per second, over the given time; 0 if the time is not
    /// positive.
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

/// The profiles of both directions.
struct direction_profiles {
    direction_profile client_to_server{}; ///< What the client sent.
    direction_profile server_to_client{}; ///< What the server sent.

    /// The profile of one direction.
    [[nodiscard]] constexpr direction_profile& operator[](direction direction) noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }
    /// The profile of one direction.
    [[nodiscard]] constexpr const direction_profile& operator[](direction direction) const noexcept {
        return direction == direction::client_to_server ? client_to_server : server_to_client;
    }

    [[nodiscard]] friend constexpr bool operator==(const direction_profiles&,
                                                   const direction_profiles&) noexcept = default;
};

} // namespace tcplens::inline v1
