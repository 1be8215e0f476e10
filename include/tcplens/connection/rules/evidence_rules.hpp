// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../base/prefetch.hpp"
#include "../side.hpp"
#include "evidence/acknowledgment_step.hpp"
#include "evidence/copy_evidence.hpp"
#include "evidence/fast_path.hpp"
#include "evidence/memory_pool.hpp"
#include "evidence/plain_opening.hpp"
#include "evidence/sequence_step.hpp"
#include "evidence/side_state.hpp"
#include "evidence/side_view.hpp"
#include "evidence/syn_step.hpp"
#include "segment_rules.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

namespace detail {
struct evidence_rules_access;
}

/// What evidence_rules does. A template, to reduce the compile time of programs that do not use it.
template <class Memory>
class basic_evidence_rules {
public:
    /// `busy_connections`: how many connections of the table may have a piece of the shared memory (about 2 KB each) at once. The
    /// default is no limit. Under the limit, a connection keeps its piece. Once the limit is reached, connections that need theirs
    /// no more give it back; connections that get none forget what they have no room for, and their verdicts say so
    /// (evidence_set::memory_exceeded).
    explicit constexpr basic_evidence_rules(std::uint32_t busy_connections = detail::evidence::no_long_memory) noexcept
        : busy_(busy_connections) {}

    /// Makes room for so many connections in all, but for no more busy ones than the limit.
    constexpr void reserve(std::size_t connections) {
        busy_.reserve(static_cast<std::uint32_t>(std::min<std::size_t>(connections, detail::evidence::no_long_memory)));
    }

    /// Identifies the rule set in a saved table.
    static constexpr auto hooks = rule_hooks::reserve | rule_hooks::forget | rule_hooks::prefetch |
                                  rule_hooks::prefetch_side | rule_hooks::saving | rule_hooks::archive_connection;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// Its name in saved tables.
    static constexpr std::string_view saved_as = "evidence_rules";

    /// What the rules remember of each connection; its content is no part of the interface.
    using connection_state = detail::evidence::connection_state;

    /// The verdict on the next segment of a connection. Allocates nothing, unless the connection takes a piece of the shared memory
    /// and that has to grow.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr verdict judge(const rule_input& next, connection_state& state) {
        if (pass_usual(next.segment, next.sender, state)) return {};
        const rule_input copy = next; // so that `next` need not lie in memory for a plain segment
        return judge_rare(copy, state);
    }

    /// Gives back the connection's piece of the shared memory. The table calls this for a connection that leaves it.
    constexpr void forget(connection_state& state) noexcept {
        if (!is_busy(state)) return;
        busy_.give_back(state.sides[side::first].busy);
        for (side_state& each : state.sides) each.busy = detail::evidence::no_long_memory;
    }

    /// Archives what the rules remember of one connection, with its piece of the shared memory.
    template <class Archive>
    void archive_connection(Archive& ar, connection_state& state) {
        ar(state);
        bool busy = is_busy(state);
        ar(busy);
        if (!busy) return;
        if constexpr (Archive::restores) {
            const std::uint32_t piece = busy_.take();
            ar.require(piece != detail::evidence::no_long_memory);
            if (piece == detail::evidence::no_long_memory) return;
            for (side_state& each : state.sides) each.busy = piece;
        }
        ar(memory_of(state));
    }

    /// Lets the processor fetch what a segment of either side touches.
    TCPLENS_ALWAYS_INLINE static void prefetch(const connection_state& state) noexcept {
        detail::prefetch<1>(&state.sides[side::first]);
        detail::prefetch<1>(&state.sides[side::second]);
    }
    /// Lets the processor fetch what a segment of this sender touches besides.
    TCPLENS_ALWAYS_INLINE void prefetch_side(const connection_state& state, side sender) const noexcept {
        const side_state& own = state.sides[sender];
        if (own.busy != detail::evidence::no_long_memory) {
            busy_[own.busy][sender].recent.prefetch_next(own.remembered);
        } else {
            own.recent.prefetch_next(own.remembered);
            detail::prefetch<1>(&own.uncaptured); // for a FIN
        }
        if (!own.is_calm) detail::prefetch<sizeof state>(&state);
    }

private:
    friend struct detail::evidence_rules_access; // compares the fast path with the long way, in the tests

    using side_state = detail::evidence::side_state;
    using side_view = detail::evidence::side_view;
    using both_memories = per_side<Memory>;

    [[nodiscard]] static constexpr bool is_busy(const connection_state& state) noexcept {
        return state.sides[side::first].busy != detail::evidence::no_long_memory;
    }
    /// @pre is_busy(state)
    [[nodiscard]] constexpr both_memories& memory_of(const connection_state& state) noexcept {
        return busy_[state.sides[side::first].busy];
    }
    [[nodiscard]] constexpr const both_memories& memory_of(const connection_state& state) const noexcept {
        return busy_[state.sides[side::first].busy];
    }

    [[nodiscard]] TCPLENS_NOINLINE constexpr verdict judge_rare(const rule_input& next, connection_state& state) {
        if (pass_opening(next, state)) return {};
        if (pass_plain<detail::evidence::plainness::rare>(next.segment, next.sender, state)) return {};
        verdict result = judge_with_care(next, state);
        // Nobody sends again for a connection that has ended and was followed by another: what comes again is a late copy.
        if (next.after_end && result.is_retransmission()) {
            using namespace detail::evidence;
            result = grade({{.kinds = verdict_kinds::duplicate,
                             .evidence = result.evidence,
                             .earlier_packet = result.earlier_packet,
                             .elapsed = result.elapsed},
                            basis::clock});
        }
        return result;
    }

    /// Judges without the fast path. Tests compare both.
    [[nodiscard]] TCPLENS_NOINLINE constexpr verdict judge_with_care(const rule_input& next, connection_state& state) {
        const verdict result = detail::evidence::grade(judge_any(next, state));
        detail::evidence::learn_calm(state.sides[side::first], state.sides[side::second]);
        if (busy_.is_wanted() && can_do_without(next.segment.time, state)) end_long_memory(state);
        return result;
    }

    /// pass_plain() for most segments. Not inlined: beside what tables and observers keep in registers, g++ 12 would write what this
    /// computes to memory and read it back.
    [[nodiscard]] TCPLENS_NOINLINE constexpr bool pass_usual(const segment& sent, side own, connection_state& state) {
        return pass_plain<detail::evidence::plainness::usual>(sent, own, state);
    }

    /// Takes in the next segment if it is plain. Does what judge_any() comes to then, in fewer steps.
    template <detail::evidence::plainness How>
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool pass_plain(const segment& sent, side own,
                                                                  connection_state& state) {
        using namespace detail::evidence;
        side_state& sender = state.sides[own];
        side_state& receiver = state.sides[opposite(own)];
        if (!is_plain<How>(sent, sender, receiver)) return false;

        const std::uint32_t length = How == plainness::usual ? sent.payload_length : sent.sequence_length();
        const std::uint32_t fingerprint =
            How == plainness::usual ? detail::segment_fingerprint(sent) : detail::fingerprint_apart(sent);
        if (sender.busy != no_long_memory) {
            if (busy_.is_wanted() || (How == plainness::rare && sender.sent_syn_last)) return false;
            busy_[sender.busy][own].recent.remember(detail::remembered_segment::of(sent, length, fingerprint),
                                                    detail::send_stamp::of(sent), detail::copy_kind::first,
                                                    sender.remembered);
        } else {
            if (lacks_room(sent, sender, receiver)) return false;
            if constexpr (How == plainness::rare) {
                if (sender.sent_syn_last &&
                    !completes_handshake(detail::remembered_segment::of(sent, length, fingerprint), sender,
                                         state.beginnings[own]))
                    return false;
            }
            sender.recent.remember(detail::remembered_segment::of(sent, length, fingerprint), {},
                                   detail::copy_kind::first, sender.remembered);
        }
        sender.remembered.increment();
        sender.next = sent.sequence + length;
        sender.acknowledged = sent.acknowledgment; // it is calm: no duplicate ACKs are counted
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes_once(sent, length);
        const bool acknowledges_all = receiver.heard && !before(sent.acknowledgment, receiver.next);
        learn_last(sent, length > 0, acknowledges_all, sender, receiver);
        if constexpr (How == plainness::rare) sender.is_calm = true;
        return true;
    }

    /// Takes in the next segment if it opens the connection as most do. Does what judge_any() comes to then, in fewer steps.
    [[nodiscard]] static constexpr bool pass_opening(const rule_input& next, connection_state& state) noexcept {
        using namespace detail::evidence;
        const side own = next.sender;
        const side other = opposite(own);
        if (!opens_plainly(next.segment, state.sides[own], state.sides[other])) return false;
        take_plain_opening(next.segment, {state.sides[own], state.beginnings[own], nullptr},
                           {state.sides[other], state.beginnings[other], nullptr});
        return true;
    }

    // NOLINTNEXTLINE(readability-function-cognitive-complexity): the steps of the decision in order, each a call
    [[nodiscard]] constexpr detail::evidence::ruling judge_any(const rule_input& next, connection_state& state) {
        using namespace detail::evidence;
        const segment& sent = next.segment;
        // A RST's sequence number need not be one of its sender's (RFC 9293 section 3.5.2), and nothing follows it.
        if (sent.flags.rst()) return {};
        const side own = next.sender;
        const side other = opposite(own);
        if (is_unacceptable(sent, state.sides[own], state.sides[other])) return {};
        if (!is_busy(state) && needs_long_memory(sent, state.sides[own], state.sides[other])) begin_long_memory(state);
        both_memories* const memory = is_busy(state) ? &memory_of(state) : nullptr;
        const side_view sender{state.sides[own], state.beginnings[own], memory ? &(*memory)[own] : nullptr};
        const side_view receiver{state.sides[other], state.beginnings[other], memory ? &(*memory)[other] : nullptr};

        if (receiver->was_answered_twice && sent.flags.ack()) settle_syn_ack(receiver, sent.acknowledgment);
        if (sender->was_answered_twice && !sent.flags.syn()) settle_syn_ack(sender, sent.sequence);

        const std::uint32_t fingerprint = detail::fingerprint_apart(sent);
        if (const auto* const copy = is_news(sent, *sender) ? nullptr : sender.find_copy(fingerprint)) {
            const auto by = find_basis_of_copy(sent, *copy, sender, receiver);
            if (by) return {take_duplicate(sent, *copy, sender, receiver), *by};
        }
        if (sender->since_duplicate < no_recent_duplicate) ++sender->since_duplicate;
        if (receiver->since_duplicate < no_recent_duplicate) ++receiver->since_duplicate;
        if (sent.flags.syn()) {
            const bool again = sender->was_answered_twice && sent.sequence == sender->before_jump;
            if (!take_syn(sent, sender, *receiver)) return pass_other_syn(sent, fingerprint, again, sender);
            sender->segment_size_limit = sent.options.maximum_segment_size.value_or(default_segment_size);
        }

        const detail::send_stamp stamp = detail::send_stamp::of(sent);
        const bool heard_before = sender->heard;
        // Where the directions are captured at different times, data may come behind its acknowledgment.
        const bool is_answered = sender->uncaptured > 0 && sent.sequence_length() > 0 && receiver->has_acknowledged &&
                                 !before(receiver->acknowledged, sent.sequence_end());
        ruling result = judge_sequence(sent, stamp, sender, receiver);
        if (result.is_retransmission()) classify_retransmission(sent, heard_before, sender, receiver, result);
        if (sent.flags.ack()) judge_acknowledgment(sent, *sender, receiver, result);
        if (sent.window == 0 && !sent.flags.syn() && !sent.flags.fin()) result.kinds |= verdict_kinds::zero_window;

        learn_times(sent, result, is_answered, sender, receiver);
        sender.remember(sent, fingerprint, stamp, kind_of(result));
        const bool acknowledges_all =
            receiver->heard && sent.flags.ack() && !before(sent.acknowledgment, receiver->next);
        learn_last(sent, sent.sequence_length() > 0 || sent.window == 0, acknowledges_all, *sender, *receiver);
        if (result.has(verdict_kinds::retransmission | verdict_kinds::lost_segment)) sender->order.excuse_step();
        if (sent.options.sack_permitted || sent.options.sack_block_count > 0) sender->permits_sack = true;
        learn_probe(sent, result, *sender);
        return result;
    }

    [[nodiscard]] static constexpr verdict take_duplicate(const segment& sent, const detail::remembered_segment& copy,
                                                          const side_view& sender, const side_view& receiver) noexcept {
        sender->since_duplicate = 0;
        sender->copy_delay = receiver->copy_delay = detail::evidence::to_copy_delay(sent.time - copy.time);
        // The network made this copy of a SYN that had been answered already: the copy will be answered, too.
        if (sent.flags.syn() && receiver->heard) sender->sent_syn_again = true;
        return {.kinds = verdict_kinds::duplicate,
                .evidence = evidence_set::same_packet,
                .earlier_packet = copy.packet_number(sent),
                .elapsed = sent.time - copy.time};
    }

    [[nodiscard]] static constexpr detail::copy_kind kind_of(const verdict& result) noexcept {
        if (result.has(verdict_kinds::out_of_order)) return detail::copy_kind::late;
        if (!result.is_retransmission()) return detail::copy_kind::first;
        const bool was_captured = (result.evidence & evidence_set::bytes_seen) != evidence_set::none;
        return was_captured ? detail::copy_kind::repeated : detail::copy_kind::resent;
    }

    static constexpr void learn_times(const segment& sent, const verdict& result, bool is_answered,
                                      const side_view& sender, const side_view& receiver) noexcept {
        if (sent.flags.ack()) sender->there_and_back.answers(sent);
        // Of what was captured before, whatever was sent first, the answer may be to the other copy.
        const bool again =
            result.is_retransmission() || (result.evidence & evidence_set::bytes_seen) != evidence_set::none;
        if (is_answered && !again) {
            receiver->there_and_back.passes_late(sent, receiver.last().time);
        } else {
            receiver->there_and_back.passes(sent, again);
        }
        if (sender->sent_syn_last && !sent.flags.syn()) {
            detail::evidence::learn_handshake_time(sent.time, sender.last(), *sender, sender.beginning);
        }
        sender->sent_syn_last =
            sent.flags.syn() && !result.is_retransmission() && (!sent.flags.ack() || !receiver->heard);
    }

    constexpr void begin_long_memory(connection_state& state) {
        const std::uint32_t piece = busy_.take();
        if (piece == detail::evidence::no_long_memory) return;
        for (const side which : {side::first, side::second}) {
            side_state& own = state.sides[which];
            busy_[piece][which].recent.take_over(own.recent, own.remembered);
            own.busy = piece;
        }
    }

    /// Whether a connection needs its long memory no more: nothing is missing or in flight, or was shortly before. A late copy of what
    /// the long memory alone remembers may still come; it is judged without.
    [[nodiscard]] constexpr bool can_do_without(timestamp now, const connection_state& state) const noexcept {
        if (!is_busy(state)) return false;
        // NOLINTNEXTLINE(readability-use-anyofallof): several reasons, one a line
        for (const side which : {side::first, side::second}) {
            const side_state& own = state.sides[which];
            const side_state& peer = state.sides[opposite(which)];
            const Memory& memory = memory_of(state)[which];
            if (!memory.holes.empty() || memory.holes.forgot_any()) return false;
            if (own.heard && (!peer.has_acknowledged || before(peer.acknowledged, own.next))) return false;
            const detail::remembered_segment& beyond_short =
                memory.recent.latest(decltype(own.recent)::capacity + 1, own.remembered);
            if (now - beyond_short.time < detail::evidence::copy_memory) return false;
        }
        return true;
    }

    constexpr void end_long_memory(connection_state& state) noexcept {
        const std::uint32_t piece = state.sides[side::first].busy;
        for (const side which : {side::first, side::second}) {
            side_state& own = state.sides[which];
            own.recent.take_over(busy_[piece][which].recent, own.remembered);
            own.busy = detail::evidence::no_long_memory;
        }
        busy_.give_back(piece);
    }

    friend void archive(auto& ar, basic_evidence_rules& rules) {
        auto& [busy] = rules;
        ar(busy);
    }

    detail::memory_pool<both_memories> busy_;
};

/// The default rule set: decides from what was captured, and says by which evidence.
///
/// Bytes that were captured before were sent again. Bytes that fill a hole came late or were sent again; the rules decide by the
/// order of IP Identifications, then by the order of timestamps options, then by the time since the hole opened against the round
/// trip and by duplicate ACKs. A second copy of one packet is a duplicate and counts as nothing else. Keep-alives and window probes
/// are no retransmissions. docs/rule-sets.md tells the decision step by step.
///
/// The rules remember a fixed amount of each connection: the last 7 segments of each side. A connection with more segments in flight,
/// or with something missing, takes a piece of the memory that all connections of the table share: for each side 16 segments,
/// 12 holes and 4 first copies that were overtaken.
class evidence_rules : public basic_evidence_rules<detail::evidence::long_memory> {
public:
    using basic_evidence_rules::basic_evidence_rules;
};

static_assert(check_rules<evidence_rules>());

} // namespace tcplens::inline v1
