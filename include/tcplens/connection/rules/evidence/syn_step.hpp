// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "certainty.hpp"
#include "resend_time.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// Whether an acknowledgment is one of the SYN of `client`. It may cover more than the captured SYN: a copy that was not captured may
/// have carried data (RFC 7413 section 3).
[[nodiscard]] constexpr bool answers_syn(const segment& answer, const side_state& client) noexcept {
    const std::int32_t beyond = distance(client.first, answer.acknowledgment);
    return beyond > 0 && (beyond <= largest_unscaled_window || !before(client.next, answer.acknowledgment));
}

/// Whether a segment in the place of a SYN-ACK acknowledges what its peer never sent. It belongs to an older connection and is no base
/// for anything (RFC 9293 section 3.10.7.3, RFC 5961 section 4).
[[nodiscard]] constexpr bool is_unacceptable(const segment& sent, const side_state& sender,
                                             const side_state& receiver) noexcept {
    if (sender.heard || sent.flags.syn() || !sent.flags.ack()) return false;
    if (!receiver.sent_syn || receiver.sent_syn_ack || receiver.next != receiver.first + 1) return false;
    const std::int32_t beyond = distance(receiver.first, sent.acknowledgment);
    // Before it was answered, a SYN and its data are all that there is (RFC 7413 section 3); but the capture may have lost more.
    const std::int32_t most = sent.payload_length == 0 ? largest_unscaled_window : max_window_distance;
    return beyond <= 0 || beyond > most;
}

/// Decides between two SYN-ACKs with different initial sequence numbers: the one that continues at `number` counts.
constexpr void settle_syn_ack(const side_view& sender, sequence_number number) noexcept {
    if (number == sender->before_jump + 1 && number != sender->first + 1) {
        const sequence_number initial = sender->before_jump;
        sender.forget();
        sender->heard = sender->first_was_syn = sender->sent_syn = sender->sent_syn_ack = true;
        sender->first = initial;
        sender->next = initial + 1;
    } else if (number != sender->first + 1) {
        return;
    }
    sender->was_answered_twice = false;
}

/// Whether a SYN can be of this connection. A SYN with another initial sequence number (the next SYN cookie, or another connection
/// in a table that does not split them) begins its sender's sequence numbers anew.
constexpr bool take_syn(const segment& syn, const side_view& from, side_state& receiver) noexcept {
    side_state& sender = *from;
    // RFC 9293 3.10.7.3: an acknowledgment of anything else answers another SYN, and ends nothing.
    if (syn.flags.ack() && receiver.sent_syn && !answers_syn(syn, receiver)) return false;
    if (syn.flags.ack() && sender.sent_syn && syn.sequence != sender.first) {
        // There is no other SYN cookie once one was accepted.
        if (receiver.has_acknowledged && before(sender.first, receiver.acknowledged)) return false;
        // The client's ACK tells which of several SYN-ACKs counts (RFC 9293 3.10.7.3).
        if (!sender.has_jumped && sender.next == sender.first + 1) {
            sender.was_answered_twice = true;
            sender.before_jump = syn.sequence;
            return false;
        }
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

/// Judges a SYN-ACK that take_syn() refused. `again`: it repeats the other SYN-ACK of this side; another host may answer, and repeat
/// its answer.
[[nodiscard]] constexpr ruling pass_other_syn(const segment& sent, std::uint32_t fingerprint, bool again,
                                              const side_view& sender) noexcept {
    using enum verdict_kinds;
    if (!sender->heard || !sender->sent_syn) return {};
    if (again) return {{.kinds = retransmission, .evidence = evidence_set::sequence_number_seen}, basis::repeated};
    // Once it is settled which SYN-ACK counts: all below the window was received before (RFC 9293 3.10.7.4).
    if (sender->was_answered_twice || !before(sent.sequence, sender->first)) return {};
    ruling result{{.kinds = duplicate, .evidence = evidence_set::acknowledged}, basis::likeness};
    if (const auto* const earlier = sender.find_covering(sent.sequence)) {
        result = {{.kinds = retransmission | spurious_retransmission,
                   .evidence = evidence_set::bytes_seen | evidence_set::acknowledged,
                   .earlier_packet = earlier->packet_number(sent),
                   .elapsed = sent.time - earlier->time},
                  basis::repeated};
    }
    sender.remember(sent, fingerprint, {}, copy_kind::repeated);
    return result;
}

/// Whether an earlier SYN-ACK was lost before the first one that was captured. A SYN-ACK echoes the SYN that was answered first
/// (RFC 7323 section 4.3). If that is an earlier one than the last SYN, either the answer took longer than the client's timer, or it was
/// sent again. The latter follows the last SYN much sooner than that timer.
[[nodiscard]] constexpr bool was_answered_before(const segment& sent, const side_view& receiver) noexcept {
    const auto& stamps = sent.options.timestamps;
    if (!stamps || !receiver->sent_syn_again || !receiver->first_was_syn) return false;
    const auto& first = receiver.beginning.first_heard;
    // If the client went on already, its latest clock is no SYN's.
    const bool is_later =
        !receiver->has_acknowledged && static_cast<std::int32_t>(stamps->echo - first.stamp.clock) > 0;
    const bool is_last = static_cast<std::int32_t>(stamps->echo - receiver->order.latest().clock) >= 0;
    if (!first.stamp.has_clock || is_last || (stamps->echo != first.stamp.clock && !is_later)) return false;
    const std::chrono::nanoseconds since_last = sent.time - receiver.last().time;
    const timestamp answered = is_later ? receiver.latest(2).time : first.time;
    return since_last >= std::chrono::nanoseconds::zero() &&
           since_last < (receiver.last().time - answered) / soon_after_syn;
}

/// The first segment that is captured of a side.
[[nodiscard]] constexpr ruling hear_first(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                          const side_view& receiver) noexcept {
    sender->heard = true;
    sender->first = sent.sequence;
    sender.beginning.first_heard = {sent.time, sent.packet_number, stamp};
    sender->next = sent.sequence_end();
    if (!sent.flags.syn()) return {};
    sender->sent_syn = true;
    sender->sent_syn_ack = sent.flags.ack();
    if (sent.flags.ack()) sender->order.learn_syn_ack(sent);
    sender->first_was_syn = true;
    if (!sent.flags.ack() || !was_answered_before(sent, receiver)) return {};
    return {
        {.kinds = verdict_kinds::retransmission, .evidence = evidence_set::timestamp_option | evidence_set::round_trip},
        basis::inference};
}

} // namespace tcplens::inline v1::detail::evidence
