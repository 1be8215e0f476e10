// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "certainty.hpp"
#include "missing_copy.hpp"
#include "resend_time.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// The order of a segment that fills a hole, against the first copy beyond that hole: as compare_order(). Also below 0 if both have the
/// same clock, so that no round trip was between them.
[[nodiscard]] constexpr int compare_with_opener(const segment& sent, const send_stamp& stamp,
                                                const sequence_holes::opening& hole, const side_view& sender,
                                                const side_view& receiver, ruling& result) noexcept {
    send_stamp beyond = hole.stamp;
    const bool by_acknowledgment = beyond.is_empty();
    if (by_acknowledgment && sender.at_length != nullptr) {
        const auto* const first = sender.at_length->recent.find_beyond(sent.sequence_end(), sender->remembered);
        if (first != nullptr) beyond = first->stamp();
    }
    if (const int order = compare_order(stamp, beyond, *sender, result.evidence); order != 0) return order;
    // A retransmission may have been triggered by other segments than this one beyond: only the opener of the hole counts.
    if (stamp.has_clock && beyond.has_clock && !by_acknowledgment &&
        excludes_resend(sent.time - hole.time, sender, receiver)) {
        result.add(evidence_set::timestamp_option);
        return -1;
    }
    return 0;
}

/// Whether the acknowledgment that opened a hole echoes the clock of a segment that was sent as late as this, or later
/// (RFC 7323 section 4.3).
[[nodiscard]] constexpr bool precedes_echo(const send_stamp& stamp, const send_stamp& opener) noexcept {
    const bool has_echo = !opener.has_clock && opener.clock != 0;
    return stamp.has_clock && has_echo && static_cast<std::int32_t>(stamp.clock - opener.clock) <= 0;
}

/// Whether a segment that fills a hole was sent again, or is the first copy of its bytes, late. First copies leave in the order of
/// their sequence numbers: a segment that left after one beyond it is no first copy.
[[nodiscard]] constexpr bool sent_again(const segment& sent, const send_stamp& stamp,
                                        const sequence_holes::opening& hole, const side_view& sender,
                                        const side_view& receiver, ruling& result) noexcept {
    const int order = compare_with_opener(sent, stamp, hole, sender, receiver, result);
    if (order < 0) sender->reorders = true;
    if (order != 0) return order > 0;
    // The directions were captured at different times.
    if (precedes_echo(stamp, hole.stamp)) {
        result.add(evidence_set::timestamp_option);
        if (stamp.clock == hole.stamp.clock) result.by = basis::weak_causes; // a retransmission may be as quick
        return false;
    }
    const bool is_measured = whole_round_trip(sender, receiver).has_value();
    result.add(is_measured ? evidence_set::round_trip : evidence_set::undecided);
    const bool asked = receiver->duplicate_acks >= fast_retransmit_threshold;
    const bool passed_over = receiver->has_sacked && distance(sent.sequence_end(), receiver->sacked_up_to) >
                                                         sacked_segments_threshold * sent.payload_length;
    if (asked) result.add(evidence_set::duplicate_acks);
    if (passed_over) result.add(evidence_set::selective_ack);
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver);
    const std::chrono::nanoseconds open_for = sent.time - hole.time;
    if (open_for < least / certain_reordering) sender->reorders = true;
    // Within one tick of the sender's clock, what came late and what was sent again are equal.
    result.by = is_measured && !stamp.has_clock ? basis::causes : basis::weak_causes;
    if (can_be_sent_again(sent, hole.time, sender, receiver)) return true;
    // What was measured as a round trip may include waiting. As long as nothing came late, half of it is believed: RACK sends again
    // at once then (RFC 8985 section 6.2).
    if (!sender->reorders && (asked || passed_over || !receiver->heard) && least > host_round_trip &&
        open_for > least / 2) {
        return true;
    }
    if (!sender->reorders || open_for > least / 2) result.by = basis::weak_causes;
    return false;
}

/// Whether a segment was sent again, if only `by` was captured of its place: the acknowledgment of the peer, or a bare ACK of its sender,
/// whose sequence number is the next that its sender has not used yet. Where the directions were captured at different times, the peer's
/// acknowledgment may come first. Each direction is in its own order.
[[nodiscard]] constexpr bool sent_after_acknowledgment(const segment& sent, const send_stamp& stamp,
                                                       const sequence_holes::opening& by, const side_view& sender,
                                                       const side_view& receiver, ruling& result) noexcept {
    if (!by.stamp.is_empty()) {
        const int order = compare_order(stamp, by.stamp, *sender, result.evidence);
        if (order != 0) return order > 0;
    }
    const auto packets = sender->order.packets_between(sender->order.latest(), stamp);
    if (packets && *packets <= sender->order.usual_step()) {
        result.add(evidence_set::ip_id);
        return false;
    }
    if (precedes_echo(stamp, by.stamp)) {
        result.add(evidence_set::timestamp_option);
        return false;
    }
    result.by = basis::acknowledged;
    if (by.packet_number == 0) return false; // it is forgotten which acknowledgment came first
    result.add(whole_round_trip(sender, receiver) ? evidence_set::round_trip : evidence_set::undecided);
    return sent.time - by.time > least_resend_time(sender, receiver) + least_timeout;
}

/// Whether a segment and one that covers its beginning are the same bytes before and after segmentation offload: one is larger than a
/// packet, the sender's clock stood still, nobody asked for the bytes, and no time passed.
[[nodiscard]] constexpr bool is_segmented_copy(const segment& sent, const send_stamp& stamp,
                                               const remembered_segment& covering, const side_view& sender,
                                               const side_view& receiver) noexcept {
    if ((std::max)(sent.payload_length, covering.length()) <= largest_packet(*sender, *receiver)) return false;
    if (send_order::ticks_between(sender->order.latest(), stamp)) return false;
    const std::chrono::nanoseconds since = sent.time - covering.time;
    return since >= std::chrono::nanoseconds::zero() && since < longest_in_host &&
           since < least_resend_time(sender, receiver) / 4 && !can_be_sent_again(sent, covering.time, sender, receiver);
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

} // namespace tcplens::inline v1::detail::evidence
