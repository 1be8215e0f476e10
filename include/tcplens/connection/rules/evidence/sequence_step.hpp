// SPDX-License-Identifier: MIT
#pragma once

#include "resend_evidence.hpp"

#include <cstdint>

namespace tcplens::inline v0::detail::evidence {

/// Whether a SYN can be of this connection. A SYN with another initial sequence number (the next SYN cookie, or another connection
/// in a table that does not split them) begins its sender's sequence numbers anew.
constexpr bool take_syn(const segment& syn, const side_view& from, side_state& receiver) noexcept {
    side_state& sender = *from;
    // RFC 9293 3.10.7.3: an acknowledgment of anything else answers another SYN, and ends nothing
    if (syn.flags.ack() && receiver.sent_syn &&
        (!before(receiver.first, syn.acknowledgment) || before(receiver.next, syn.acknowledgment))) {
        return false;
    }
    // ... nor is there another SYN cookie once one was accepted.
    if (syn.flags.ack() && sender.sent_syn && syn.sequence != sender.first && receiver.has_acknowledged &&
        before(sender.first, receiver.acknowledged)) {
        return false;
    }
    const bool same =
        sender.sent_syn ? syn.sequence == sender.first : sender.first_is_near && before(syn.sequence, sender.first);
    if (sender.heard && !same) {
        from.forget();
        receiver.there_and_back = {};
        receiver.has_acknowledged = false;
        receiver.duplicate_acks = 0;
    }
    return true;
}

/// Undoes a jump far ahead if the side continues where it was before: the jump was a forged or damaged segment.
constexpr void come_back(const side_view& sender, sequence_number begin) noexcept {
    if (!sender->has_jumped || begin != sender->before_jump) return;
    sender->has_jumped = false;
    sender.go_on_to(begin);
    sender->uncaptured = 0;
    if (sender.at_length) sender.at_length->holes.drop_from(begin);
}

/// The first segment that is captured of a side.
[[nodiscard]] constexpr verdict hear_first(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                           const side_view& receiver) noexcept {
    sender->heard = true;
    sender->first = sent.sequence;
    sender.beginning.first_heard = {sent.time, sent.packet_number, stamp};
    sender->next = sent.sequence_end();
    if (!sent.flags.syn()) return {};
    sender->sent_syn = true;
    sender->sent_syn_ack = sent.flags.ack();
    sender->first_was_syn = true;
    // A SYN-ACK echoes the SYN that was answered first (RFC 7323 4.3). If that was not the last one, it was answered
    // before, and that answer was lost.
    const auto& stamps = sent.options.timestamps;
    if (!sent.flags.ack() || !stamps || !receiver->sent_syn_again) return {};
    const std::uint32_t first_clock = receiver->first_was_syn ? receiver.beginning.first_heard.stamp.clock : 0;
    if (stamps->echo != first_clock) return {};
    return {.kinds = verdict_kinds::retransmission, .evidence = evidence_set::timestamp_option};
}

/// Whether a segment is a keep-alive or a zero window probe: it asks for an answer and uses no sequence number for good.
[[nodiscard]] constexpr verdict_kinds find_probe(const segment& sent, const side_state& sender,
                                                 const side_state& receiver) noexcept {
    if (sent.payload_length > 1 || sent.flags.syn() || sent.flags.fin()) return verdict_kinds::none;
    const bool window_closed = receiver.has_acknowledged && receiver.window == 0;
    if (sent.sequence == sender.next - 1) {
        // RFC 9293 3.8.4: no data, or a byte of garbage, just below what the receiver waits for. Where that byte is not
        // acknowledged yet it is data sent again, or a bare acknowledgment that was overtaken.
        const bool wanted = receiver.has_acknowledged && !before(sent.sequence, receiver.acknowledged);
        if (wanted) return verdict_kinds::none;
        return window_closed ? verdict_kinds::zero_window_probe : verdict_kinds::keep_alive;
    }
    // RFC 9293 3.8.6.1: a byte beyond a closed window. It has not been sent for good until it is acknowledged.
    if (sent.payload_length == 1 && sent.sequence == sender.next && window_closed &&
        receiver.acknowledged == sent.sequence) {
        return verdict_kinds::zero_window_probe;
    }
    return verdict_kinds::none;
}

/// Fills what was missing of [begin, end). Everything before the first captured number was missing too.
constexpr sequence_holes::filling fill_holes(sequence_number begin, sequence_number end,
                                             const side_view& sender) noexcept {
    sequence_holes::filling filling{};
    if (sender.at_length) filling = sender.at_length->holes.fill(begin, end);
    if (sender->first_is_near && before(begin, sender->first)) {
        if (filling.bytes == 0) filling.opened = sender.beginning.first_heard;
        filling.bytes += (before(end, sender->first) ? end : sender->first).value - begin.value;
        if (before(end, sender->first)) sender.open_hole(end, sender->first, sender.beginning.first_heard);
        sender->first = begin;
    }
    return filling;
}

/// Opens a hole before a segment that lies beyond all that was seen.
constexpr void skip_ahead(const segment& sent, const send_stamp& stamp, const side_view& sender) noexcept {
    if (distance(sender->next, sent.sequence) > max_window_distance) {
        sender->has_jumped = true;
        sender->before_jump = sender->next;
    }
    sender.open_hole(sender->next, sent.sequence, {sent.time, sent.packet_number, stamp});
    sender.go_on_to(sent.sequence_end());
}

/// Judges a segment whose bytes were not captured before: late, sent again, or `beyond_all` that was captured.
constexpr void judge_unseen(const segment& sent, const send_stamp& stamp, const sequence_holes::opening& hole,
                            bool beyond_all, const side_view& sender, const side_view& receiver,
                            verdict& result) noexcept {
    if (sent_again(sent, stamp, hole, sender, receiver, result.evidence)) {
        result.kinds = verdict_kinds::retransmission;
        if (sender.at_length) sender.at_length->overtaken.expect(sent.sequence, sent.sequence_end(), hole.stamp);
    } else if (!beyond_all) {
        result.kinds = verdict_kinds::out_of_order;
    }
    // else only an ACK without data, or an acknowledgment of this segment, came before it: data is in order
}

/// Judges a segment of which some bytes were captured before.
constexpr void judge_seen(const segment& sent, const send_stamp& stamp, bool forgotten, const side_view& sender,
                          verdict& result) noexcept {
    result.evidence |= evidence_set::bytes_seen;
    if (const auto* earlier = sender.find_covering(sent.sequence)) {
        result.earlier_packet = earlier->packet_number(sent);
        result.elapsed = sent.time - earlier->time;
    }
    if (sender.at_length) {
        const evidence_set overtaken = sender.at_length->overtaken.evidence_for(sent.sequence, stamp, sender->order);
        if (overtaken != evidence_set::none) {
            result.kinds = verdict_kinds::out_of_order;
            result.evidence |= overtaken;
            return;
        }
    }
    constexpr auto long_ago = -static_cast<int>(decltype(long_memory::recent)::capacity);
    const auto packets = sender->order.packets_between(sender->order.latest(), stamp);
    if (packets && *packets <= long_ago) {
        // A copy of a packet that is no longer remembered, or what a forgotten hole waited for.
        result.kinds = forgotten ? verdict_kinds::out_of_order : verdict_kinds::duplicate;
        result.evidence |= evidence_set::ip_id;
    } else {
        result.kinds = verdict_kinds::retransmission;
    }
}

/// Judges a segment that begins before the highest number known. `missed_since` becomes the time since when its bytes were missing.
[[nodiscard]] constexpr verdict judge_overlap(const segment& sent, const send_stamp& stamp, bool beyond_all,
                                              timestamp& missed_since, const side_view& sender,
                                              const side_view& receiver) noexcept {
    const sequence_number begin = sent.sequence;
    const sequence_number end = sent.sequence_end();
    verdict result;
    const sequence_holes::filling filling = fill_holes(begin, end, sender);
    const bool forgotten = sender.may_have_forgotten(begin);
    if (forgotten) result.evidence |= evidence_set::memory_exceeded;
    if (filling.bytes > 0) {
        result.evidence |= evidence_set::fills_hole;
        result.earlier_packet = filling.opened.packet_number;
        result.elapsed = sent.time - filling.opened.time;
        missed_since = filling.opened.time;
    }
    std::uint32_t unseen = filling.bytes;
    if (before(sender->next, end)) {
        unseen += end.value - sender->next.value;
        sender.go_on_to(end);
    }
    if (unseen == end.value - begin.value) {
        judge_unseen(sent, stamp, filling.opened, beyond_all, sender, receiver, result);
    } else {
        judge_seen(sent, stamp, forgotten, sender, result);
    }
    return result;
}

/// Judges a segment by its sequence numbers: beyond what was seen, in order, or before it.
[[nodiscard]] constexpr verdict judge_sequence(const segment& sent, const send_stamp& stamp, timestamp& missed_since,
                                               const side_view& sender, const side_view& receiver) noexcept {
    const sequence_number begin = sent.sequence;
    const sequence_number end = sent.sequence_end();
    if (!sender->heard) return hear_first(sent, stamp, sender, receiver);
    if (sent.flags.syn()) {
        // RFC 9293 section 3.5, figure 7: when both ends open, a SYN-ACK follows the SYN of each
        const bool opens_both = sender->sent_syn && sent.flags.ack() && !sender->sent_syn_ack;
        sender->sent_syn = true;
        if (sent.flags.ack()) sender->sent_syn_ack = true;
        if (opens_both) return {};
    }
    if (begin != end) come_back(sender, begin);
    if (const verdict_kinds probe = find_probe(sent, *sender, *receiver); probe != verdict_kinds::none) {
        return {.kinds = probe};
    }

    const bool beyond_all = !before(begin, sender->captured_up_to());
    if (begin != end) sender.capture(end);
    if (before(sender->next, begin)) {
        skip_ahead(sent, stamp, sender);
        return {.kinds = verdict_kinds::lost_segment};
    }
    if (begin == end) return {};
    if (begin == sender->next) {
        sender.go_on_to(end);
        if (!copy_is_missing(sent, stamp, sender, receiver)) return {};
        return {.kinds = verdict_kinds::retransmission, .evidence = evidence_set::ip_id | evidence_set::silence};
    }
    return judge_overlap(sent, stamp, beyond_all, missed_since, sender, receiver);
}

} // namespace tcplens::inline v0::detail::evidence
