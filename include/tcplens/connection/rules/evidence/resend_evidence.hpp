// SPDX-License-Identifier: MIT
#pragma once

#include "side_view.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tcplens::inline v0::detail::evidence {

/// The round trip from end to end: the sum of both parts, else the handshake, else the one part that is known.
[[nodiscard]] constexpr std::optional<std::chrono::nanoseconds> whole_round_trip(const side_view& a,
                                                                                 const side_view& b) noexcept {
    const auto to_a = a->there_and_back.least();
    const auto to_b = b->there_and_back.least();
    if (to_a && to_b) return *to_a + *to_b;
    if (a->knows_handshake_time) return a.beginning.handshake_time;
    if (b->knows_handshake_time) return b.beginning.handshake_time;
    return to_a ? to_a : to_b; // a part of it
}

/// The least time after which a sender can have sent again what passed the capture point, or what a segment that passed it showed to
/// be missing: the receiver has to answer, and the retransmission has to come. Less than the round trip that was measured, by the
/// tolerance; the threshold for unknown round trips if none was.
[[nodiscard]] constexpr std::chrono::nanoseconds least_resend_time(const side_view& sender,
                                                                   const side_view& receiver) noexcept {
    const auto measured = whole_round_trip(sender, receiver);
    return measured ? *measured - *measured / round_trip_tolerance : unknown_round_trip;
}

/// Whether a segment brings data or an acknowledgment that is new, so that it cannot be a copy. True of most segments.
[[nodiscard]] constexpr bool is_news(const segment& sent, const side_state& sender) noexcept {
    if (!sender.heard) return true;
    if (sent.payload_length > 1 && !before(sent.sequence, sender.next)) return !sender.has_jumped;
    return sent.flags.ack() && sender.has_acknowledged && !sender.has_acknowledged_far &&
           before(sender.acknowledged, sent.acknowledgment);
}

/// Whether a packet that equals an earlier one in all that TCP and IP say is a copy made by the network or the capture.
[[nodiscard]] constexpr bool is_duplicate(const segment& sent, const segment_copy& earlier, const side_view& sender,
                                          const side_view& receiver) noexcept {
    if (sent.ip_id.value_or(0) != 0) {
        // After one packet it is not known whether Identifications vary; but no timer is as quick as this.
        const auto varies = sender->order.id_varies();
        if (varies.value_or(sent.time - earlier.sent.time < least_timeout)) return true;
    }
    // A round trip that was measured on one direction alone may include waiting.
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver) / (receiver->heard ? 1 : 2);
    if (sent.time - earlier.missed_since > least) return false;
    // Where a SYN came more than once, timers and the answers to each make pairs of SYN-ACKs.
    if (sent.flags.syn() && sent.flags.ack() && (receiver->sent_syn_again || sender->sent_syn_again)) return false;
    if (sender->since_duplicate < no_recent_duplicate) return true;
    if (sent.sequence_length() > 0) return true;
    // Duplicate ACKs may be equal in everything; but with SACK each reports something new (RFC 2018 section 4).
    return sender->permits_sack && receiver->permits_sack && !sent.options.cut;
}

/// Whether a segment that fills a hole was sent again, or is the first copy of its bytes, late.
[[nodiscard]] constexpr bool sent_again(const segment& sent, const send_stamp& stamp,
                                        const sequence_holes::opening& hole, const side_view& sender,
                                        const side_view& receiver, evidence_set& evidence) noexcept {
    // First copies leave in the order of their sequence numbers: what left after the segment beyond it is no first copy.
    if (const auto packets = sender->order.packets_between(hole.stamp, stamp)) {
        evidence |= evidence_set::ip_id;
        return *packets > 0;
    }
    if (const auto ticks = send_order::ticks_between(hole.stamp, stamp)) {
        evidence |= evidence_set::timestamp_option;
        return *ticks > 0;
    }
    // In the same tick, and the clock has moved on since: too soon for a round trip.
    if (stamp.has_clock && hole.stamp.has_clock && sender->order.latest().clock != stamp.clock) {
        evidence |= evidence_set::timestamp_option;
        return false;
    }
    // To be sent again, it had to be missed first. What was measured as a round trip may have stood in queues; where
    // duplicate ACKs asked for the segment, half of it is believed.
    const bool asked = receiver->duplicate_acks >= fast_retransmit_threshold;
    const bool passed_over = receiver->has_sacked && distance(sent.sequence_end(), receiver->sacked_up_to) >
                                                         static_cast<std::int64_t>(2) * sent.payload_length;
    evidence |= whole_round_trip(sender, receiver) ? evidence_set::round_trip : evidence_set::undecided;
    if (asked) evidence |= evidence_set::duplicate_acks;
    if (passed_over) evidence |= evidence_set::selective_ack;
    return sent.time - hole.time > least_resend_time(sender, receiver) / (asked || passed_over ? 2 : 1);
}

/// Whether the next segment in order was sent before, in a copy that was lost on its way to the capture point: its sender counted a
/// packet that was not captured, had nothing to send but this segment, and was silent for longer than any answer takes.
[[nodiscard]] constexpr bool copy_is_missing(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                             const side_view& receiver) noexcept {
    // It owed no acknowledgment, was not probing, and filled no holes.
    if (!sender->owes_nothing || sender->sent_keep_alive || sender->sent_zero_window_probe) return false;
    if (sender.has_holes() || receiver->acknowledged != sent.sequence) return false;
    // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
    const auto& stamps = sent.options.timestamps;
    const send_stamp latest = receiver->order.latest();
    if (!stamps || !latest.has_clock || latest.clock != stamps->echo) return false;
    // Windows, whose packets start with a hop limit of 128, counts the packets of all of its connections together.
    if (sent.hop_limit > per_connection_id_hop_limit) return false;
    // A segment that is larger than a packet can be stands for several, each with an Identification: the network card cuts it
    // behind the capture, or put it together before. A host sends no more than its own link takes, nor its peer's; options are
    // a part of that (RFC 6691 2). Smaller ones that were put together cannot be told.
    const std::uint16_t told = (std::min)(sender->segment_size_limit, receiver->segment_size_limit);
    if (sender.last().length + timestamps_length > (told == unknown_segment_size ? ethernet_segment_size : told))
        return false;
    return sender->order.skips_few(stamp.id) && sent.time - sender.last().time >= least_resend_time(sender, receiver);
}

/// Adds to a retransmission whether it was spurious, fast or a tail loss probe.
constexpr void classify_retransmission(const segment& sent, bool heard_before, const side_view& sender,
                                       const side_view& receiver, verdict& result) noexcept {
    using enum verdict_kinds;
    if (sent.flags.syn()) sender->sent_syn_again = true;
    const sequence_number end = sent.sequence_end();
    if (receiver->has_acknowledged && !before(receiver->acknowledged, end)) {
        result.kinds |= spurious_retransmission;
        result.evidence |= evidence_set::acknowledged;
        return;
    }
    const bool asked = receiver->duplicate_acks >= fast_retransmit_threshold &&
                       receiver->acknowledged == sent.sequence;                            // RFC 5681 3.2
    const bool passed_over = receiver->has_sacked && !before(receiver->sacked_up_to, end); // RFC 6675 5
    const auto measured = whole_round_trip(sender, receiver);
    timestamp last_cause = heard_before ? sender.last().time : sent.time;
    // Duplicate ACKs may have come late: they stand in queues.
    if (asked || passed_over) last_cause = (std::max)(last_cause, receiver.last().time);
    if (heard_before && sent.time - last_cause > (measured ? timer_silence_round_trips * *measured : timer_silence)) {
        result.evidence |= evidence_set::silence;
        // A timeout sends the first segment again that was not acknowledged (RFC 6298 5.4), a probe the last (RFC 8985 7.3).
        const bool not_first = receiver->has_acknowledged && before(receiver->acknowledged, sent.sequence);
        if (not_first && end == sender->next && !asked && !passed_over) result.kinds |= tail_loss_probe;
    } else if (asked || passed_over) {
        result.kinds |= fast_retransmission;
        if (asked) result.evidence |= evidence_set::duplicate_acks;
        if (passed_over) result.evidence |= evidence_set::selective_ack;
    }
}

} // namespace tcplens::inline v0::detail::evidence
