// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/choose.hpp"
#include "../../../base/compiler.hpp"
#include "side_state.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// What is_plain() asks of a segment.
enum class plainness : std::uint8_t {
    usual, ///< it has the flag ACK alone and is not the first of its sender
    rare,  ///< it may also have FIN, or be the ACK that completes a handshake
};

/// Whether a segment continues where its calm sender stopped, and can be no copy, probe, repeated acknowledgment or retransmission.
template <plainness How>
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a list of conditions, the most frequent failure first
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool is_plain(const segment& sent, const side_state& sender,
                                                            const side_state& receiver) noexcept {
    if constexpr (How == plainness::usual) {
        if (!sender.is_calm || !sent.flags.is_ack_alone()) return false;
    } else {
        if (sender.has_acknowledged == sender.sent_syn_last || !is_calm_otherwise(sender)) return false;
        if (!lets_be_calm(receiver)) return false;
        if (!sent.flags.ack() || sent.flags.syn() || sent.flags.rst()) return false;
    }
    if (sent.sequence != sender.next || sent.window == 0) return false;
    if ((unsigned{sent.options.sack_permitted} | sent.options.sack_block_count) != 0) return false;
    if (receiver.heard && before(receiver.next, sent.acknowledgment)) return false;
    const bool fin = How == plainness::rare && sent.flags.fin();
    if (How == plainness::rare && sender.sent_syn_last) return !fin && sent.payload_length == 0;
    const auto further = sent.acknowledgment.value - sender.acknowledged.value;
    if (further > std::uint32_t{max_window_distance}) return false; // or before it
    // Whether it carries data or acknowledges more cannot be predicted, so neither decides a branch.
    const bool carries = (sent.payload_length >= 2) | fin;
    if (!(carries | ((sent.payload_length == 0) & (further > 0)))) return false;
    if (sent.payload_length >= std::uint32_t{max_window_distance}) return false;
    if (sender.goes_far(sent.sequence + sent.payload_length + (fin ? 1u : 0u))) return false;
    // Data that continues what its receiver has acknowledged may have been sent before: see evidence_of_lost_copy(). That its sender skipped
    // an Identification tells, or that it answers what came long ago. How long ago is not known of all that came behind what is timed.
    // Both are seldom true.
    const bool answers_late =
        choose(carries, further, 0u) > 0 && !sender.there_and_back.answers_within(sent, least_timeout);
    if (answers_late || sender.order.goes_on_otherwise(sent.ip_id.value_or(0))) {
        return !carries || receiver.acknowledged != sent.sequence;
    }
    return true;
}

/// Takes note of the last segment of `sender`.
TCPLENS_ALWAYS_INLINE constexpr void learn_last(const segment& sent, bool asks_for_answer, bool acknowledges_all,
                                                side_state& sender, side_state& receiver) noexcept {
    const bool is_latest = sender.order.learn(sent);
    sender.owes_nothing = acknowledges_all && is_latest;
    receiver.owes_nothing = receiver.owes_nothing & !asks_for_answer;
    sender.window = sent.window;
}

/// @pre `ack` is beyond what `sender` acknowledged before, if it did
constexpr void acknowledge(sequence_number ack, side_state& sender) noexcept {
    sender.acknowledged = ack;
    sender.duplicate_acks = 0;
}

constexpr void learn_handshake_time(timestamp now, const remembered_segment& syn, side_state& sender,
                                    side_beginning& beginning) noexcept {
    const std::chrono::nanoseconds since = now - syn.time;
    if (!least_round_trip::is_plausible(since)) return;
    beginning.handshake_time = since;
    sender.knows_handshake_time = true;
}

/// The sender of a SYN acknowledges for the first time. False if the segment may be a copy.
[[nodiscard]] constexpr bool completes_handshake(const remembered_segment& sent, side_state& sender,
                                                 side_beginning& beginning) noexcept {
    if (sender.recent.find_copy(sent.fingerprint, sender.remembered)) return false;
    learn_handshake_time(sent.time, sender.recent.latest(1, sender.remembered), sender, beginning);
    sender.sent_syn_last = false;
    sender.has_acknowledged = true;
    sender.duplicate_acks = 0;
    return true;
}

/// Whether the next segment would overwrite a remembered one whose data is still in flight, or of which a copy may still come.
[[nodiscard]] constexpr bool lacks_room(const segment& sent, const side_state& sender,
                                        const side_state& receiver) noexcept {
    if (has_free_place(sender)) return false; // without a look at any remembered segment
    const remembered_segment& oldest = sender.recent.oldest(sender.remembered);
    if (oldest.length() == 0) return false;
    return sent.time - oldest.time < copy_memory || !receiver.has_acknowledged ||
           before(receiver.acknowledged, oldest.begin + oldest.length());
}

/// Whether the next segment opens or fills a hole, or there is no room for it.
[[nodiscard]] constexpr bool needs_long_memory(const segment& sent, const side_state& sender,
                                               const side_state& receiver) noexcept {
    if (sender.heard && before(sender.next, sent.sequence)) return true;
    if (sender.heard && sender.first_is_near && before(sent.sequence, sender.first)) return true;
    if (receiver.heard && sent.flags.ack() && before(receiver.next, sent.acknowledgment)) return true;
    return lacks_room(sent, sender, receiver);
}

} // namespace tcplens::inline v1::detail::evidence
