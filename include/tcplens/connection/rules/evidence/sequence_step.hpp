// SPDX-License-Identifier: MIT
#pragma once

#include "missing_copy.hpp"
#include "resend_evidence.hpp"
#include "syn_step.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// Undoes a jump far ahead if the side continues where it was before: the jump was a forged or damaged segment.
constexpr void come_back(const side_view& sender, sequence_number begin) noexcept {
    if (!sender->has_jumped || begin != sender->before_jump) return;
    sender->has_jumped = false;
    sender.go_on_to(begin);
    sender->uncaptured = 0;
    if (sender.at_length) sender.at_length->holes.drop_from(begin);
}

/// Whether a segment is a keep-alive or a zero window probe: it asks for an answer and uses no sequence number for good.
[[nodiscard]] constexpr verdict_kinds find_probe(const segment& sent, timestamp last_time, const side_state& sender,
                                                 const side_state& receiver) noexcept {
    if (sent.payload_length > 1 || sent.flags.syn() || sent.flags.fin()) return verdict_kinds::none;
    // An application wrote a byte that was pushed (RFC 1122 section 4.2.2.2), as long as a timer may send it again.
    if (sent.payload_length == 1 && sent.flags.psh() && sent.sequence != sender.next &&
        sent.time - last_time < longest_data_timeout) {
        return verdict_kinds::none;
    }
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
        sender.measure_first();
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
                            ruling& result) noexcept {
    if (beyond_all) {
        // Only its acknowledgment, or an ACK without data, came before it: that is no order of data.
        if (!sent_after_acknowledgment(sent, stamp, hole, sender, receiver, result)) return;
    } else if (!sent_again(sent, stamp, hole, sender, receiver, result)) {
        result.kinds = verdict_kinds::out_of_order;
        return;
    }
    result.kinds = verdict_kinds::retransmission;
    if (sender.at_length) sender.at_length->overtaken.expect(sent.sequence, sent.sequence_end(), hole.stamp);
}

/// Below 0 if a segment was sent before all that are remembered; 0 if that is not known. Retransmissions among those may overtake
/// each other, so that the latest of them alone tells nothing.
[[nodiscard]] constexpr int compare_with_forgotten(const send_stamp& stamp, const side_state& sender,
                                                   evidence_set& evidence) noexcept {
    constexpr auto remembered = static_cast<int>(decltype(long_memory::recent)::capacity);
    evidence_set found = evidence_set::none;
    const int order = compare_order(stamp, sender.order.latest(), sender, found);
    if (order > 0 || (found == evidence_set::ip_id && order > -remembered * sender.order.usual_step())) return 0;
    evidence |= found;
    return order;
}

/// Whether as many packets were sent from a segment to one `beyond` it as lie between their sequence numbers. A retransmission is sent
/// after some of those.
[[nodiscard]] constexpr bool is_numbered_in_sequence(const segment& sent, const send_stamp& stamp,
                                                     const stamped_segment& beyond, const send_order& order) noexcept {
    const auto packets = order.packets_between(stamp, beyond.stamp());
    if (!packets || sent.payload_length == 0) return false;
    const std::int64_t bytes = distance(sent.sequence, beyond.begin);
    return (bytes + sent.payload_length - 1) / sent.payload_length * order.usual_step() == *packets;
}

/// Judges a segment of which some bytes were captured before by its order among the remembered segments. A first copy left before all
/// first copies of what lies beyond it. @pre the sender has a long memory
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a list of cases in the order in which they count
constexpr void judge_by_order(const segment& sent, const send_stamp& stamp, bool forgotten, bool is_remembered,
                              const side_view& sender, ruling& result) noexcept {
    const long_memory& memory = *sender.at_length;
    if (const evidence_set overtaken = memory.overtaken.evidence_for(sent.sequence, stamp, sender->order);
        overtaken != evidence_set::none) {
        result.kinds = verdict_kinds::out_of_order;
        result.by = basis::order;
        result.add(overtaken);
        return;
    }
    evidence_set evidence = evidence_set::none;
    const stamped_segment* const beyond = memory.recent.find_beyond(sent.sequence_end(), sender->remembered);
    const int against_beyond = beyond != nullptr ? compare_order(stamp, beyond->stamp(), *sender, evidence)
                                                 : compare_with_forgotten(stamp, *sender, evidence);
    const bool in_tick = beyond != nullptr && against_beyond == 0 && stamp.has_clock &&
                         sent.time - beyond->time > 2 * longest_tick(sender);
    const stamped_segment* later = nullptr; // the oldest segment that covers it and was sent after it
    bool follows_any = false;               // it was sent after a segment that covers it
    bool knows_stamps = false;
    memory.recent.for_each_covering(sent.sequence, sender->remembered, [&](const stamped_segment& each) {
        const int order = compare_order(stamp, each.stamp(), *sender, evidence);
        knows_stamps |= !each.stamp().is_empty();
        if (order > 0) follows_any = true;
        if (order < 0) later = &each;
    });
    if (follows_any) {
        result.by = basis::order;
        return;
    }
    const bool precedes_beyond = against_beyond < 0;
    if (against_beyond > 0) result.by = basis::repeated_later;
    else if (stamp.has_clock && (is_remembered ? knows_stamps : beyond != nullptr)) result.by = basis::same_tick;
    bool is_numbered = false;
    if (later != nullptr) {
        if (against_beyond > 0) return;
        // The earlier captured copies were sent after it: it is the first copy, unless an even older one was captured before.
        result.kinds = later->kind == copy_kind::repeated ? verdict_kinds::duplicate : verdict_kinds::out_of_order;
    } else if (is_remembered) {
        if (!precedes_beyond || knows_stamps) return;
        result.kinds = verdict_kinds::out_of_order;
    } else {
        if (!precedes_beyond && !in_tick) return;
        result.kinds = forgotten ? verdict_kinds::out_of_order : verdict_kinds::duplicate;
        is_numbered = !forgotten && beyond != nullptr && is_numbered_in_sequence(sent, stamp, *beyond, sender->order);
    }
    result.add(evidence);
    result.by = is_numbered ? basis::numbered_copy : basis::forgotten;
}

/// Judges a segment of which some bytes were captured before.
constexpr void judge_seen(const segment& sent, const send_stamp& stamp, bool forgotten, const side_view& sender,
                          const side_view& receiver, ruling& result) noexcept {
    result.add(evidence_set::bytes_seen);
    const remembered_segment* const earlier = sender.find_covering(sent.sequence);
    if (earlier != nullptr) {
        result.earlier_packet = earlier->packet_number(sent);
        result.elapsed = sent.time - earlier->time;
    }
    result.kinds = verdict_kinds::retransmission;
    result.by = basis::repeated;
    if (earlier != nullptr && is_segmented_copy(sent, stamp, *earlier, sender, receiver)) {
        result.kinds = verdict_kinds::duplicate;
        result.by = basis::likeness;
        return;
    }
    // The clock of the capture was set back: times and the timestamps option of one host tell no order.
    if (earlier != nullptr && result.elapsed < -shortest_timer) return;
    if (sender.at_length != nullptr) {
        judge_by_order(sent, stamp, forgotten, earlier != nullptr, sender, result);
        return;
    }
    evidence_set evidence = evidence_set::none;
    if (compare_order(stamp, sender->order.latest(), *sender, evidence) < 0) {
        result.kinds = earlier != nullptr || forgotten ? verdict_kinds::out_of_order : verdict_kinds::duplicate;
        result.add(evidence);
        result.by = basis::forgotten;
    }
}

/// Judges a segment that begins before the highest number known.
[[nodiscard]] constexpr ruling judge_overlap(const segment& sent, const send_stamp& stamp, bool beyond_all,
                                             const side_view& sender, const side_view& receiver) noexcept {
    const sequence_number begin = sent.sequence;
    const sequence_number end = sent.sequence_end();
    ruling result;
    const sequence_holes::filling filling = fill_holes(begin, end, sender);
    const bool forgotten = sender.may_have_forgotten(begin);
    if (forgotten) result.add(evidence_set::memory_exceeded);
    if (filling.bytes > 0) {
        result.add(evidence_set::fills_hole);
        result.earlier_packet = filling.opened.packet_number;
        result.elapsed = sent.time - filling.opened.time;
    }
    std::uint32_t unseen = filling.bytes;
    if (before(sender->next, end)) {
        unseen += end.value - sender->next.value;
        sender.go_on_to(end);
    }
    // Nothing was captured there, whichever holes are forgotten.
    if (beyond_all) unseen = end.value - begin.value;
    if (unseen == end.value - begin.value) {
        judge_unseen(sent, stamp, filling.opened, beyond_all, sender, receiver, result);
    } else {
        judge_seen(sent, stamp, forgotten, sender, receiver, result);
    }
    return result;
}

/// Judges a segment by its sequence numbers: beyond what was seen, in order, or before it.
[[nodiscard]] constexpr ruling judge_sequence(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                              const side_view& receiver) noexcept {
    const sequence_number begin = sent.sequence;
    const sequence_number end = sent.sequence_end();
    if (!sender->heard) return hear_first(sent, stamp, sender, receiver);
    if (sent.flags.syn()) {
        // RFC 9293 section 3.5, figure 7: when both ends open, a SYN-ACK follows the SYN of each
        const bool opens_both = sender->sent_syn && sent.flags.ack() && !sender->sent_syn_ack;
        sender->sent_syn = true;
        if (sent.flags.ack()) {
            sender->sent_syn_ack = true;
            sender->order.learn_syn_ack(sent);
        }
        if (opens_both) return {};
    }
    if (begin != end) come_back(sender, begin);
    if (const verdict_kinds probe = find_probe(sent, sender.last().time, *sender, *receiver);
        probe != verdict_kinds::none) {
        return verdict{.kinds = probe};
    }

    const bool only_acknowledged = sender->next == sender->first && !sender->first_was_syn;
    const bool beyond_all = only_acknowledged || !before(begin, sender->captured_up_to());
    if (begin != end) sender.capture(end);
    if (before(sender->next, begin)) {
        skip_ahead(sent, stamp, sender);
        return verdict{.kinds = verdict_kinds::lost_segment};
    }
    if (begin == end) return {};
    if (begin == sender->next) {
        sender.go_on_to(end);
        const evidence_set lost_copy = evidence_of_lost_copy(sent, stamp, sender, receiver);
        if (lost_copy == evidence_set::none) return {};
        return {{.kinds = verdict_kinds::retransmission, .evidence = lost_copy}, basis::inference};
    }
    return judge_overlap(sent, stamp, beyond_all, sender, receiver);
}

} // namespace tcplens::inline v1::detail::evidence
