// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/compiler.hpp"
#include "fast_path.hpp"
#include "side_view.hpp"
#include "syn_step.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// Whether a segment is the first of its connection and a SYN, or the first of its side and the SYN-ACK for the only SYN of the other one.
/// Most connections open so, and a flood of SYNs is nothing else.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr bool opens_plainly(const segment& sent, const side_state& sender,
                                                                 const side_state& receiver) noexcept {
    if (!sent.flags.syn() || sent.flags.rst() || sender.heard || sent.options.sack_block_count != 0) return false;
    if (!sent.flags.ack()) return !receiver.heard;
    return receiver.sent_syn && !receiver.sent_syn_again && !receiver.was_answered_twice &&
           sent.acknowledgment == receiver.next && answers_syn(sent, receiver) &&
           receiver.since_duplicate == no_recent_duplicate && receiver.busy == no_long_memory;
}

/// Takes in a segment that opens_plainly(). Does what judge_any() comes to then, in fewer steps. Its verdict is empty.
constexpr void take_plain_opening(const segment& sent, const side_view& sender, const side_view& receiver) noexcept {
    const send_stamp stamp = send_stamp::of(sent);
    static_cast<void>(hear_first(sent, stamp, sender, receiver));
    sender->segment_size_limit = sent.options.maximum_segment_size.value_or(default_segment_size);
    if (sent.flags.ack()) {
        acknowledge(sent.acknowledgment, *sender);
        sender->has_acknowledged = true;
        sender->there_and_back.answers(sent);
    } else {
        sender->sent_syn_last = true;
    }
    receiver->there_and_back.passes_once(sent, sent.sequence_length());
    sender.remember(sent, fingerprint_apart(sent), stamp, copy_kind::first);
    learn_last(sent, true, sent.flags.ack(), *sender, *receiver);
    sender->permits_sack = sent.options.sack_permitted;
    sender->is_calm = is_calm_now(*sender);
}

} // namespace tcplens::inline v1::detail::evidence
