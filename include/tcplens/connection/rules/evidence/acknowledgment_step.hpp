// SPDX-License-Identifier: MIT
#pragma once

#include "fast_path.hpp"
#include "resend_time.hpp"
#include "side_view.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// Whether an acknowledgment lies further ahead than any window. One such acknowledgment is ignored; a second near it is believed.
[[nodiscard]] constexpr bool is_far_ahead(sequence_number ack, side_state& sender) noexcept {
    if (sender.has_acknowledged && distance(sender.acknowledged, ack) > max_window_distance) {
        const std::int32_t further = distance(sender.far_acknowledgment, ack);
        if (!sender.has_acknowledged_far || further < 0 || further > max_window_distance) {
            sender.has_acknowledged_far = true;
            sender.ended_asking = false;
            sender.far_acknowledgment = ack;
            return true;
        }
    }
    sender.has_acknowledged_far = false;
    return false;
}

/// Whether a bare acknowledgment, the first that is captured, answers a keep-alive without data with which the capture of its peer begins:
/// that lies just below what is expected (RFC 9293 section 3.8.4).
[[nodiscard]] constexpr bool answers_first_keep_alive(const segment& sent, const side_state& sender,
                                                      const side_state& receiver) noexcept {
    if (sender.has_acknowledged || sent.sequence_length() > 0 || receiver.sent_syn) return false;
    if (receiver.next != receiver.first || sent.acknowledgment != receiver.next + 1) return false;
    return receiver.has_acknowledged && receiver.acknowledged == sent.sequence;
}

/// Opens a hole for what is acknowledged but was not captured.
constexpr void judge_uncaptured(const segment& sent, const side_state& sender, const side_view& receiver,
                                verdict& result) noexcept {
    const sequence_number ack = sent.acknowledgment;
    if (!receiver->heard || !before(receiver->next, ack)) return;
    if (answers_first_keep_alive(sent, sender, *receiver)) {
        result.kinds |= verdict_kinds::keep_alive_ack;
        receiver.go_on_to(ack);
        return;
    }
    // The byte of a zero window probe that was accepted was sent; any other was sent and not captured.
    const bool probe_accepted = receiver->sent_zero_window_probe && ack == receiver->next + 1;
    if (!probe_accepted) {
        result.kinds |= verdict_kinds::ack_lost_segment;
        receiver->order.learn_uncaptured();
        // An ACK gives no order, but it echoes the clock of what it acknowledges (RFC 7323 section 4.3).
        const std::uint32_t echo = sent.options.timestamps ? sent.options.timestamps->echo : 0;
        receiver.open_hole(receiver->next, ack,
                           {.time = sent.time, .packet_number = sent.packet_number, .stamp = {.clock = echo}});
    }
    receiver.go_on_to(ack);
}

/// Whether a segment, the last of its side, was an acknowledgment alone and no probe.
[[nodiscard]] constexpr bool is_bare(const remembered_segment& last, const side_state& of) noexcept {
    return last.length() == 0 && last.begin == of.next;
}

/// Judges a segment without sequence numbers of its own that repeats an acknowledgment.
constexpr void judge_repeated(const segment& sent, side_state& sender, const side_view& receiver,
                              verdict& result) noexcept {
    using enum verdict_kinds;
    // RFC 6675 section 2: with SACK, an ACK that reports new data is a duplicate ACK whatever its window
    if (sent.window != sender.window && sent.options.sack_block_count == 0) {
        if (sent.window != 0) result.kinds |= window_update;
    } else if (receiver->sent_keep_alive || receiver->sent_zero_window_probe) {
        result.kinds |= receiver->sent_keep_alive ? keep_alive_ack : zero_window_probe_ack;
        const bool is_last = !is_bare(receiver.last(), *receiver);
        receiver->probe_answered = is_last;
        if (!is_last) receiver->sent_keep_alive = receiver->sent_zero_window_probe = false;
    } else if (receiver->heard && before(sent.acknowledgment, receiver->next)) { // RFC 5681 section 2
        result.kinds |= duplicate_ack;
        // A D-SACK asks for nothing.
        if (sender.duplicate_acks < most_duplicate_acks && !sent.reports_duplicate()) {
            if (sender.duplicate_acks == 0 && !sender.has_sacked) sender.asked_at = to_microseconds(sent.time);
            ++sender.duplicate_acks;
        }
    }
}

/// Takes note of a probe. An acknowledgment alone may follow it before it is answered: both sides probe at once, or the peer sent data.
/// Once it is answered, anything may follow.
constexpr void learn_probe(const segment& sent, const verdict& result, side_state& sender) noexcept {
    using enum verdict_kinds;
    const bool is_ack_alone = sent.sequence_length() == 0 && !result.has(keep_alive | zero_window_probe);
    if (is_ack_alone && !sender.probe_answered) return;
    sender.probe_answered = false;
    sender.sent_keep_alive = result.has(keep_alive);
    sender.sent_zero_window_probe = result.has(zero_window_probe);
}

/// Takes note of SACK blocks. Blocks that report acknowledged data or data that was never sent are ignored.
constexpr void learn_sack(const segment& sent, side_state& sender, const side_view& receiver) noexcept {
    for (std::size_t i = 0; i < sent.options.sack_block_count; ++i) {
        const sack_block& block = sent.options.sack_block_storage[i];
        if (!before(sender.acknowledged, block.right) || !before(block.left, block.right)) continue;
        if (receiver->heard && before(receiver->next, block.right)) continue;
        if (!sender.has_sacked && sender.duplicate_acks == 0) sender.asked_at = to_microseconds(sent.time);
        if (!sender.has_sacked || before(sender.sacked_up_to, block.right)) sender.sacked_up_to = block.right;
        sender.has_sacked = true;
    }
}

/// Judges a segment by its acknowledgment.
constexpr void judge_acknowledgment(const segment& sent, side_state& sender, const side_view& receiver,
                                    verdict& result) noexcept {
    using enum verdict_kinds;
    const sequence_number ack = sent.acknowledgment;
    if (is_far_ahead(ack, sender)) return;
    judge_uncaptured(sent, sender, receiver, result);

    const bool repeated = sender.has_acknowledged && ack == sender.acknowledged;
    const bool bare = sent.sequence_length() == 0 && !result.has(keep_alive | zero_window_probe | lost_segment);
    if (repeated && bare) judge_repeated(sent, sender, receiver, result);
    if (!sender.has_acknowledged || before(sender.acknowledged, ack)) {
        if (sender.duplicate_acks > 0) {
            sender.ended_asking = true;
            sender.far_acknowledgment = ack;
        }
        acknowledge(ack, sender);
        sender.has_acknowledged = true;
        if (sender.has_sacked && !before(ack, sender.sacked_up_to)) sender.has_sacked = false;
    }
    learn_sack(sent, sender, receiver);
}

} // namespace tcplens::inline v1::detail::evidence
