// SPDX-License-Identifier: MIT
#pragma once

#include "memory_pool.hpp"
#include "overtaken_copies.hpp"
#include "recent_segments.hpp"
#include "round_trip.hpp"
#include "segment_rules.hpp"
#include "sequence_holes.hpp"
#include "transmission_order.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens {

/// Decides from what was seen. Bytes that were captured before were sent again. Bytes that fill a hole came late or were sent
/// again: decided by the order of IP Identifications, then of timestamp options, then by the time since the hole opened
/// against the round trip, then by duplicate ACKs. A second copy of one packet is a duplicate, and counts for nothing else.
/// Keep-alives and window probes are no retransmissions.
///
/// It remembers a fixed amount of each connection: of each side the last 4 segments. Once more is in flight, or something is
/// missing, the connection takes a piece of the memory that all of its table share: for each side 16 segments, 8 holes, 4 first
/// copies that were overtaken.
class evidence_rules {
public:
    /// `busy_connections`: how many connections of the table may get a piece of the shared memory, about 1.7 KB each; who has one
    /// keeps it. The others forget what they have no room for, and their verdicts say so (evidence::memory_exceeded).
    explicit constexpr evidence_rules(std::uint32_t busy_connections = memory_pool<int>::none) noexcept
        : busy_(busy_connections) {}

    /// Makes room for so many connections, but for no more busy ones than there may be.
    constexpr void reserve(std::size_t connections) {
        busy_.reserve(static_cast<std::uint32_t>(std::min<std::size_t>(connections, busy_.none)));
    }

    /// What is remembered of one side.
    struct side_state {
        sequence_number first{};          ///< the lowest that it was heard to send; what is before may come late
        sequence_number next{};           ///< after the highest that it sent, or that its peer acknowledged
        sequence_number captured_up_to{}; ///< after the highest that was captured
        sequence_number acknowledged{};   ///< its highest acknowledgment
        sequence_number sacked_up_to{};   ///< the highest edge of its SACK blocks
        sequence_number before_jump{};    ///< `next`, before it went further ahead than any window: if has_jumped
        sequence_number
            far_acknowledgment{};          ///< its last, if that went as far and was passed over: has_acknowledged_far
        std::uint32_t first_syn_clock = 0; ///< TSval of its first SYN
        std::uint16_t window = 0;          ///< its last, not scaled
        std::uint8_t duplicate_acks = 0;   ///< or more, from 255 on
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
        bool has_jumped = false;
        bool has_acknowledged_far = false;
        bool lost_holes = false; ///< there was no memory for its holes
        bool knows_handshake_time = false;
        transmission_order order{};
        timestamp last_time{}; ///< of its last segment
        /// From its SYN without ACK to its next segment, and so from one end to the other and back.
        std::chrono::nanoseconds handshake_time{};
        round_trip there_and_back{};           ///< from the capture to it
        sequence_holes::opening first_heard{}; ///< the segment that began with `first`
        recent_segments<4> recent{};           ///< as long as it has no long memory
    };

    struct connection_state {
        std::array<side_state, 2> sides{};
        std::uint32_t busy = memory_pool<int>::none; ///< its piece of the shared memory
        /// Segments since one came twice. Few: this capture has each packet twice, as a mirror port may make it.
        std::uint32_t since_duplicate = no_duplicates;
    };

    [[nodiscard]] constexpr verdict judge(const judged_segment& next, connection_state& of) {
        const segment& sent = next.segment;
        // A RST's sequence number need not be one of its sender's (RFC 9293 3.5.2), and nothing comes after it.
        if (sent.flags.rst()) return {};
        if (of.busy == busy_.none && needs_long_memory(sent, of.sides[next.sender], of.sides[1 - next.sender])) {
            begin_long_memory(of);
        }
        long_memory* const both = of.busy == busy_.none ? nullptr : busy_[of.busy].data();
        const party sender{of.sides[next.sender], both ? both + next.sender : nullptr};
        const party receiver{of.sides[1 - next.sender], both ? both + (1 - next.sender) : nullptr};

        const std::uint32_t fingerprint = segment_fingerprint(sent);
        if (const auto copy = is_news(sent, *sender) ? std::nullopt : sender.find_copy(fingerprint);
            copy && is_duplicate(sent, *copy, *sender, *receiver, of.since_duplicate)) {
            of.since_duplicate = 0;
            // A copy of a SYN that had been answered already is one that the network made: it will be answered too.
            if (sent.flags.syn() && receiver->heard) sender->sent_syn_again = true;
            return {.names = verdict_names::duplicate,
                    .because = evidence::same_packet,
                    .earlier_packet = copy->packet_number,
                    .elapsed = sent.time - copy->time};
        }
        if (of.since_duplicate < no_duplicates) ++of.since_duplicate;
        if (sent.flags.syn() && !take_syn(sent, sender, *receiver)) return {};

        const transmission_stamp stamp = transmission_stamp::of(sent);
        timestamp missed_since = sent.time;
        verdict said = judge_sequence(sent, stamp, missed_since, sender, *receiver);
        if (said.is_retransmission()) say_which_kind(sent, sender, *receiver, said);
        if (sent.flags.ack()) judge_acknowledgment(sent, *sender, receiver, said);
        if (sent.window == 0 && !sent.flags.syn() && !sent.flags.fin()) said.names |= verdict_names::zero_window;

        sender.remember(sent, fingerprint, missed_since);
        sender->order.learn(stamp);
        learn_times(sent, said, *sender, *receiver);
        sender->owes_nothing = receiver->heard && sent.flags.ack() && !before(sent.acknowledgment, receiver->next) &&
                               stamp.id == sender->order.latest().id;
        if (sent.sequence_length() > 0 || sent.window == 0) receiver->owes_nothing = false;
        sender->window = sent.window;
        if (sent.options.sack_permitted || sent.options.sack_block_count > 0) sender->permits_sack = true;
        sender->sent_keep_alive = said.has(verdict_names::keep_alive);
        sender->sent_zero_window_probe = said.has(verdict_names::zero_window_probe);
        return said;
    }

private:
    using nanoseconds = std::chrono::nanoseconds;

    static constexpr std::uint32_t no_duplicates = 8;

    /// What is remembered of one side of a busy connection.
    struct long_memory {
        sequence_holes holes{};
        overtaken_copies overtaken{};
        recent_segments<16> recent{};
    };

    /// One side, and its long memory if it has one.
    struct party {
        side_state& state;
        long_memory* at_length;

        constexpr side_state& operator*() const noexcept { return state; }
        constexpr side_state* operator->() const noexcept { return &state; }

        [[nodiscard]] constexpr std::optional<segment_copy> find_copy(std::uint32_t fingerprint) const noexcept {
            return at_length ? at_length->recent.find_copy(fingerprint) : state.recent.find_copy(fingerprint);
        }
        [[nodiscard]] constexpr const remembered_segment* find_covering(sequence_number at) const noexcept {
            return at_length ? at_length->recent.find_covering(at) : state.recent.find_covering(at);
        }
        constexpr void remember(const segment& sent, std::uint32_t fingerprint, timestamp missed_since) const noexcept {
            if (at_length) at_length->recent.remember(sent, fingerprint, missed_since);
            else state.recent.remember(sent, fingerprint, missed_since);
        }
        [[nodiscard]] constexpr bool remembers_any() const noexcept {
            return at_length ? !at_length->recent.empty() : !state.recent.empty();
        }
        constexpr void open_hole(sequence_number begin, sequence_number end,
                                 const sequence_holes::opening& by) const noexcept {
            if (at_length) at_length->holes.open(begin, end, by);
            else state.lost_holes = true;
        }
        [[nodiscard]] constexpr bool has_holes() const noexcept {
            return state.lost_holes || (at_length && !at_length->holes.empty());
        }
        /// Whether there may have been holes that began before `at` and are forgotten.
        [[nodiscard]] constexpr bool may_have_forgotten(sequence_number at) const noexcept {
            return state.lost_holes || (at_length && at_length->holes.forgotten(at));
        }
    };

    /// Whether the next segment makes or fills a hole, or would take the place of data that is still in flight, or was so shortly
    /// before that a copy of it may be.
    [[nodiscard]] static constexpr bool needs_long_memory(const segment& sent, const side_state& sender,
                                                          const side_state& receiver) noexcept {
        if (sender.heard && (before(sender.next, sent.sequence) || before(sent.sequence, sender.first))) return true;
        if (receiver.heard && sent.flags.ack() && before(receiver.next, sent.acknowledgment)) return true;
        const remembered_segment* oldest = sender.recent.oldest();
        if (oldest == nullptr || oldest->length == 0) return false;
        return sent.time - oldest->time < std::chrono::milliseconds{500} || !receiver.has_acknowledged ||
               before(receiver.acknowledged, oldest->begin + oldest->length);
    }

    constexpr void begin_long_memory(connection_state& of) {
        of.busy = busy_.take();
        if (of.busy == busy_.none) return;
        for (std::size_t i = 0; i < 2; ++i) busy_[of.busy][i].recent.take_over(of.sides[i].recent);
    }

    static constexpr void learn_times(const segment& sent, const verdict& said, side_state& sender,
                                      side_state& receiver) noexcept {
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes(sent, said.is_retransmission());
        const nanoseconds since_last = sent.time - sender.last_time;
        if (sender.sent_syn_last && !sent.flags.syn() && round_trip::is_plausible(since_last)) {
            sender.handshake_time = since_last;
            sender.knows_handshake_time = true;
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
        if (a.knows_handshake_time) return a.handshake_time;
        if (b.knows_handshake_time) return b.handshake_time;
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

    /// Whether a segment says what no earlier one of its sender did, so that it can be no copy of one: the rule.
    [[nodiscard]] static constexpr bool is_news(const segment& sent, const side_state& sender) noexcept {
        if (!sender.heard) return true;
        if (sent.payload_length > 1 && !before(sent.sequence, sender.next)) return !sender.has_jumped;
        return sent.flags.ack() && sender.has_acknowledged && !sender.has_acknowledged_far &&
               before(sender.acknowledged, sent.acknowledgment);
    }

    /// Whether a packet that is the same as an earlier one in all that TCP and IP say is a copy that its sender did not make.
    [[nodiscard]] static constexpr bool is_duplicate(const segment& sent, const segment_copy& earlier,
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
    static constexpr bool take_syn(const segment& syn, const party& from, side_state& receiver) noexcept {
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
            sender = {};
            if (from.at_length) *from.at_length = {};
            receiver.there_and_back = {};
            receiver.has_acknowledged = false;
            receiver.duplicate_acks = 0;
        }
        return true;
    }

    /// Keeps what is remembered of a side within reach of its numbers, which come again after 4 GiB. And if it goes on where it
    /// was before it went far ahead, it never did that.
    static constexpr void keep_up(const party& sender, sequence_number begin) noexcept {
        if (sender->has_jumped && begin == sender->before_jump) {
            sender->has_jumped = false;
            sender->next = sender->captured_up_to = begin;
            if (sender.at_length) sender.at_length->holes.drop_from(begin);
        }
        if (sender.at_length) {
            sender.at_length->holes.age(sender->next);
            sender.at_length->overtaken.age(sender->next);
        }
        if (distance(sender->first, sender->next) > longest_memory) sender->first_is_near = false;
    }

    [[nodiscard]] static constexpr verdict judge_sequence(const segment& sent, const transmission_stamp& stamp,
                                                          timestamp& missed_since, const party& sender,
                                                          const side_state& receiver) noexcept {
        using enum verdict_names;
        const sequence_number begin = sent.sequence;
        const sequence_number end = sent.sequence_end();
        if (!sender->heard) return hear_first(sent, stamp, *sender, receiver);
        if (sent.flags.syn()) {
            // RFC 9293 3.5, figure 7: when both ends open, a SYN-ACK follows the SYN of each
            const bool opens_both = sender->sent_syn && sent.flags.ack() && !sender->sent_syn_ack;
            sender->sent_syn = true;
            if (sent.flags.ack()) sender->sent_syn_ack = true;
            if (opens_both) return {};
        }
        if (begin != end) keep_up(sender, begin);
        if (const verdict_names probe = find_probe(sent, *sender, receiver); probe != none) return {.names = probe};

        const bool beyond_all = !before(begin, sender->captured_up_to);
        if (begin != end && before(sender->captured_up_to, end)) sender->captured_up_to = end;
        if (before(sender->next, begin)) {
            if (distance(sender->next, begin) > longest_step) {
                sender->has_jumped = true;
                sender->before_jump = sender->next;
            }
            sender.open_hole(sender->next, begin, {sent.time, sent.packet_number, stamp});
            sender->next = end;
            return {.names = lost_segment};
        }
        if (begin == end) return {};
        if (begin == sender->next) {
            sender->next = end;
            if (!copy_is_missing(sent, stamp, sender, receiver)) return {};
            return {.names = retransmission, .because = evidence::ip_id | evidence::silence};
        }

        verdict said;
        const sequence_holes::filling filling = fill_holes(begin, end, sender);
        const bool forgotten = sender.may_have_forgotten(begin);
        if (forgotten) said.because |= evidence::memory_exceeded;
        if (filling.bytes > 0) {
            said.because |= evidence::fills_hole;
            said.earlier_packet = filling.opened.packet_number;
            said.elapsed = sent.time - filling.opened.time;
            missed_since = filling.opened.time;
        }
        std::uint32_t unseen = filling.bytes;
        if (before(sender->next, end)) {
            unseen += end.value - sender->next.value;
            sender->next = end;
        }
        if (unseen == end.value - begin.value) {
            if (sent_again(sent, stamp, filling.opened, *sender, receiver, said.because)) {
                said.names = retransmission;
                if (sender.at_length) sender.at_length->overtaken.expect(begin, end, filling.opened.stamp);
            } else if (!beyond_all) {
                said.names = out_of_order;
            }
            // else only an ACK without data, or an acknowledgment of it, was before it: that is no order of data
            return said;
        }

        said.because |= evidence::bytes_seen;
        if (const auto* earlier = sender.find_covering(begin)) {
            said.earlier_packet = earlier->packet_number;
            said.elapsed = sent.time - earlier->time;
        }
        if (const evidence overtaken =
                sender.at_length ? sender.at_length->overtaken.is_one(begin, stamp, sender->order) : evidence::none;
            overtaken != evidence::none) {
            said.names = out_of_order;
            said.because |= overtaken;
        } else if (const auto packets = sender->order.packets_between(sender->order.latest(), stamp);
                   packets && *packets <= -static_cast<int>(recent_segments<16>::capacity)) {
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
        sender.first_syn_clock = stamp.clock;
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
                                                        const party& sender) noexcept {
        sequence_holes::filling filling{};
        if (sender.at_length) filling = sender.at_length->holes.fill(begin, end);
        if (sender->first_is_near && before(begin, sender->first)) {
            if (filling.bytes == 0) filling.opened = sender->first_heard;
            filling.bytes += (before(end, sender->first) ? end : sender->first).value - begin.value;
            if (before(end, sender->first)) sender.open_hole(end, sender->first, sender->first_heard);
            sender->first = begin;
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
        if (stamp.has_clock && hole.stamp.has_clock && sender.order.latest().clock != stamp.clock) {
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
                                                        const party& sender, const side_state& receiver) noexcept {
        // It owed no acknowledgment, was not probing, and filled no holes.
        if (!sender->owes_nothing || sender->sent_keep_alive || sender->sent_zero_window_probe) return false;
        if (sender.has_holes() || receiver.acknowledged != sent.sequence) return false;
        // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
        const auto& stamps = sent.options.timestamps;
        const transmission_stamp& latest = receiver.order.latest();
        if (!stamps || !latest.has_clock || latest.clock != stamps->echo) return false;
        // Windows, whose packets start with a hop limit of 128, counts the packets of all of its connections together.
        if (sent.hop_limit > 64) return false;
        const auto packets = sender->order.packets_between(sender->order.latest(), stamp);
        return packets && *packets > 1 && *packets <= 8 &&
               sent.time - sender->last_time >= least_resend_time(*sender, receiver);
    }

    static constexpr void say_which_kind(const segment& sent, const party& sender, const side_state& receiver,
                                         verdict& said) noexcept {
        using enum verdict_names;
        if (sent.flags.syn()) sender->sent_syn_again = true;
        const sequence_number end = sent.sequence_end();
        if (receiver.has_acknowledged && !before(receiver.acknowledged, end)) {
            said.names |= spurious_retransmission;
            said.because |= evidence::acknowledged;
            return;
        }
        const bool asked = receiver.duplicate_acks >= 3 && receiver.acknowledged == sent.sequence; // RFC 5681 3.2
        const bool passed_over = receiver.has_sacked && !before(receiver.sacked_up_to, end);       // RFC 6675 5
        const auto measured = whole_round_trip(*sender, receiver);
        // Duplicate ACKs may have come late: they stand in queues.
        const timestamp last_cause =
            asked || passed_over ? std::max(sender->last_time, receiver.last_time) : sender->last_time;
        if (sender.remembers_any() &&
            sent.time - last_cause > (measured ? 2 * *measured : std::chrono::milliseconds{100})) {
            said.because |= evidence::silence;
            // A timeout sends the first segment again that was not acknowledged (RFC 6298 5.4), a probe the last (RFC 8985 7.3).
            const bool not_first = receiver.has_acknowledged && before(receiver.acknowledged, sent.sequence);
            if (not_first && end == sender->next && !asked && !passed_over) said.names |= tail_loss_probe;
        } else if (asked || passed_over) {
            said.names |= fast_retransmission;
            if (asked) said.because |= evidence::duplicate_acks;
            if (passed_over) said.because |= evidence::selective_ack;
        }
    }

    static constexpr void judge_acknowledgment(const segment& sent, side_state& sender, const party& receiver,
                                               verdict& said) noexcept {
        using enum verdict_names;
        const sequence_number ack = sent.acknowledgment;
        // One acknowledgment of what nobody can have sent is passed over; where they go on there, they are believed.
        if (sender.has_acknowledged && distance(sender.acknowledged, ack) > longest_step) {
            const std::int32_t further = distance(sender.far_acknowledgment, ack);
            if (!sender.has_acknowledged_far || further < 0 || further > longest_step) {
                sender.has_acknowledged_far = true;
                sender.far_acknowledgment = ack;
                return;
            }
        }
        sender.has_acknowledged_far = false;
        if (receiver->heard && before(receiver->next, ack)) {
            // A probe's byte that was accepted was sent, after all; any other was sent and not captured.
            const bool probe_accepted = receiver->sent_zero_window_probe && ack == receiver->next + 1;
            if (!probe_accepted) {
                said.names |= ack_lost_segment;
                receiver.open_hole(receiver->next, ack, {.time = sent.time, .packet_number = sent.packet_number});
            }
            receiver->next = ack;
        }

        const bool repeated = sender.has_acknowledged && ack == sender.acknowledged;
        const bool bare = sent.sequence_length() == 0 && !said.has(keep_alive | zero_window_probe | lost_segment);
        if (repeated && bare) {
            // RFC 6675 2: with SACK, what reports new data is a duplicate ACK whatever its window
            if (sent.window != sender.window && sent.options.sack_block_count == 0) {
                if (sent.window != 0) said.names |= window_update;
            } else if (receiver->sent_keep_alive) {
                said.names |= keep_alive_ack;
            } else if (receiver->sent_zero_window_probe) {
                said.names |= zero_window_probe_ack;
            } else if (receiver->heard && before(ack, receiver->next)) { // RFC 5681 2: something is outstanding
                said.names |= duplicate_ack;
                if (sender.duplicate_acks < 255 && !reports_duplicate(sent)) ++sender.duplicate_acks;
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
            if (receiver->heard && before(receiver->next, block.right)) continue;
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

    memory_pool<std::array<long_memory, 2>> busy_;
};

static_assert(segment_rules<evidence_rules>);

} // namespace tcplens
