// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"

#include <cstdint>

/// The numbers that the evidence rules decide by, each with its source. "Lab": chosen on the recordings of tests/lab with odd seeds;
/// those with even seeds were not looked at.
namespace tcplens::inline v1::detail::evidence {

// Round trips

/// A least round trip is believed down to nine tenths of what was measured: the measured least need not be the least of the path.
inline constexpr int round_trip_tolerance = 10; // one tenth

/// The least time to a retransmission where no round trip was measured. A choice: packets that overtake each other on a path are
/// mostly closer together, and paths of which one direction alone is captured are mostly longer.
inline constexpr std::chrono::nanoseconds unknown_round_trip = std::chrono::milliseconds{5};

/// A round trip below this is the time that hosts need to answer, rather than the path: half of it proves nothing (lab).
inline constexpr std::chrono::nanoseconds host_round_trip = std::chrono::milliseconds{2};

/// The capture point is beside the sender if the round trip to it is less than one part in this of the whole (lab).
inline constexpr int beside_sender = 8;

/// A segment that fills its hole within one part in this of a round trip was not sent again: its sender's packets are reordered (lab).
inline constexpr int certain_reordering = 4;

// Timers

/// No timer in use sends a SYN, or data after which nothing was heard, again sooner: Linux TCP_RTO_MIN. The initial timeout is 1 s
/// (RFC 6298 section 2.1).
inline constexpr std::chrono::nanoseconds shortest_timer = std::chrono::milliseconds{200};

/// Least time that a retransmission timer adds to the round trip: Linux TCP_RTO_MIN, less a tenth for coarse clocks and queues. Windows
/// adds 300 ms, RFC 6298 section 2.4 asks for a second.
inline constexpr std::chrono::nanoseconds least_timeout = std::chrono::milliseconds{180};

/// Greatest time that the first timeout adds to three round trips if those are steady: TCP_RTO_MIN and a tenth, and 40 ms of delayed
/// ACKs and timer granularity.
inline constexpr std::chrono::nanoseconds greatest_timeout = std::chrono::milliseconds{260};

/// Copies of one segment that are lost in a row, at most. A choice: the seventh timeout is 64 times the first.
inline constexpr int most_lost_copies = 7;

/// Copies of an answer that are lost in a row, at most, if the time that the timeouts took is to tell it. Each doubles the time, and so its
/// error. A choice.
inline constexpr int most_lost_answers = 3;

/// A sender that was silent this long before a retransmission waited for a timer, if no round trip was measured.
inline constexpr std::chrono::nanoseconds timer_silence = std::chrono::milliseconds{100};
/// ... and if one was measured, after so many round trips: a fast retransmission follows its cause within one.
inline constexpr int timer_silence_round_trips = 2;

/// A byte with PSH that is sent again within this time is data, and no keep-alive: the upper limit of a retransmission timer is at
/// least 60 s (RFC 6298 section 2.5), and keep-alives wait two hours (RFC 9293 section 3.8.4).
inline constexpr std::chrono::nanoseconds longest_data_timeout = std::chrono::minutes{1};

/// Duplicate ACKs are counted up to this: the rules ask for a few.
inline constexpr std::uint8_t most_duplicate_acks = 127;

/// Duplicate ACKs that make a sender send again (RFC 5681 section 3.2).
inline constexpr std::uint8_t fast_retransmit_threshold = 3;

/// Segments beyond a missing one that make a sender with SACK send it again, besides the first (RFC 6675 section 5).
inline constexpr std::int64_t sacked_segments_threshold = 2;

// Copies

/// A segment stays remembered at least this long if there is memory: a copy of it mostly follows sooner. A choice: half the initial
/// timeout (RFC 6298 section 2.1), and above the delays of most paths.
inline constexpr std::chrono::nanoseconds copy_memory = std::chrono::milliseconds{500};

/// Equal data without any sign of when it was sent is a copy up to this time, if no round trip was measured. A choice: a switch or a
/// capture that copies packets takes less; a path of which one direction alone is captured takes longer.
inline constexpr std::chrono::nanoseconds unknown_copy_delay = std::chrono::microseconds{100};

/// Most routers between two places at which one packet was captured. A choice: half the usual initial hop limit of 64.
inline constexpr unsigned most_routers = 32;

/// Segments after a duplicate during which another duplicate is likely: this capture holds each packet twice.
inline constexpr std::uint8_t no_recent_duplicate = 8;

/// Delays of copies are compared in units of 16 us, so that 16 bits hold a second.
inline constexpr int copy_delay_unit = 16;
/// Two delays of copies are equal within so many units ...
inline constexpr int copy_delay_tolerance = 4;
/// ... and one part in this of the delay (lab: mirror ports, which add their queue).
inline constexpr int copy_delay_share = 16;

/// A segment before and after segmentation offload is captured twice within this time, since it does not leave the host. A choice: the
/// kernel does that within microseconds, and a resend takes a round trip.
inline constexpr std::chrono::nanoseconds longest_in_host = std::chrono::microseconds{100};

// Clocks

/// Longest tick of the timestamps clock of usual hosts: Windows, and Linux with HZ=100. Linux has ticks of 1 ms today. RFC 7323
/// section 5.4 allows a second.
inline constexpr std::chrono::nanoseconds usual_tick = std::chrono::milliseconds{10};

// Identifications

/// Greatest initial hop limit of hosts that count the Identifications of each connection by itself. Windows begins with 128 and
/// counts the packets of all its connections together.
inline constexpr std::uint8_t per_connection_id_hop_limit = 64;

// Sizes

/// Most bytes of data in one packet, if no SYN told: Ethernet (RFC 9293 section 3.7.1: 1500 - 40).
inline constexpr std::uint32_t ethernet_segment_size = 1460;
/// Bytes of a timestamps option with its padding, which the MSS does not subtract (RFC 6691 section 2).
inline constexpr std::uint32_t timestamps_length = 12;
/// The MSS of a SYN that names none (RFC 9293 section 3.7.1).
inline constexpr std::uint16_t default_segment_size = 536;
/// Stands for an MSS that is not known, since no SYN was captured.
inline constexpr std::uint16_t unknown_segment_size = 65535;
/// Largest window of a SYN, which has no scale (RFC 7323 section 2.2): the most that a client can have sent with it.
inline constexpr std::int32_t largest_unscaled_window = 65535;

/// A SYN-ACK within one part in this of the time between two SYNs after the last one did not take that long to come (lab).
inline constexpr int soon_after_syn = 8;

} // namespace tcplens::inline v1::detail::evidence
