// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/prefetch.hpp"
#include "../side.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/send_order.hpp"
#include "../tracking/sequence_holes.hpp"
#include "evidence/memory_pool.hpp"
#include "evidence/recent_segments.hpp"
#include "evidence/reordered_originals.hpp"
#include "segment_rules.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Decides from what was seen. Bytes that were captured before were sent again. Bytes that fill a hole came late or were sent
/// again: decided by the order of IP Identifications, then of timestamp options, then by the time since the hole opened
/// against the round trip, then by duplicate ACKs. A second copy of one packet is a duplicate, and counts for nothing else.
/// Keep-alives and window probes are no retransmissions.
///
/// It remembers a fixed amount of each connection: of each side the last 7 segments. Once more is in flight, or something is
/// missing, the connection takes a piece of the memory that all of its table share: for each side 16 segments, 8 holes, 4 first
/// copies that were overtaken.
class evidence_rules {
public:
    /// `busy_connections`: how many connections of the table may have a piece of the shared memory, about 1.8 KB each, at once.
    /// Who has one keeps it as long as there are more. Once there are none left, who could do without gives his back; those who
    /// get none forget what they have no room for, and their verdicts say so (evidence::memory_exceeded).
    explicit constexpr evidence_rules(std::uint32_t busy_connections = none) noexcept : busy_(busy_connections) {}

    /// Makes room for so many connections, but for no more busy ones than there may be.
    constexpr void reserve(std::size_t connections) {
        busy_.reserve(static_cast<std::uint32_t>(std::min<std::size_t>(connections, none)));
    }

    static constexpr std::string_view saved_as = "evidence_rules";

private:
    static constexpr std::uint32_t none = detail::memory_pool<int>::none;
    static constexpr std::uint8_t no_duplicates = 8;
    static constexpr std::uint16_t unknown_size = 65535;

public:
    /// What is remembered of one side: first a cache line with all that a plain segment touches, but for the place of one
    /// remembered segment.
    struct alignas(64) side_state {
        detail::least_round_trip there_and_back{}; ///< from the capture to it
        detail::send_order order{};
        sequence_number first{};               ///< the lowest that it was heard to send; what is before may come late
        sequence_number next{};                ///< after the highest that it sent, or that its peer acknowledged
        sequence_number acknowledged{};        ///< its highest acknowledgment
        std::uint32_t busy = none;             ///< the connection's piece of the shared memory: the same of both sides
        std::uint16_t window = 0;              ///< its last, not scaled
        std::uint8_t duplicate_acks = 0;       ///< or more, from 255 on
        detail::remembered_count remembered{}; ///< segments
        /// Its last segment acknowledged all that had come to it, and nothing came since that it had to answer or to probe.
        bool owes_nothing = false;
        /// Segments of the connection since one came twice: the same of both sides. Few: this capture has each packet twice, as a
        /// mirror port may make it.
        std::uint8_t since_duplicate : 4 = no_duplicates;
        bool is_calm : 1 = false;       ///< see is_calm_now(); the next segment may be a plain one
        bool heard : 1 = false;         ///< `first` and `next` are known
        bool first_is_near : 1 = true;  ///< so near below `next` that numbers can be compared with it
        bool first_was_syn : 1 = false; ///< what was heard first was a SYN
        bool sent_syn : 1 = false;      ///< `first` is its SYN
        bool sent_syn_ack : 1 = false;
        bool sent_syn_again : 1 = false;
        bool sent_syn_last : 1 = false; ///< its last segment was a SYN without ACK, sent once
        bool has_acknowledged : 1 = false;
        bool has_sacked : 1 = false; ///< `sacked_up_to` is known, and beyond `acknowledged`
        bool permits_sack : 1 = false;
        bool sent_keep_alive : 1 = false;        ///< its last segment was one
        bool sent_zero_window_probe : 1 = false; ///< likewise
        bool has_jumped : 1 = false;
        bool has_acknowledged_far : 1 = false;
        bool lost_holes : 1 = false; ///< there was no memory for its holes
        bool knows_handshake_time : 1 = false;

        std::uint32_t uncaptured = 0;   ///< how much of what is just below `next` was acknowledged, but not captured
        sequence_number sacked_up_to{}; ///< the highest edge of its SACK blocks
        sequence_number before_jump{};  ///< `next`, before it went further ahead than any window: if has_jumped
        sequence_number
            far_acknowledgment{}; ///< its last, if that went as far and was passed over: has_acknowledged_far
        std::uint16_t takes_at_most = unknown_size; ///< data in a packet, by its SYN

        detail::recent_segments<7, detail::remembered_segment> recent{}; ///< as long as it has no long memory

        /// After the highest that was captured.
        [[nodiscard]] constexpr sequence_number captured_up_to() const noexcept { return next - uncaptured; }
        /// Whether its numbers go from one quarter of a GiB to the next: then what is far behind has to be forgotten.
        [[nodiscard]] constexpr bool goes_far(sequence_number to) const noexcept {
            return (next.value ^ to.value) >> 28 != 0;
        }

        [[nodiscard]] friend constexpr bool operator==(const side_state&, const side_state&) noexcept = default;

        /// But for the piece of the shared memory: see archive_connection().
        static void archive(auto& ar, side_state& of) {
            auto& [there_and_back_, order_, first_, next_, acknowledged_, piece_, window_, duplicate_acks_, remembered_,
                   owes_nothing_, since_duplicate_, is_calm_, heard_, first_is_near_, first_was_syn_, sent_syn_,
                   sent_syn_ack_, sent_syn_again_, sent_syn_last_, has_acknowledged_, has_sacked_, permits_sack_,
                   sent_keep_alive_, sent_zero_window_probe_, has_jumped_, has_acknowledged_far_, lost_holes_,
                   knows_handshake_time_, uncaptured_, sacked_up_to_, before_jump_, far_acknowledgment_, takes_at_most_,
                   recent_] = of;
            ar(there_and_back_, order_, first_, next_, acknowledged_, window_, duplicate_acks_, remembered_,
               owes_nothing_, recent_, uncaptured_, sacked_up_to_, before_jump_, far_acknowledgment_, takes_at_most_);
            since_duplicate_ = ar.bits(since_duplicate_, no_duplicates) & 15;
            is_calm_ = ar.bit(is_calm_);
            heard_ = ar.bit(heard_);
            first_is_near_ = ar.bit(first_is_near_);
            first_was_syn_ = ar.bit(first_was_syn_);
            sent_syn_ = ar.bit(sent_syn_);
            sent_syn_ack_ = ar.bit(sent_syn_ack_);
            sent_syn_again_ = ar.bit(sent_syn_again_);
            sent_syn_last_ = ar.bit(sent_syn_last_);
            has_acknowledged_ = ar.bit(has_acknowledged_);
            has_sacked_ = ar.bit(has_sacked_);
            permits_sack_ = ar.bit(permits_sack_);
            sent_keep_alive_ = ar.bit(sent_keep_alive_);
            sent_zero_window_probe_ = ar.bit(sent_zero_window_probe_);
            has_jumped_ = ar.bit(has_jumped_);
            has_acknowledged_far_ = ar.bit(has_acknowledged_far_);
            lost_holes_ = ar.bit(lost_holes_);
            knows_handshake_time_ = ar.bit(knows_handshake_time_);
            ar.require(is_calm_ == is_calm_now(of));
            ar.require(!has_free_place(of) || recent_.oldest(remembered_).fingerprint == 0);
        }
    };

    /// How a side began.
    struct side_beginning {
        detail::sequence_holes::opening first_heard{}; ///< the segment that began with `first`
        /// From its SYN without ACK to its next segment, and so from one end to the other and back.
        std::chrono::nanoseconds handshake_time{};

        [[nodiscard]] friend constexpr bool operator==(const side_beginning&, const side_beginning&) noexcept = default;

        static void archive(auto& ar, side_beginning& of) {
            auto& [first_heard_, handshake_time_] = of;
            ar(first_heard_, handshake_time_);
            ar.require(detail::least_round_trip::is_plausible(handshake_time_));
        }
    };

    struct connection_state {
        per_side<side_state> sides{};
        per_side<side_beginning> beginnings{};

        [[nodiscard]] friend constexpr bool operator==(const connection_state&,
                                                       const connection_state&) noexcept = default;

        static void archive(auto& ar, connection_state& of) {
            auto& [sides_, beginnings_] = of;
            ar(sides_, beginnings_);
        }
    };

    /// What is remembered of one side of a busy connection.
    struct long_memory {
        detail::recent_segments<16, detail::missed_segment> recent{};
        detail::sequence_holes holes{};
        detail::reordered_originals overtaken{};

        [[nodiscard]] friend constexpr bool operator==(const long_memory&, const long_memory&) noexcept = default;

        static void archive(auto& ar, long_memory& of) {
            auto& [recent_, holes_, overtaken_] = of;
            ar(recent_, holes_, overtaken_);
        }
    };

    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr verdict judge(const rule_input& next, connection_state& of) {
        if (pass_plain<plainness::usual>(next, of)) return {};
        return judge_rare(next, of);
    }

    /// The same, without the short way that plain segments take: slower, and a measure for that.
    [[nodiscard]] TCPLENS_NOINLINE constexpr verdict judge_with_care(const rule_input& next, connection_state& of) {
        const verdict said = judge_any(next, of);
        for (side_state& each : of.sides) each.is_calm = is_calm_now(each);
        if (busy_.is_wanted() && can_do_without(next.segment.time, of)) end_long_memory(of);
        return said;
    }

    /// The connection leaves its table: gives back what it has of the shared memory.
    constexpr void forget(connection_state& of) noexcept {
        if (of.sides[side::first].busy == none) return;
        busy_.give_back(of.sides[side::first].busy);
        for (side_state& each : of.sides) each.busy = none;
    }

    /// Archives what is remembered of one connection, with its piece of the shared memory.
    template <class Archive>
    void archive_connection(Archive& ar, connection_state& of) {
        ar(of);
        bool is_busy = of.sides[side::first].busy != none;
        ar(is_busy);
        if (!is_busy) return;
        if constexpr (Archive::restores) {
            const std::uint32_t piece = busy_.take();
            ar.require(piece != none);
            if (piece == none) return;
            for (side_state& each : of.sides) each.busy = piece;
        }
        ar(busy_[of.sides[side::first].busy]);
    }

    /// Lets the processor fetch what a segment of either side touches, ...
    TCPLENS_ALWAYS_INLINE static void prefetch(const connection_state& of) noexcept {
        for (const side_state& each : of.sides) tcplens::detail::prefetch(&each, 64);
    }
    /// ... and what one of this side touches besides.
    TCPLENS_ALWAYS_INLINE void prefetch(const connection_state& of, side sender) const noexcept {
        const side_state& state = of.sides[sender];
        if (state.busy != none) {
            busy_[state.busy][sender].recent.prefetch_next(state.remembered);
        } else {
            state.recent.prefetch_next(state.remembered);
            tcplens::detail::prefetch(&state.uncaptured, 1); // for a FIN
        }
        if (!state.is_calm) tcplens::detail::prefetch(&of, sizeof of);
    }

    /// What is remembered of the sides of a busy connection, or null.
    [[nodiscard]] constexpr const per_side<long_memory>*
    remembered_at_length(const connection_state& of) const noexcept {
        return of.sides[side::first].busy == none ? nullptr : &busy_[of.sides[side::first].busy];
    }

private:
    using nanoseconds = std::chrono::nanoseconds;

    /// A copy of a segment that was sent or made by the network comes within it, mostly.
    static constexpr nanoseconds shortest_memory = std::chrono::milliseconds{500};

    /// One side, and its long memory if it has one.
    struct party {
        side_state& state;
        side_beginning& beginning;
        long_memory* at_length;

        constexpr side_state& operator*() const noexcept { return state; }
        constexpr side_state* operator->() const noexcept { return &state; }

        [[nodiscard]] constexpr std::optional<detail::segment_copy>
        find_copy(std::uint32_t fingerprint) const noexcept {
            return at_length ? at_length->recent.find_copy(fingerprint, state.remembered)
                             : state.recent.find_copy(fingerprint, state.remembered);
        }
        [[nodiscard]] constexpr const detail::remembered_segment* find_covering(sequence_number at) const noexcept {
            return at_length ? at_length->recent.find_covering(at, state.remembered)
                             : state.recent.find_covering(at, state.remembered);
        }
        constexpr void remember(const segment& sent, std::uint32_t fingerprint, timestamp missed_since) const noexcept {
            const auto kept = detail::remembered_segment::of(sent, sent.sequence_length(), fingerprint);
            const std::uint32_t missed_for = detail::missed_segment::to_microseconds(sent.time - missed_since);
            if (at_length) at_length->recent.remember(kept, missed_for, state.remembered);
            else state.recent.remember(kept, missed_for, state.remembered);
            state.remembered.increment();
        }
        /// Its last segment. \pre it was heard
        [[nodiscard]] constexpr const detail::remembered_segment& last() const noexcept {
            return at_length ? at_length->recent.latest(1, state.remembered) : state.recent.latest(1, state.remembered);
        }
        constexpr void open_hole(sequence_number begin, sequence_number end,
                                 const detail::sequence_holes::opening& by) const noexcept {
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
        /// Something up to `end` was captured. \pre `next` will be `end`, if that is further
        constexpr void capture(sequence_number end) const noexcept {
            if (before(state.captured_up_to(), end)) state.uncaptured = state.next.value - end.value;
        }
        /// Makes it the number after the highest, and keeps what is remembered within reach of the numbers, which come again
        /// after 4 GiB.
        constexpr void go_on_to(sequence_number next) const noexcept {
            const bool goes_far = state.goes_far(next);
            state.uncaptured += next.value - state.next.value;
            state.next = next;
            if (!goes_far) return;
            if (at_length) {
                at_length->holes.age(next);
                at_length->overtaken.age(next);
            }
            if (distance(state.first, next) > detail::max_sequence_age) state.first_is_near = false;
        }
        /// Begins anew, with what is not of this side alone kept.
        constexpr void forget() const noexcept {
            state = {.busy = state.busy, .since_duplicate = state.since_duplicate};
            beginning = {};
            if (at_length) *at_length = {};
        }
    };

    [[nodiscard]] TCPLENS_NOINLINE constexpr verdict judge_rare(const rule_input& next, connection_state& of) {
        if (pass_plain<plainness::rare>(next, of)) return {};
        return judge_with_care(next, of);
    }

    /// Whether nothing that is remembered of a side could make anything of a plain segment that it sends.
    [[nodiscard]] static constexpr bool is_calm_now(const side_state& of) noexcept {
        return of.has_acknowledged && !of.sent_syn_last && is_calm_otherwise(of);
    }
    [[nodiscard]] static constexpr bool is_calm_otherwise(const side_state& of) noexcept {
        return of.heard && of.uncaptured == 0 && of.since_duplicate == no_duplicates && !of.sent_keep_alive &&
               !of.sent_zero_window_probe && !of.has_jumped && !of.has_acknowledged_far && !of.has_sacked;
    }

    /// What is_plain() asks of a segment.
    enum class plainness : std::uint8_t {
        usual, ///< that it has ACK alone, and is not its sender's first
        rare,  ///< it may have FIN, and be the acknowledgment that completes a handshake
    };

    /// Whether a segment goes on where its calm sender was, and can be no copy, no probe, no repeated acknowledgment and nothing
    /// sent again.
    template <plainness How>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr bool is_plain(const segment& sent, const side_state& sender,
                                                                       const side_state& receiver) noexcept {
        if constexpr (How == plainness::usual) {
            if (!sender.is_calm || !sent.flags.is_ack_alone()) return false;
        } else {
            if (sender.has_acknowledged == sender.sent_syn_last || !is_calm_otherwise(sender)) return false;
            if (!sent.flags.ack() || sent.flags.syn() || sent.flags.rst()) return false;
        }
        if (sent.sequence != sender.next || sent.window == 0) return false;
        if (sent.options.sack_permitted || sent.options.sack_block_count > 0) return false;
        if (receiver.heard && before(receiver.next, sent.acknowledgment)) return false;
        const bool fin = How == plainness::rare && sent.flags.fin();
        if (How == plainness::rare && sender.sent_syn_last) return !fin && sent.payload_length == 0;
        const auto further = sent.acknowledgment.value - sender.acknowledged.value;
        if (further > std::uint32_t{detail::max_window_distance}) return false; // or before it
        if (sent.payload_length < 2 && !fin) return sent.payload_length == 0 && further > 0;
        if (sent.payload_length > std::uint32_t{detail::max_window_distance}) return false;
        if (sender.goes_far(sent.sequence + sent.payload_length + (fin ? 1u : 0u))) return false;
        return !(sender.owes_nothing && receiver.acknowledged == sent.sequence &&
                 sender.order.skips_few(sent.ip_id.value_or(0)));
    }

    /// Takes in the next segment if it is plain: does what judge_any() comes to then, in fewer steps.
    template <plainness How>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_plain(const rule_input& next, connection_state& of) {
        const segment& sent = next.segment;
        side_state* own = &of.sides[side::first];
        side_state* other = &of.sides[side::second];
        if (next.sender != side::first) std::swap(own, other); // g++ takes fewer steps to this than to index them
        side_state& sender = *own;
        side_state& receiver = *other;
        if (!is_plain<How>(sent, sender, receiver)) return false;

        const std::uint32_t length = How == plainness::usual ? sent.payload_length : sent.sequence_length();
        const auto kept = detail::remembered_segment::of(sent, length, detail::segment_fingerprint(sent));
        if (sender.busy != none) {
            if (busy_.is_wanted() || (How == plainness::rare && sender.sent_syn_last)) return false;
            busy_[sender.busy][next.sender].recent.remember(kept, 0, sender.remembered);
        } else {
            if (lacks_room(sent, sender, receiver)) return false;
            if constexpr (How == plainness::rare) {
                if (sender.sent_syn_last && !completes_handshake(kept, sender, of.beginnings[next.sender]))
                    return false;
            }
            sender.recent.remember(kept, 0, sender.remembered);
        }
        sender.remembered.increment();
        sender.next = sent.sequence + length;
        if (sender.acknowledged != sent.acknowledgment) acknowledge(sent.acknowledgment, sender);
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes_once(sent, length);
        const bool acknowledges_all = receiver.heard && !before(sent.acknowledgment, receiver.next);
        learn_last(sent, length > 0, acknowledges_all, sender, receiver);
        if constexpr (How == plainness::rare) sender.is_calm = true;
        return true;
    }

    /// The sender of a SYN acknowledges for the first time. False if that may be a copy.
    [[nodiscard]] static constexpr bool completes_handshake(const detail::remembered_segment& sent, side_state& sender,
                                                            side_beginning& beginning) noexcept {
        if (sender.recent.find_copy(sent.fingerprint, sender.remembered)) return false;
        learn_handshake_time(sent.time, sender.recent.latest(1, sender.remembered), sender, beginning);
        sender.sent_syn_last = false;
        sender.has_acknowledged = true;
        sender.duplicate_acks = 0;
        return true;
    }

    [[nodiscard]] constexpr verdict judge_any(const rule_input& next, connection_state& of) {
        const segment& sent = next.segment;
        // A RST's sequence number need not be one of its sender's (RFC 9293 3.5.2), and nothing comes after it.
        if (sent.flags.rst()) return {};
        const side own = next.sender;
        const auto other = opposite(own);
        if (of.sides[side::first].busy == none && needs_long_memory(sent, of.sides[own], of.sides[other]))
            begin_long_memory(of);
        per_side<long_memory>* const both =
            of.sides[side::first].busy == none ? nullptr : &busy_[of.sides[side::first].busy];
        const party sender{of.sides[own], of.beginnings[own], both ? &(*both)[own] : nullptr};
        const party receiver{of.sides[other], of.beginnings[other], both ? &(*both)[other] : nullptr};

        const std::uint32_t fingerprint = detail::segment_fingerprint(sent);
        if (const auto copy = is_news(sent, *sender) ? std::nullopt : sender.find_copy(fingerprint);
            copy && is_duplicate(sent, *copy, sender, receiver)) {
            sender->since_duplicate = receiver->since_duplicate = 0;
            // A copy of a SYN that had been answered already is one that the network made: it will be answered too.
            if (sent.flags.syn() && receiver->heard) sender->sent_syn_again = true;
            return {.kinds = verdict_kinds::duplicate,
                    .evidence = evidence_set::same_packet,
                    .earlier_packet = copy->sent.packet_number(sent),
                    .elapsed = sent.time - copy->sent.time};
        }
        if (sender->since_duplicate < no_duplicates) receiver->since_duplicate = ++sender->since_duplicate;
        if (sent.flags.syn()) {
            if (!take_syn(sent, sender, *receiver)) return {};
            constexpr std::uint16_t default_size = 536; // RFC 9293 3.7.1
            sender->takes_at_most = sent.options.maximum_segment_size.value_or(default_size);
        }

        const detail::send_stamp stamp = detail::send_stamp::of(sent);
        const bool heard_before = sender->heard;
        timestamp missed_since = sent.time;
        verdict said = judge_sequence(sent, stamp, missed_since, sender, receiver);
        if (said.is_retransmission()) say_which_kind(sent, heard_before, sender, receiver, said);
        if (sent.flags.ack()) judge_acknowledgment(sent, *sender, receiver, said);
        if (sent.window == 0 && !sent.flags.syn() && !sent.flags.fin()) said.kinds |= verdict_kinds::zero_window;

        learn_times(sent, said, sender, receiver);
        sender.remember(sent, fingerprint, missed_since);
        const bool acknowledges_all =
            receiver->heard && sent.flags.ack() && !before(sent.acknowledgment, receiver->next);
        learn_last(sent, sent.sequence_length() > 0 || sent.window == 0, acknowledges_all, *sender, *receiver);
        if (sent.options.sack_permitted || sent.options.sack_block_count > 0) sender->permits_sack = true;
        sender->sent_keep_alive = said.has(verdict_kinds::keep_alive);
        sender->sent_zero_window_probe = said.has(verdict_kinds::zero_window_probe);
        return said;
    }

    /// Whether the next segment makes or fills a hole, or there is no room for it.
    [[nodiscard]] static constexpr bool needs_long_memory(const segment& sent, const side_state& sender,
                                                          const side_state& receiver) noexcept {
        if (sender.heard && before(sender.next, sent.sequence)) return true;
        if (sender.heard && sender.first_is_near && before(sent.sequence, sender.first)) return true;
        if (receiver.heard && sent.flags.ack() && before(receiver.next, sent.acknowledgment)) return true;
        return lacks_room(sent, sender, receiver);
    }

    [[nodiscard]] static constexpr bool has_free_place(const side_state& of) noexcept {
        return of.remembered.leaves_room<decltype(of.recent)::capacity>();
    }

    /// Whether the next segment would take the place of data that is still in flight, or was so shortly before that a copy of it
    /// may be.
    [[nodiscard]] static constexpr bool lacks_room(const segment& sent, const side_state& sender,
                                                   const side_state& receiver) noexcept {
        if (has_free_place(sender)) return false; // without a look at any
        const detail::remembered_segment& oldest = sender.recent.oldest(sender.remembered);
        if (oldest.length == 0) return false;
        return sent.time - oldest.time < shortest_memory || !receiver.has_acknowledged ||
               before(receiver.acknowledged, oldest.begin + oldest.length);
    }

    constexpr void begin_long_memory(connection_state& of) {
        const std::uint32_t piece = busy_.take();
        if (piece == none) return;
        for (const side which : {side::first, side::second}) {
            busy_[piece][which].recent.take_over(of.sides[which].recent, of.sides[which].remembered);
            of.sides[which].busy = piece;
        }
    }

    /// Whether a connection needs its long memory no more: nothing is missing or in flight, or was shortly before. Not that no
    /// verdict could come out of it: there may be a late copy of what it alone remembers.
    [[nodiscard]] constexpr bool can_do_without(timestamp now, const connection_state& of) const noexcept {
        if (of.sides[side::first].busy == none) return false;
        for (const side which : {side::first, side::second}) {
            const side_state& one = of.sides[which];
            const side_state& peer = of.sides[opposite(which)];
            const long_memory& memory = busy_[one.busy][which];
            if (!memory.holes.empty() || memory.holes.forgot_any()) return false;
            if (one.heard && (!peer.has_acknowledged || before(peer.acknowledged, one.next))) return false;
            const detail::remembered_segment& beyond_short =
                memory.recent.latest(one.recent.capacity + 1, one.remembered);
            if (now - beyond_short.time < shortest_memory) return false;
        }
        return true;
    }

    constexpr void end_long_memory(connection_state& of) noexcept {
        const std::uint32_t piece = of.sides[side::first].busy;
        for (const side which : {side::first, side::second}) {
            of.sides[which].recent.take_over(busy_[piece][which].recent, of.sides[which].remembered);
            of.sides[which].busy = none;
        }
        busy_.give_back(piece);
    }

    static constexpr void learn_times(const segment& sent, const verdict& said, const party& sender,
                                      const party& receiver) noexcept {
        if (sent.flags.ack()) sender->there_and_back.answers(sent);
        receiver->there_and_back.passes(sent, said.is_retransmission());
        if (sender->sent_syn_last && !sent.flags.syn())
            learn_handshake_time(sent.time, sender.last(), *sender, sender.beginning);
        sender->sent_syn_last = sent.flags.syn() && !sent.flags.ack() && !said.is_retransmission();
    }

    static constexpr void learn_handshake_time(timestamp now, const detail::remembered_segment& syn, side_state& sender,
                                               side_beginning& beginning) noexcept {
        const nanoseconds since = now - syn.time;
        if (!detail::least_round_trip::is_plausible(since)) return;
        beginning.handshake_time = since;
        sender.knows_handshake_time = true;
    }

    static constexpr void learn_last(const segment& sent, bool asks_for_answer, bool acknowledges_all,
                                     side_state& sender, side_state& receiver) noexcept {
        sender.order.learn(sent);
        sender.owes_nothing = acknowledges_all && sent.ip_id.value_or(0) == sender.order.latest_id();
        if (asks_for_answer) receiver.owes_nothing = false;
        sender.window = sent.window;
    }

    /// \pre it is further than what it acknowledged before, if it did
    static constexpr void acknowledge(sequence_number ack, side_state& sender) noexcept {
        sender.acknowledged = ack;
        sender.duplicate_acks = 0;
    }

    /// The time from one end to the other and back, as far as it is known.
    [[nodiscard]] static constexpr std::optional<nanoseconds> whole_round_trip(const party& a,
                                                                               const party& b) noexcept {
        const auto to_a = a->there_and_back.least();
        const auto to_b = b->there_and_back.least();
        if (to_a && to_b) return *to_a + *to_b;
        if (a->knows_handshake_time) return a.beginning.handshake_time;
        if (b->knows_handshake_time) return b.beginning.handshake_time;
        return to_a ? to_a : to_b; // a part of it
    }

    /// The least time after which a sender can send again what passed here, or what something that passed here showed to be
    /// missing: the receiver has to answer that, and the segment to come. A tenth less than the least that was measured,
    /// which need not be the least that there is. Where nothing was, a guess: few packets come later than this for no
    /// reason but the path, and few paths of which one hears nothing are shorter.
    [[nodiscard]] static constexpr nanoseconds least_resend_time(const party& sender, const party& receiver) noexcept {
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
    [[nodiscard]] static constexpr bool is_duplicate(const segment& sent, const detail::segment_copy& earlier,
                                                     const party& sender, const party& receiver) noexcept {
        if (sent.ip_id.value_or(0) != 0) {
            // Of a first packet nobody knows whether its Identification is one of a kind; but no timer is as quick as this.
            const auto varies = sender->order.id_varies();
            if (varies.value_or(sent.time - earlier.sent.time < std::chrono::milliseconds{200})) return true;
        }
        // Of a round trip that one direction alone shows, a part may have been waiting.
        const nanoseconds least = least_resend_time(sender, receiver) / (receiver->heard ? 1 : 2);
        if (sent.time - earlier.missed_since > least) return false;
        // Where a SYN came more than once, timers and the answers to each make pairs of SYN-ACKs.
        if (sent.flags.syn() && sent.flags.ack() && (receiver->sent_syn_again || sender->sent_syn_again)) return false;
        if (sender->since_duplicate < no_duplicates) return true;
        if (sent.sequence_length() > 0) return true;
        // Duplicate ACKs may be the same in everything; but with SACK each says something new (RFC 2018 4).
        return sender->permits_sack && receiver->permits_sack && !sent.options.cut;
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
            from.forget();
            receiver.there_and_back = {};
            receiver.has_acknowledged = false;
            receiver.duplicate_acks = 0;
        }
        return true;
    }

    /// If a side goes on where it was before it went far ahead, it never did that.
    static constexpr void come_back(const party& sender, sequence_number begin) noexcept {
        if (!sender->has_jumped || begin != sender->before_jump) return;
        sender->has_jumped = false;
        sender.go_on_to(begin);
        sender->uncaptured = 0;
        if (sender.at_length) sender.at_length->holes.drop_from(begin);
    }

    [[nodiscard]] static constexpr verdict judge_sequence(const segment& sent, const detail::send_stamp& stamp,
                                                          timestamp& missed_since, const party& sender,
                                                          const party& receiver) noexcept {
        using enum verdict_kinds;
        const sequence_number begin = sent.sequence;
        const sequence_number end = sent.sequence_end();
        if (!sender->heard) return hear_first(sent, stamp, sender, receiver);
        if (sent.flags.syn()) {
            // RFC 9293 3.5, figure 7: when both ends open, a SYN-ACK follows the SYN of each
            const bool opens_both = sender->sent_syn && sent.flags.ack() && !sender->sent_syn_ack;
            sender->sent_syn = true;
            if (sent.flags.ack()) sender->sent_syn_ack = true;
            if (opens_both) return {};
        }
        if (begin != end) come_back(sender, begin);
        if (const verdict_kinds probe = find_probe(sent, *sender, *receiver); probe != none) return {.kinds = probe};

        const bool beyond_all = !before(begin, sender->captured_up_to());
        if (begin != end) sender.capture(end);
        if (before(sender->next, begin)) {
            if (distance(sender->next, begin) > detail::max_window_distance) {
                sender->has_jumped = true;
                sender->before_jump = sender->next;
            }
            sender.open_hole(sender->next, begin, {sent.time, sent.packet_number, stamp});
            sender.go_on_to(end);
            return {.kinds = lost_segment};
        }
        if (begin == end) return {};
        if (begin == sender->next) {
            sender.go_on_to(end);
            if (!copy_is_missing(sent, stamp, sender, receiver)) return {};
            return {.kinds = retransmission, .evidence = evidence_set::ip_id | evidence_set::silence};
        }

        verdict said;
        const detail::sequence_holes::filling filling = fill_holes(begin, end, sender);
        const bool forgotten = sender.may_have_forgotten(begin);
        if (forgotten) said.evidence |= evidence_set::memory_exceeded;
        if (filling.bytes > 0) {
            said.evidence |= evidence_set::fills_hole;
            said.earlier_packet = filling.opened.packet_number;
            said.elapsed = sent.time - filling.opened.time;
            missed_since = filling.opened.time;
        }
        std::uint32_t unseen = filling.bytes;
        if (before(sender->next, end)) {
            unseen += end.value - sender->next.value;
            sender.go_on_to(end);
        }
        if (unseen == end.value - begin.value) {
            if (sent_again(sent, stamp, filling.opened, sender, receiver, said.evidence)) {
                said.kinds = retransmission;
                if (sender.at_length) sender.at_length->overtaken.expect(begin, end, filling.opened.stamp);
            } else if (!beyond_all) {
                said.kinds = out_of_order;
            }
            // else only an ACK without data, or an acknowledgment of it, was before it: that is no order of data
            return said;
        }

        said.evidence |= evidence_set::bytes_seen;
        if (const auto* earlier = sender.find_covering(begin)) {
            said.earlier_packet = earlier->packet_number(sent);
            said.elapsed = sent.time - earlier->time;
        }
        if (const evidence_set overtaken =
                sender.at_length ? sender.at_length->overtaken.is_one(begin, stamp, sender->order) : evidence_set::none;
            overtaken != evidence_set::none) {
            said.kinds = out_of_order;
            said.evidence |= overtaken;
        } else if (const auto packets = sender->order.packets_between(sender->order.latest(), stamp);
                   packets && *packets <= -static_cast<int>(decltype(long_memory::recent)::capacity)) {
            // Sent long before: a copy of a packet that is no longer remembered, or what a forgotten hole waited for.
            said.kinds = forgotten ? out_of_order : duplicate;
            said.evidence |= evidence_set::ip_id;
        } else {
            said.kinds = retransmission;
        }
        return said;
    }

    /// The first segment that is captured of a side.
    [[nodiscard]] static constexpr verdict hear_first(const segment& sent, const detail::send_stamp& stamp,
                                                      const party& sender, const party& receiver) noexcept {
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

    /// Segments that ask for an answer and bring nothing new: none of their sequence numbers is used for good.
    [[nodiscard]] static constexpr verdict_kinds find_probe(const segment& sent, const side_state& sender,
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

    /// Fills what was missing of [begin, end). All before the first that was heard was missing too.
    static constexpr detail::sequence_holes::filling fill_holes(sequence_number begin, sequence_number end,
                                                                const party& sender) noexcept {
        detail::sequence_holes::filling filling{};
        if (sender.at_length) filling = sender.at_length->holes.fill(begin, end);
        if (sender->first_is_near && before(begin, sender->first)) {
            if (filling.bytes == 0) filling.opened = sender.beginning.first_heard;
            filling.bytes += (before(end, sender->first) ? end : sender->first).value - begin.value;
            if (before(end, sender->first)) sender.open_hole(end, sender->first, sender.beginning.first_heard);
            sender->first = begin;
        }
        return filling;
    }

    /// Whether a segment that fills a hole was sent again, or is the first copy of its bytes, late.
    [[nodiscard]] static constexpr bool sent_again(const segment& sent, const detail::send_stamp& stamp,
                                                   const detail::sequence_holes::opening& hole, const party& sender,
                                                   const party& receiver, evidence_set& because) noexcept {
        // First copies leave in the order of their sequence numbers: what left after the segment beyond it is no first copy.
        if (const auto packets = sender->order.packets_between(hole.stamp, stamp)) {
            because |= evidence_set::ip_id;
            return *packets > 0;
        }
        if (const auto ticks = detail::send_order::ticks_between(hole.stamp, stamp)) {
            because |= evidence_set::timestamp_option;
            return *ticks > 0;
        }
        // In the same tick, and the clock has moved on since: too soon for a round trip.
        if (stamp.has_clock && hole.stamp.has_clock && sender->order.latest().clock != stamp.clock) {
            because |= evidence_set::timestamp_option;
            return false;
        }
        // To be sent again, it had to be missed first. What was measured as a round trip may have stood in queues; where
        // duplicate ACKs asked for the segment, half of it is believed.
        const bool asked = receiver->duplicate_acks >= 3;
        const bool passed_over = receiver->has_sacked && distance(sent.sequence_end(), receiver->sacked_up_to) >
                                                             static_cast<std::int64_t>(2) * sent.payload_length;
        because |= whole_round_trip(sender, receiver) ? evidence_set::round_trip : evidence_set::undecided;
        if (asked) because |= evidence_set::duplicate_acks;
        if (passed_over) because |= evidence_set::selective_ack;
        return sent.time - hole.time > least_resend_time(sender, receiver) / (asked || passed_over ? 2 : 1);
    }

    /// Whether the next segment in order was sent before, in a copy that was lost on its way here: its sender counted a
    /// packet that was not captured, though it had nothing to send but this, and was silent for longer than any answer takes.
    [[nodiscard]] static constexpr bool copy_is_missing(const segment& sent, const detail::send_stamp& stamp,
                                                        const party& sender, const party& receiver) noexcept {
        // It owed no acknowledgment, was not probing, and filled no holes.
        if (!sender->owes_nothing || sender->sent_keep_alive || sender->sent_zero_window_probe) return false;
        if (sender.has_holes() || receiver->acknowledged != sent.sequence) return false;
        // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
        const auto& stamps = sent.options.timestamps;
        const detail::send_stamp latest = receiver->order.latest();
        if (!stamps || !latest.has_clock || latest.clock != stamps->echo) return false;
        // Windows, whose packets start with a hop limit of 128, counts the packets of all of its connections together.
        if (sent.hop_limit > 64) return false;
        // A segment that is larger than a packet can be stands for several, each with an Identification: the network card cuts it
        // behind the capture, or put it together before. A host sends no more than its own link takes, nor its peer's; options are
        // a part of that (RFC 6691 2). Smaller ones that were put together cannot be told.
        constexpr std::uint32_t largest_in_ethernet = 1460;
        constexpr std::uint32_t timestamps_length = 12;
        const std::uint16_t told = (std::min)(sender->takes_at_most, receiver->takes_at_most);
        if (sender.last().length + timestamps_length > (told == unknown_size ? largest_in_ethernet : told))
            return false;
        return sender->order.skips_few(stamp.id) &&
               sent.time - sender.last().time >= least_resend_time(sender, receiver);
    }

    static constexpr void say_which_kind(const segment& sent, bool heard_before, const party& sender,
                                         const party& receiver, verdict& said) noexcept {
        using enum verdict_kinds;
        if (sent.flags.syn()) sender->sent_syn_again = true;
        const sequence_number end = sent.sequence_end();
        if (receiver->has_acknowledged && !before(receiver->acknowledged, end)) {
            said.kinds |= spurious_retransmission;
            said.evidence |= evidence_set::acknowledged;
            return;
        }
        const bool asked = receiver->duplicate_acks >= 3 && receiver->acknowledged == sent.sequence; // RFC 5681 3.2
        const bool passed_over = receiver->has_sacked && !before(receiver->sacked_up_to, end);       // RFC 6675 5
        const auto measured = whole_round_trip(sender, receiver);
        timestamp last_cause = heard_before ? sender.last().time : sent.time;
        // Duplicate ACKs may have come late: they stand in queues.
        if (asked || passed_over) last_cause = (std::max)(last_cause, receiver.last().time);
        if (heard_before && sent.time - last_cause > (measured ? 2 * *measured : std::chrono::milliseconds{100})) {
            said.evidence |= evidence_set::silence;
            // A timeout sends the first segment again that was not acknowledged (RFC 6298 5.4), a probe the last (RFC 8985 7.3).
            const bool not_first = receiver->has_acknowledged && before(receiver->acknowledged, sent.sequence);
            if (not_first && end == sender->next && !asked && !passed_over) said.kinds |= tail_loss_probe;
        } else if (asked || passed_over) {
            said.kinds |= fast_retransmission;
            if (asked) said.evidence |= evidence_set::duplicate_acks;
            if (passed_over) said.evidence |= evidence_set::selective_ack;
        }
    }

    static constexpr void judge_acknowledgment(const segment& sent, side_state& sender, const party& receiver,
                                               verdict& said) noexcept {
        using enum verdict_kinds;
        const sequence_number ack = sent.acknowledgment;
        // One acknowledgment of what nobody can have sent is passed over; where they go on there, they are believed.
        if (sender.has_acknowledged && distance(sender.acknowledged, ack) > detail::max_window_distance) {
            const std::int32_t further = distance(sender.far_acknowledgment, ack);
            if (!sender.has_acknowledged_far || further < 0 || further > detail::max_window_distance) {
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
                said.kinds |= ack_lost_segment;
                receiver.open_hole(receiver->next, ack, {.time = sent.time, .packet_number = sent.packet_number});
            }
            receiver.go_on_to(ack);
        }

        const bool repeated = sender.has_acknowledged && ack == sender.acknowledged;
        const bool bare = sent.sequence_length() == 0 && !said.has(keep_alive | zero_window_probe | lost_segment);
        if (repeated && bare) {
            // RFC 6675 2: with SACK, what reports new data is a duplicate ACK whatever its window
            if (sent.window != sender.window && sent.options.sack_block_count == 0) {
                if (sent.window != 0) said.kinds |= window_update;
            } else if (receiver->sent_keep_alive) {
                said.kinds |= keep_alive_ack;
            } else if (receiver->sent_zero_window_probe) {
                said.kinds |= zero_window_probe_ack;
            } else if (receiver->heard && before(ack, receiver->next)) { // RFC 5681 2: something is outstanding
                said.kinds |= duplicate_ack;
                // What came twice asks for nothing; that it was sent twice, and which copy was needless, it says too late.
                if (sender.duplicate_acks < 255 && !sent.reports_duplicate()) ++sender.duplicate_acks;
            }
        }
        if (!sender.has_acknowledged || before(sender.acknowledged, ack)) {
            acknowledge(ack, sender);
            sender.has_acknowledged = true;
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

    friend void archive(auto& ar, evidence_rules& of) {
        auto& [busy] = of;
        ar(busy);
    }

    detail::memory_pool<per_side<long_memory>> busy_;
};

static_assert(segment_rules<evidence_rules>);

} // namespace tcplens::inline v0
