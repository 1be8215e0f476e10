// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "side_view.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail::evidence {

/// The round trip from end to end: the sum of both parts, else the handshake, else the part from the capture point to `a` and back.
/// The part to `b` alone is no round trip of a segment that is sent towards `a`.
[[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> whole_round_trip(const side_view& a,
                                                                                 const side_view& b) noexcept {
    const auto to_a = a->there_and_back.least();
    const auto to_b = b->there_and_back.least();
    // Where the directions are captured at different times, one part is too short by as much as the other is too long; if that
    // difference wanders, the sum of the least says nothing.
    if (to_a && to_b && *to_a + *to_b > std::chrono::nanoseconds::zero()) return *to_a + *to_b;
    if (a->knows_handshake_time) return a.beginning.handshake_time;
    if (b->knows_handshake_time) return b.beginning.handshake_time;
    if (to_a && to_b) return std::chrono::nanoseconds::zero();
    return to_a >= std::chrono::nanoseconds::zero() ? to_a : std::nullopt;
}

/// The least time after which a sender can have sent again what passed the capture point, or what a segment that passed it showed to
/// be missing: the receiver has to answer, and the retransmission has to come. Less than the round trip that was measured, by the
/// tolerance; the threshold for unknown round trips if none was.
[[nodiscard]] constexpr std::chrono::nanoseconds least_resend_time(const side_view& sender,
                                                                   const side_view& receiver) noexcept {
    const auto measured = whole_round_trip(sender, receiver);
    return measured ? *measured - *measured / round_trip_tolerance : unknown_round_trip;
}

/// Below 0 if a segment was sent before another, above 0 if it was sent after it; 0 if neither Identifications nor clocks tell. Adds
/// the evidence that told.
[[nodiscard]] constexpr int compare_order(const send_stamp& stamp, const send_stamp& other, const side_state& sender,
                                          evidence_set& evidence) noexcept {
    if (const auto packets = sender.order.packets_between(other, stamp)) {
        evidence |= evidence_set::ip_id;
        return *packets;
    }
    if (const auto ticks = send_order::ticks_between(other, stamp)) {
        evidence |= evidence_set::timestamp_option;
        return *ticks;
    }
    return 0;
}

/// Longest tick of the sender's timestamps clock, as far as the connection has shown; the usual one before that.
[[nodiscard]] constexpr std::chrono::nanoseconds longest_tick(const side_view& sender) noexcept {
    const auto& first = sender.beginning.first_heard;
    const send_stamp latest = sender->order.latest();
    if (!first.stamp.has_clock || !latest.has_clock) return usual_tick;
    const auto ticks = static_cast<std::int32_t>(latest.clock - first.stamp.clock);
    const std::chrono::nanoseconds time = sender.last().time - first.time;
    if (ticks < 0 || time <= std::chrono::nanoseconds::zero()) return usual_tick;
    if (ticks < 2) return (std::max)(usual_tick, time / (ticks + 1));
    return time / (ticks - 1);
}

/// Whether two segments with the same clock, captured `elapsed` after one another, were not sent so long after one another.
[[nodiscard]] constexpr bool outlasts_tick(std::chrono::nanoseconds elapsed, const side_view& sender) noexcept {
    return elapsed > 2 * longest_tick(sender);
}

/// Whether two segments with the same clock, captured `elapsed` after one another, cannot be a segment and its retransmission: a
/// retransmission takes a round trip, which is longer than a tick, or would not come later than two ticks.
[[nodiscard]] constexpr bool excludes_resend(std::chrono::nanoseconds elapsed, const side_view& sender,
                                             const side_view& receiver) noexcept {
    if (outlasts_tick(elapsed, sender)) return true;
    return whole_round_trip(sender, receiver).has_value() && least_resend_time(sender, receiver) > longest_tick(sender);
}

/// A time in microseconds, modulo 2^32: see side_state::asked_at.
[[nodiscard]] constexpr std::uint32_t to_microseconds(timestamp time) noexcept {
    const auto since_epoch = time.time_since_epoch();
    return static_cast<std::uint32_t>(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()));
}
/// How long before `time` the side asked for what it misses; 0 if it did so later.
[[nodiscard]] constexpr std::chrono::microseconds asked_before(timestamp time, const side_state& asking) noexcept {
    const auto ago = static_cast<std::int32_t>(to_microseconds(time) - asking.asked_at);
    return std::chrono::microseconds{(std::max)(ago, 0)};
}

/// When the receiver first asked for a segment, but not before `since`: by duplicate ACKs (RFC 5681 section 3.2), by SACK of what lies
/// beyond it (RFC 6675 section 5), or by a partial acknowledgment (RFC 6582 section 3.2). Nullopt if it did not.
[[nodiscard]] constexpr std::optional<timestamp> time_of_asking(const segment& sent, timestamp since,
                                                                const side_view& receiver) noexcept {
    if (!receiver->heard || !receiver->has_acknowledged) return std::nullopt;
    const bool wants = receiver->acknowledged == sent.sequence;
    const bool repeated = wants && receiver->duplicate_acks > 0;
    const bool passed_over = receiver->has_sacked && !before(sent.sequence, receiver->acknowledged) &&
                             !before(receiver->sacked_up_to, sent.sequence_end());
    if (repeated || passed_over)
        return (std::max)(since, clamp_for_arithmetic(sent.time - asked_before(sent.time, *receiver)));
    if (wants && receiver.last().time > since) return receiver.last().time;
    return std::nullopt;
}

/// Whether a sender can have sent again what it sent at `since`, or what was missing then: a round trip has passed, or the receiver
/// asked for it and that request had the time to reach the sender.
[[nodiscard]] constexpr bool can_be_sent_again(const segment& sent, timestamp since, const side_view& sender,
                                               const side_view& receiver) noexcept {
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver);
    if (sent.time - since > least) return true;
    const auto asked = time_of_asking(sent, since, receiver);
    const auto to_sender = sender->there_and_back.least();
    if (!asked || !to_sender) return false;
    if (*to_sender < least / beside_sender) return true; // all that the sender does takes no time
    return sent.time - *asked >= *to_sender - *to_sender / round_trip_tolerance;
}

} // namespace tcplens::inline v1::detail::evidence
