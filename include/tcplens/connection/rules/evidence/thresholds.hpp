// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>

/// The numbers that the evidence rules decide by, each with its source.
namespace tcplens::inline v0::detail::evidence {

/// A segment stays remembered at least this long if there is memory: a copy of it mostly follows sooner. A choice: half the least
/// SYN timeout (RFC 6298 section 2.1), and above the delays of most paths.
inline constexpr std::chrono::nanoseconds copy_memory = std::chrono::milliseconds{500};

/// The least time to a retransmission where no round trip was measured. A choice: packets that overtake each other on a path are
/// mostly closer together, and paths of which one direction alone is captured are mostly longer.
inline constexpr std::chrono::nanoseconds unknown_round_trip = std::chrono::milliseconds{5};

/// A least round trip is believed down to nine tenths of what was measured: the measured least need not be the least of the path.
inline constexpr int round_trip_tolerance = 10; // one tenth

/// A second copy of a first packet within this time is a duplicate: the least SYN timeout in use is that of Linux before any
/// sample, 1 s (RFC 6298 2.1), and the least data timeout is 200 ms (Linux TCP_RTO_MIN).
inline constexpr std::chrono::nanoseconds least_timeout = std::chrono::milliseconds{200};

/// A sender that was silent this long before a retransmission waited for a timer, if no round trip was measured.
inline constexpr std::chrono::nanoseconds timer_silence = std::chrono::milliseconds{100};
/// ... and if one was measured, after so many round trips: a fast retransmission follows its cause within one.
inline constexpr int timer_silence_round_trips = 2;

/// Duplicate ACKs that make a sender send again (RFC 5681 section 3.2).
inline constexpr std::uint8_t fast_retransmit_threshold = 3;

/// Greatest initial hop limit of hosts that count the Identifications of each connection by itself. Windows begins with 128 and
/// counts the packets of all its connections together.
inline constexpr std::uint8_t per_connection_id_hop_limit = 64;

/// Most bytes of data in one packet, if no SYN told: Ethernet (RFC 9293 section 3.7.1: 1500 - 40).
inline constexpr std::uint32_t ethernet_segment_size = 1460;
/// Bytes of a timestamps option with its padding, which the MSS does not subtract (RFC 6691 section 2).
inline constexpr std::uint32_t timestamps_length = 12;
/// The MSS of a SYN that names none (RFC 9293 section 3.7.1).
inline constexpr std::uint16_t default_segment_size = 536;
/// Stands for an MSS that is not known, since no SYN was captured.
inline constexpr std::uint16_t unknown_segment_size = 65535;

/// Segments after a duplicate during which another duplicate is likely: this capture holds each packet twice.
inline constexpr std::uint8_t no_recent_duplicate = 8;

} // namespace tcplens::inline v0::detail::evidence
