// SPDX-License-Identifier: MIT
#pragma once

#include "overtaken_copies.hpp"
#include "recent_segments.hpp"
#include "round_trip.hpp"
#include "segment_rules.hpp"
#include "sequence_holes.hpp"
#include "transmission_order.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace tcplens {

/// Decides from what was seen. Bytes that were captured before were sent again. Bytes that fill a hole came late or were sent
/// again: decided by the order of IP Identifications, then of timestamp options, then by the time since the hole opened
/// against the round trip, then by duplicate ACKs. A second copy of one packet is a duplicate, and counts for nothing else.
/// Keep-alives and window probes are no retransmissions.
///
/// It remembers a fixed amount of each connection: for each side 8 holes, 16 segments, 4 first copies that were overtaken.
class evidence_rules {
public:
    /// What is remembered of one side.
    struct side_state {
        sequence_number first{};          ///< the lowest that it was heard to send; what is before may come late
        sequence_number next{};           ///< after the highest that it sent, or that its peer acknowledged
        sequence_number captured_up_to{}; ///< after the highest that was captured
        sequence_number acknowledged{};   ///< its highest acknowledgment
        sequence_number sacked_up_to{};   ///< the highest edge of its SACK blocks
        std::uint32_t duplicate_acks = 0;
        std::uint32_t first_syn_clock = 0; ///< TSval of its first SYN
        std::uint16_t window = 0;          ///< its last, not scaled
        bool heard = false;                ///< `first`, `next` and `captured_up_to` are known
        bool first_is_near = true;         ///< so near below `next` that numbers can be compared with it
        bool sent_syn = false;             ///< `first` is its SYN
        bool sent_syn_ack = false;
        bool sent_syn_again = false;
        bool sent_syn_last = false; ///< its last segment was a SYN without ACK, sent once
        bool has_acknowledged = false;
        bool has_sacked = false; ///< `sacked_up_to` is known, and beyond `acknowledged`
        bool permits_sack = false;
        bool sent_keep_alive = false;        ///< its last segment was one
        bool sent_zero_window_probe = false; ///< likewise
        /// Its last segment acknowledged all that had come to it, and nothing came since that it had to answer or to probe.
        bool owes_nothing = false;
        std::optional<sequence_number> before_jump{};        ///< `next`, before it went further ahead than any window
        std::optional<sequence_number> far_acknowledgment{}; ///< its last, if that went as far and was passed over
        sequence_holes::opening first_heard{};               ///< the segment that began with `first`
        timestamp last_time{};                               ///< of its last segment
        /// From its SYN without ACK to its next segment, and so from one end to the other and back.
        std::optional<std::chrono::nanoseconds> handshake_time{};
        round_trip there_and_back{}; ///< from the capture to it
        transmission_order order{};
        sequence_holes holes{};
        overtaken_copies overtaken{};
        recent_segments recent{};
    };

    struct connection_state {
        std::array<side_state, 2> sides{};
        /// Segments since one came twice. Few: this capture has each packet twice, as a mirror port may make it.
        std::uint32_t since_duplicate = no_duplicates;
    };

    [[nodiscard]] constexpr verdict judge(const judged_segment& next, connection_state& of) const noexcept {
        const segment& sent = next.segment;
        // A RST's sequence number need not be one of its sender's (RFC 9293 3.5.2), and nothing comes after it.
        if (sent.flags.rst()) return {};
        side_state& sender = of.sides[next.sender];
        side_state& receiver = of.sides[1 - next.sender];

        const std::uint32_t fingerprint = recent_segments::fingerprint(sent);
        if (const auto* copy = sender.recent.find_copy(fingerprint);
            copy != nullptr && is_duplicate(sent, *copy, sender, receiver, of.since_duplicate)) {
            of.since_duplicate = 0;
            // A copy of a SYN that had been answered already is one that the network made: it will be answered too.
            if (sent.flags.syn() && receiver.heard) sender.sent_syn_again = true;
            return {.names = verdict_names::duplicate,
                    .because = evidence::same_packet,
                    .earlier_packet = copy->packet_number,
                    .elapsed = sent.time - copy->time};
        }
        if (of.since_duplicate < no_duplicates) ++of.since_duplicate;
        if (sent.flags.syn() && !take_syn(sent, sender, receiver)) return {};

        const transmission_stamp stamp = transmission_stamp::of(sent);
        timestamp missed_since = sent.time;
        verdict said = judge_sequence(sent, stamp, missed_since, sender, receiver);
        if (said.is_retransmission()) say_which_kind(sent, sender, receiver, said);
        if (sent.flags.ack()) judge_acknowledgment(sent, sender, receiver, said);
        if (sent.window == 0 && !sent.flags.syn() && !sent.flags.fin()) said.names |= verdict_names::zero_window;

        sender.recent.remember(sent, fingerprint, missed_since);
        sender.order.learn(stamp);
        learn_times(sent, said, sender, receiver);
        sender.owes_nothing = receiver.heard && sent.flags.ack() && !before(sent.acknowledgment, receiver.next) &&
                              stamp.id == sender.order.latest().id;
        if (sent.sequence_length() > 0 || sent.window == 0) receiver.owes_nothing = false;
        sender.window = sent.window;
        sender.permits_sack = sender.permits_sack || sent.options.sack_permitted || sent.options.sack_block_count > 0;
        sender.sent_keep_alive = said.has(verdict_names::keep_alive);
        sender.sent_zero_window_probe = said.has(verdict_names::zero_window_probe);
        return said;
    }

private:
    using nanoseconds = std::chrono::nanoseconds;

    static constexpr std::uint32_t no_duplicates = 8;

    static constexpr void learn_times(const segment& sent, const verdict& said, side_state& sender,
                                      side_state& receiver) noexcept {
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes(sent, said.is_retransmission());
        const nanoseconds since_last = sent.time - sender.last_time;
        if (sender.sent_syn_last && !sent.flags.syn() && round_trip::is_plausible(since_last)) {
            sender.handshake_time = since_last;
        }
        sender.sent_syn_last = sent.flags.syn() && !sent.flags.ack() && !said.is_retransmission();
        sender.last_time = sent.time;
    }

    /// The time from one end to the other and back, as far as it is known.
    [[nodiscard]] static constexpr std::optional<nanoseconds> whole_round_trip(const side_state& a,
                                                                               const side_state& b) noexcept {
        const auto to_a = a.there_and_back.least();
        const auto to_b = b.there_and_back.least();
        if (to_a && to_b) return *to_a + *to_b;
        if (a.handshake_time) return a.handshake_time;
        if (b.handshake_time) return b.handshake_time;
        return to_a ? to_a : to_b; // a part of it
    }

    /// The least time after which a sender can send again what passed here, or what something that passed here showed to be
    /// missing: the receiver has to answer that, and the segment to come. A tenth less than the least that was measured,
    /// which need not be the least that there is. Where nothing was, a guess: few packets come later than this for no
    /// reason but the path, and few paths of which one hears nothing are shorter.
    [[nodiscard]] static constexpr nanoseconds least_resend_time(const side_state& sender,
                                                                 const side_state& receiver) noexcept {
        const auto measured = whole_round_trip(sender, receiver);
        return measured ? *measured - *measured / 10 : std::chrono::milliseconds{5};
    }

    /// Whether a packet that is the same as an earlier one in all that TCP and IP say is a copy that its sender did not make.
    [[nodiscard]] static constexpr bool is_duplicate(const segment& sent, const recent_segments::entry& earlier,
                                                     const side_state& sender, const side_state& receiver,
                                                     std::uint32_t since_duplicate) noexcept {
        if (sent.ip_id.value_or(0) != 0) {
            // Of a first packet nobody knows whether its Identification is one of a kind; but no timer is as quick as this.
            const auto varies = sender.order.id_varies();
            if (varies.value_or(sent.time - earlier.time < std::chrono::milliseconds{200})) return true;
        }
        // Of a round trip that one direction alone shows, a part may have been waiting.
        const nanoseconds least = least_resend_time(sender, receiver) / (receiver.heard ? 1 : 2);
        if (sent.time - earlier.missed_since > least) return false;
        // Where a SYN came more than once, timers and the answers to each make pairs of SYN-ACKs.
        if (sent.flags.syn() && sent.flags.ack() && (receiver.sent_syn_again || sender.sent_syn_again)) return false;
        if (since_duplicate < no_duplicates) return true;
        if (sent.sequence_length() > 0) return true;
        // Duplicate ACKs may be the same in everything; but with SACK each says something new (RFC 2018 4).
        return sender.permits_sack && receiver.permits_sack && !sent.options.cut;
    }

    /// Whether this connection can have sent this SYN. One with another initial sequence number (the next SYN cookie, or
    /// another connection in a table that does not split them) begins its sender's sequence numbers anew.
    static constexpr bool take_syn(const segment& syn, side_state& sender, side_state& receiver) noexcept {
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
            sender = {};
            receiver.there_and_back = {};
            receiver.has_acknowledged = false;
            receiver.duplicate_acks = 0;
        }
        return true;
    }

    /// Numbers further ahead than this are a lie, or a long gap in the capture: no window in use is as large.
    static constexpr std::int32_t far_ahead = 1 << 24;

    /// Keeps what is remembered of a side within reach of its numbers, which come again after 4 GiB. And if it goes on where it
    /// was before it went far ahead, it never did that.
    static constexpr void keep_up(side_state& sender, sequence_number begin) noexcept {
        if (begin == sender.before_jump) {
            sender.before_jump.reset();
            sender.next = sender.captured_up_to = begin;
            sender.holes.drop_from(begin);
        }
        sender.holes.age(sender.next);
        sender.overtaken.age(sender.next);
        if (distance(sender.first, sender.next) > longest_memory) sender.first_is_near = false;
    }

    [[nodiscard]] static constexpr verdict judge_sequence(const segment& sent, const transmission_stamp& stamp,
                                                          timestamp& missed_since, side_state& sender,
                                                          const side_state& receiver) noexcept {
        using enum verdict_names;
        const sequence_number begin = sent.sequence;
        const sequence_number end = sent.sequence_end();
        if (!sender.heard) return hear_first(sent, stamp, sender, receiver);
        if (sent.flags.syn()) {
            // RFC 9293 3.5, figure 7: when both ends open, a SYN-ACK follows the SYN of each
            const bool opens_both = sender.sent_syn && sent.flags.ack() && !sender.sent_syn_ack;
            sender.sent_syn = true;
            sender.sent_syn_ack |= sent.flags.ack();
            if (opens_both) return {};
        }
        if (begin != end) keep_up(sender, begin);
        if (const verdict_names probe = find_probe(sent, sender, receiver); probe != none) return {.names = probe};

        const bool beyond_all = !before(begin, sender.captured_up_to);
        if (begin != end && before(sender.captured_up_to, end)) sender.captured_up_to = end;
        if (before(sender.next, begin)) {
            if (distance(sender.next, begin) > far_ahead) sender.before_jump = sender.next;
            sender.holes.open(sender.next, begin, {sent.time, sent.packet_number, stamp});
            sender.next = end;
            return {.names = lost_segment};
        }
        if (begin == end) return {};
        if (begin == sender.next) {
            sender.next = end;
            if (!copy_is_missing(sent, stamp, sender, receiver)) return {};
            return {.names = retransmission, .because = evidence::ip_id | evidence::silence};
        }

        verdict said;
        const sequence_holes::filling filling = fill_holes(begin, end, sender);
        const bool forgotten = sender.holes.forgotten(begin);
        if (forgotten) said.because |= evidence::memory_exceeded;
        if (filling.bytes > 0) {
            said.because |= evidence::fills_hole;
            said.earlier_packet = filling.opened.packet_number;
            said.elapsed = sent.time - filling.opened.time;
            missed_since = filling.opened.time;
        }
        std::uint32_t unseen = filling.bytes;
        if (before(sender.next, end)) {
            unseen += end.value - sender.next.value;
            sender.next = end;
        }
        if (unseen == end.value - begin.value) {
            if (sent_again(sent, stamp, filling.opened, sender, receiver, said.because)) {
                said.names = retransmission;
                sender.overtaken.expect(begin, end, filling.opened.stamp);
            } else if (!beyond_all) {
                said.names = out_of_order;
            }
            // else only an ACK without data, or an acknowledgment of it, was before it: that is no order of data
            return said;
        }

        said.because |= evidence::bytes_seen;
        if (const auto* earlier = sender.recent.find_covering(begin)) {
            said.earlier_packet = earlier->packet_number;
            said.elapsed = sent.time - earlier->time;
        }
        if (const evidence overtaken = sender.overtaken.is_one(begin, stamp, sender.order);
            overtaken != evidence::none) {
            said.names = out_of_order;
            said.because |= overtaken;
        } else if (const auto packets = sender.order.packets_between(sender.order.latest(), stamp);
                   packets && *packets <= -static_cast<int>(recent_segments::capacity)) {
            // Sent long before: a copy of a packet that is no longer remembered, or what a forgotten hole waited for.
            said.names = forgotten ? out_of_order : duplicate;
            said.because |= evidence::ip_id;
        } else {
            said.names = retransmission;
        }
        return said;
    }

    /// The first segment that is captured of a side.
    [[nodiscard]] static constexpr verdict hear_first(const segment& sent, const transmission_stamp& stamp,
                                                      side_state& sender, const side_state& receiver) noexcept {
        sender.heard = true;
        sender.first = sent.sequence;
        sender.first_heard = {sent.time, sent.packet_number, stamp};
        sender.next = sender.captured_up_to = sent.sequence_end();
        if (!sent.flags.syn()) return {};
        sender.sent_syn = true;
        sender.sent_syn_ack = sent.flags.ack();
        sender.first_syn_clock = stamp.clock.value_or(0);
        // A SYN-ACK echoes the SYN that was answered first (RFC 7323 4.3). If that was not the last one, it was answered
        // before, and that answer was lost.
        const auto& stamps = sent.options.timestamps;
        if (!sent.flags.ack() || !stamps || !receiver.sent_syn_again || stamps->echo != receiver.first_syn_clock)
            return {};
        return {.names = verdict_names::retransmission, .because = evidence::timestamp_option};
    }

    /// Segments that ask for an answer and bring nothing new: none of their sequence numbers is used for good.
    [[nodiscard]] static constexpr verdict_names find_probe(const segment& sent, const side_state& sender,
                                                            const side_state& receiver) noexcept {
        if (sent.payload_length > 1 || sent.flags.syn() || sent.flags.fin()) return verdict_names::none;
        const bool window_closed = receiver.has_acknowledged && receiver.window == 0;
        if (sent.sequence == sender.next - 1) {
            // RFC 9293 3.8.4: no data, or a byte of garbage, just below what the receiver waits for. Where that byte is not
            // acknowledged yet it is data sent again, or a bare acknowledgment that was overtaken.
            const bool wanted = receiver.has_acknowledged && !before(sent.sequence, receiver.acknowledged);
            if (wanted) return verdict_names::none;
            return window_closed ? verdict_names::zero_window_probe : verdict_names::keep_alive;
        }
        // RFC 9293 3.8.6.1: a byte beyond a closed window. It has not been sent for good until it is acknowledged.
        if (sent.payload_length == 1 && sent.sequence == sender.next && window_closed &&
            receiver.acknowledged == sent.sequence) {
            return verdict_names::zero_window_probe;
        }
        return verdict_names::none;
    }

    /// Fills what was missing of [begin, end). All before the first that was heard was missing too.
    static constexpr sequence_holes::filling fill_holes(sequence_number begin, sequence_number end,
                                                        side_state& sender) noexcept {
        sequence_holes::filling filling = sender.holes.fill(begin, end);
        if (sender.first_is_near && before(begin, sender.first)) {
            if (filling.bytes == 0) filling.opened = sender.first_heard;
            filling.bytes += (before(end, sender.first) ? end : sender.first).value - begin.value;
            if (before(end, sender.first)) sender.holes.open(end, sender.first, sender.first_heard);
            sender.first = begin;
        }
        return filling;
    }

    /// Whether a segment that fills a hole was sent again, or is the first copy of its bytes, late.
    [[nodiscard]] static constexpr bool sent_again(const segment& sent, const transmission_stamp& stamp,
                                                   const sequence_holes::opening& hole, const side_state& sender,
                                                   const side_state& receiver, evidence& because) noexcept {
        // First copies leave in the order of their sequence numbers: what left after the segment beyond it is no first copy.
        if (const auto packets = sender.order.packets_between(hole.stamp, stamp)) {
            because |= evidence::ip_id;
            return *packets > 0;
        }
        if (const auto ticks = transmission_order::ticks_between(hole.stamp, stamp)) {
            because |= evidence::timestamp_option;
            return *ticks > 0;
        }
        // In the same tick, and the clock has moved on since: too soon for a round trip.
        if (stamp.clock && hole.stamp.clock && sender.order.latest().clock != stamp.clock) {
            because |= evidence::timestamp_option;
            return false;
        }
        // To be sent again, it had to be missed first. What was measured as a round trip may have stood in queues; where
        // duplicate ACKs asked for the segment, half of it is believed.
        const bool asked = receiver.duplicate_acks >= 3;
        const bool passed_over = receiver.has_sacked && distance(sent.sequence_end(), receiver.sacked_up_to) >
                                                            static_cast<std::int64_t>(2) * sent.payload_length;
        because |= whole_round_trip(sender, receiver) ? evidence::round_trip : evidence::undecided;
        if (asked) because |= evidence::duplicate_acks;
        if (passed_over) because |= evidence::selective_ack;
        return sent.time - hole.time > least_resend_time(sender, receiver) / (asked || passed_over ? 2 : 1);
    }

    /// Whether the next segment in order was sent before, in a copy that was lost on its way here: its sender counted a
    /// packet that was not captured, though it had nothing to send but this, and was silent for longer than any answer takes.
    [[nodiscard]] static constexpr bool copy_is_missing(const segment& sent, const transmission_stamp& stamp,
                                                        const side_state& sender, const side_state& receiver) noexcept {
        // It owed no acknowledgment, was not probing, and filled no holes.
        if (!sender.owes_nothing || sender.sent_keep_alive || sender.sent_zero_window_probe) return false;
        if (!sender.holes.empty() || receiver.acknowledged != sent.sequence) return false;
        // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
        const auto& stamps = sent.options.timestamps;
        if (!stamps || receiver.order.latest().clock != stamps->echo) return false;
        // Windows, whose packets start with a hop limit of 128, counts the packets of all of its connections together.
        if (sent.hop_limit > 64) return false;
        const auto packets = sender.order.packets_between(sender.order.latest(), stamp);
        return packets && *packets > 1 && *packets <= 8 &&
               sent.time - sender.last_time >= least_resend_time(sender, receiver);
    }

    static constexpr void say_which_kind(const segment& sent, side_state& sender, const side_state& receiver,
                                         verdict& said) noexcept {
        using enum verdict_names;
        if (sent.flags.syn()) sender.sent_syn_again = true;
        const sequence_number end = sent.sequence_end();
        if (receiver.has_acknowledged && !before(receiver.acknowledged, end)) {
            said.names |= spurious_retransmission;
            said.because |= evidence::acknowledged;
            return;
        }
        const bool asked = receiver.duplicate_acks >= 3 && receiver.acknowledged == sent.sequence; // RFC 5681 3.2
        const bool passed_over = receiver.has_sacked && !before(receiver.sacked_up_to, end);       // RFC 6675 5
        const auto measured = whole_round_trip(sender, receiver);
        // Duplicate ACKs may have come late: they stand in queues.
        const timestamp last_cause =
            asked || passed_over ? std::max(sender.last_time, receiver.last_time) : sender.last_time;
        if (!sender.recent.empty() &&
            sent.time - last_cause > (measured ? 2 * *measured : std::chrono::milliseconds{100})) {
            said.because |= evidence::silence;
            // A timeout sends the first segment again that was not acknowledged (RFC 6298 5.4), a probe the last (RFC 8985 7.3).
            const bool not_first = receiver.has_acknowledged && before(receiver.acknowledged, sent.sequence);
            if (not_first && end == sender.next && !asked && !passed_over) said.names |= tail_loss_probe;
        } else if (asked || passed_over) {
            said.names |= fast_retransmission;
            if (asked) said.because |= evidence::duplicate_acks;
            if (passed_over) said.because |= evidence::selective_ack;
        }
    }

    static constexpr void judge_acknowledgment(const segment& sent, side_state& sender, side_state& receiver,
                                               verdict& said) noexcept {
        using enum verdict_names;
        const sequence_number ack = sent.acknowledgment;
        // One acknowledgment of what nobody can have sent is passed over; where they go on there, they are believed.
        if (sender.has_acknowledged && distance(sender.acknowledged, ack) > far_ahead) {
            const auto& far = sender.far_acknowledgment;
            if (!far || distance(*far, ack) < 0 || distance(*far, ack) > far_ahead) {
                sender.far_acknowledgment = ack;
                return;
            }
        }
        sender.far_acknowledgment.reset();
        if (receiver.heard && before(receiver.next, ack)) {
            // A probe's byte that was accepted was sent, after all; any other was sent and not captured.
            const bool probe_accepted = receiver.sent_zero_window_probe && ack == receiver.next + 1;
            if (!probe_accepted) {
                said.names |= ack_lost_segment;
                receiver.holes.open(receiver.next, ack, {.time = sent.time, .packet_number = sent.packet_number});
            }
            receiver.next = ack;
        }

        const bool repeated = sender.has_acknowledged && ack == sender.acknowledged;
        const bool bare = sent.sequence_length() == 0 && !said.has(keep_alive | zero_window_probe | lost_segment);
        if (repeated && bare) {
            // RFC 6675 2: with SACK, what reports new data is a duplicate ACK whatever its window
            if (sent.window != sender.window && sent.options.sack_block_count == 0) {
                if (sent.window != 0) said.names |= window_update;
            } else if (receiver.sent_keep_alive) {
                said.names |= keep_alive_ack;
            } else if (receiver.sent_zero_window_probe) {
                said.names |= zero_window_probe_ack;
            } else if (receiver.heard && before(ack, receiver.next)) { // RFC 5681 2: something is outstanding
                said.names |= duplicate_ack;
                if (!reports_duplicate(sent)) ++sender.duplicate_acks;
            }
        }
        if (!sender.has_acknowledged || before(sender.acknowledged, ack)) {
            sender.acknowledged = ack;
            sender.has_acknowledged = true;
            sender.duplicate_acks = 0;
            if (sender.has_sacked && !before(ack, sender.sacked_up_to)) sender.has_sacked = false;
        }
        for (const sack_block& block : sent.options.sack_blocks()) {
            // Neither what is acknowledged already, nor what was never sent.
            if (!before(sender.acknowledged, block.right) || !before(block.left, block.right)) continue;
            if (receiver.heard && before(receiver.next, block.right)) continue;
            if (!sender.has_sacked || before(sender.sacked_up_to, block.right)) sender.sacked_up_to = block.right;
            sender.has_sacked = true;
        }
    }

    /// Whether an acknowledgment reports what came twice (RFC 2883 4): it asks for nothing. That what came twice was sent
    /// twice, and which copy was needless, it says too late for the verdict.
    [[nodiscard]] static constexpr bool reports_duplicate(const segment& sent) noexcept {
        const auto blocks = sent.options.sack_blocks();
        if (blocks.empty()) return false;
        if (!before(sent.acknowledgment, blocks[0].right)) return true;
        return blocks.size() > 1 && !before(blocks[0].left, blocks[1].left) &&
               !before(blocks[1].right, blocks[0].right);
    }
};

static_assert(segment_rules<evidence_rules>);

} // namespace tcplens
