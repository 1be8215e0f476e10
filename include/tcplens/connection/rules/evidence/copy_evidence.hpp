// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "../../../base/maybe.hpp"
#include "certainty.hpp"
#include "resend_time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>

namespace tcplens::inline v1::detail::evidence {

/// Whether a segment brings data or an acknowledgment that is new, so that it cannot be a copy. True of most segments.
[[nodiscard]] constexpr bool is_news(const segment& sent, const side_state& sender) noexcept {
    if (!sender.heard) return true;
    if (sent.payload_length > 1 && !before(sent.sequence, sender.next)) return !sender.has_jumped;
    return sent.flags.ack() && sender.has_acknowledged && !sender.has_acknowledged_far &&
           before(sender.acknowledged, sent.acknowledgment);
}

/// The delay of a copy in the units of side_state::copy_delay.
[[nodiscard]] constexpr std::uint16_t to_copy_delay(std::chrono::nanoseconds since) noexcept {
    const auto units = std::chrono::duration_cast<std::chrono::microseconds>(since).count() / copy_delay_unit;
    return static_cast<std::uint16_t>(std::clamp<std::int64_t>(units, 0, 65535));
}

/// Whether routers lowered the hop limit of an equal packet between two places at which it was captured.
[[nodiscard]] constexpr bool went_on(const segment& sent, const remembered_segment& earlier) noexcept {
    return earlier.hop_limit() > sent.hop_limit && earlier.hop_limit() - unsigned{sent.hop_limit} <= most_routers;
}

/// Segments of the connection since a duplicate of either side was captured.
[[nodiscard]] constexpr std::uint8_t since_any_duplicate(const side_view& a, const side_view& b) noexcept {
    return (std::min)(std::uint8_t{a->since_duplicate}, std::uint8_t{b->since_duplicate});
}

/// Whether an equal packet was captured at two places: other packets came twice just before, with the same delay.
[[nodiscard]] constexpr bool is_mirrored(const segment& sent, std::chrono::nanoseconds since, const side_view& sender,
                                         const side_view& receiver) noexcept {
    if (since_any_duplicate(sender, receiver) >= no_recent_duplicate || since < std::chrono::nanoseconds::zero())
        return false;
    // A SYN that comes twice is answered twice, unless the answer was acknowledged before that.
    const bool was_acknowledged = receiver->has_acknowledged && before(sent.sequence, receiver->acknowledged);
    if (sent.flags.syn() && sent.flags.ack() && !was_acknowledged) return false;
    const int difference = to_copy_delay(since) - int{sender->copy_delay};
    return std::abs(difference) <= copy_delay_tolerance + sender->copy_delay / copy_delay_share;
}

/// Whether a packet that equals an earlier one, with its Identification, can be a retransmission (RFC 1122 section 3.2.1.5 allows
/// to keep the Identification): it was the last of its sender, nobody acknowledged it, and a timeout passed. A timestamps option
/// would differ.
[[nodiscard]] constexpr bool repeats_unanswered(const segment& sent, const remembered_segment& earlier,
                                                const side_view& sender, const side_view& receiver) noexcept {
    if (sent.sequence_length() == 0 || sent.options.timestamps) return false;
    if (&earlier != &sender.last() || !receiver->heard) return false;
    if (receiver->has_acknowledged && !before(receiver->acknowledged, sent.sequence_end())) return false;
    return sent.time - earlier.time >= least_resend_time(sender, receiver) + least_timeout;
}

/// Whether nothing of a sender was captured for as long as a timeout, before an earlier segment or since: then what it sent on time
/// and its retransmission may have waited in the same queue.
[[nodiscard]] constexpr bool was_held_back(const remembered_segment& earlier, const side_view& sender,
                                           const side_view& receiver) noexcept {
    if (sender.at_length == nullptr) return false;
    const std::chrono::nanoseconds timeout = least_resend_time(sender, receiver) + least_timeout;
    const auto& recent = sender.at_length->recent;
    for (std::size_t age = 1; age < decltype(long_memory::recent)::capacity; ++age) {
        const remembered_segment& here = recent.latest(age, sender->remembered);
        const remembered_segment& previous = recent.latest(age + 1, sender->remembered);
        if (previous.fingerprint == 0) return false;
        if (here.time - previous.time >= timeout) return true;
        if (&here == &earlier) return false;
    }
    return false;
}

/// Since when the receiver may have asked for the bytes of an earlier segment: if that came late, since before it came.
[[nodiscard]] constexpr timestamp missed_since(const remembered_segment& earlier, const side_view& sender,
                                               const side_view& receiver) noexcept {
    if (sender.at_length == nullptr || !sender.at_length->recent.is_late(earlier)) return earlier.time;
    return clamp_for_arithmetic(earlier.time - asked_before(earlier.time, *receiver));
}

/// Up to which delay an equal packet is more likely a copy than a retransmission, if neither says when it was sent. A round trip that
/// was measured on one direction alone may include waiting.
[[nodiscard]] constexpr std::chrono::nanoseconds longest_copy_delay(const segment& sent, const side_view& sender,
                                                                    const side_view& receiver) noexcept {
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver);
    const bool bare = sent.sequence_length() == 0;
    if (!whole_round_trip(sender, receiver)) return bare ? least : unknown_copy_delay;
    return least / (receiver->heard && bare ? 1 : 2);
}

/// Whether the receiver began to ask for something within the time before `now`, or asks still.
[[nodiscard]] constexpr bool asked_within(std::chrono::nanoseconds before_now, timestamp now,
                                          const side_state& receiver) noexcept {
    if (receiver.duplicate_acks > 0 || receiver.has_sacked) return true;
    return receiver.asked_at != 0 && asked_before(now, receiver) <= before_now;
}

/// Whether all that a sender sent since an earlier segment continues in order, and no pause before lasted as long as a timeout.
[[nodiscard]] constexpr bool went_on_in_order(const remembered_segment& earlier, const side_view& sender) noexcept {
    const std::size_t remembered =
        sender.at_length != nullptr ? decltype(long_memory::recent)::capacity : decltype(side_state::recent)::capacity;
    for (std::size_t age = 1; age < remembered; ++age) {
        const remembered_segment& here = sender.latest(age);
        const remembered_segment& previous = sender.latest(age + 1);
        if (previous.fingerprint == 0 || here.time - previous.time >= least_timeout) return false;
        if (&here == &earlier) return true;
        if (before(here.begin, earlier.begin + earlier.length())) return false;
    }
    return false;
}

/// Whether nothing else was in flight when an earlier segment was sent: what was sent before is older than a round trip.
[[nodiscard]] constexpr bool was_alone(const remembered_segment& earlier, std::chrono::nanoseconds round_trip,
                                       const side_view& sender) noexcept {
    bool is_older = false;
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& here = sender.latest(age);
        if (is_older && here.length() > 0) return earlier.time - here.time > round_trip;
        is_older = is_older || &here == &earlier;
    }
    return false;
}

/// Whether a segment that equals an earlier one can be no retransmission: the earlier one came in order and was acknowledged, and no
/// duplicate ACK or SACK block has come since. Then only a timer could have sent it again, but a timer takes longer than this segment took,
/// and longer than the sender's clock stands still. A loss probe is the last segment (RFC 8985 section 7.3), and comes as late as a timeout
/// if that is alone in flight (section 7.2). Without SACK a sender may also send again what no acknowledgment reported missing.
[[nodiscard]] constexpr bool repeats_unasked(const segment& sent, const remembered_segment& earlier,
                                             std::chrono::nanoseconds since, const side_view& sender,
                                             const side_view& receiver) noexcept {
    if (sent.sequence_length() == 0 || sent.flags.syn() || since < std::chrono::nanoseconds::zero()) return false;
    if (!receiver->has_acknowledged || before(receiver->acknowledged, sent.sequence_end())) return false;
    if (missed_since(earlier, sender, receiver) != earlier.time) return false;
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver);
    if (since >= least + least_timeout || asked_within(since, sent.time, *receiver)) return false;
    if (sent.options.timestamps) return true;
    if (asked_within(since + 2 * least, sent.time, *receiver)) return false;
    if (!sender->permits_sack || !receiver->permits_sack) return false;
    // What is sent again acknowledges all that has come to its sender until then (RFC 9293 section 3.10.7.4).
    if (sent.flags.ack() && sender->has_acknowledged && before(sent.acknowledgment, sender->acknowledged)) return true;
    const bool can_be_probe = !before(sent.sequence_end(), sender->next) && !was_alone(earlier, least, sender);
    return !can_be_probe && went_on_in_order(earlier, sender);
}

/// Whether a SYN came more than once: timers, and the answers to each, make pairs of SYN-ACKs with no round trip between them.
[[nodiscard]] constexpr bool may_answer_again(const segment& sent, const side_view& sender,
                                              const side_view& receiver) noexcept {
    return sent.flags.syn() && sent.flags.ack() &&
           (!receiver->heard || receiver->sent_syn_again || sender->sent_syn_again);
}

/// How many of the remembered segments of a side were captured after the packet that is `ago` packets before `now`.
[[nodiscard]] constexpr unsigned count_after(std::uint32_t ago, const segment& now, const side_view& of) noexcept {
    unsigned count = 0;
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& each = of.latest(age);
        if (each.fingerprint != 0 && each.packets_ago(now) < ago) ++count;
    }
    return count;
}

/// Whether old data came to the sender of a bare acknowledgment after the first that equals it: it has to acknowledge again (RFC 9293
/// section 3.10.7.4), by its latest number. A side of which packets came twice lately proves nothing by one more.
[[nodiscard]] constexpr bool answers_old_data(const segment& sent, const remembered_segment& earlier,
                                              const side_view& sender, const side_view& receiver) noexcept {
    if (sender->since_duplicate < no_recent_duplicate || sent.acknowledgment != sender->acknowledged) return false;
    std::uint32_t first = earlier.packets_ago(sent);
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& each = sender.latest(age);
        if (each.fingerprint == earlier.fingerprint) first = each.packets_ago(sent);
    }
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& each = receiver.latest(age);
        const bool is_old = each.length() > 0 && !before(sent.acknowledgment, each.begin + each.length());
        if (is_old && each.packets_ago(sent) < first) return true;
    }
    // Copies are not remembered.
    return receiver->since_duplicate < no_recent_duplicate &&
           receiver->since_duplicate <= count_after(first, sent, sender) + count_after(first, sent, receiver);
}

/// Whether an equal packet is a copy, if neither the hop limit, nor the Identification, nor the clock tell.
[[nodiscard]] constexpr bool is_duplicate_by_time(const segment& sent, const remembered_segment& earlier,
                                                  std::chrono::nanoseconds since, const side_view& sender,
                                                  const side_view& receiver) noexcept {
    if (since < std::chrono::nanoseconds::zero()) return false; // a clock that was set back is no proof of a copy
    const bool bare = sent.sequence_length() == 0;
    if (!bare && was_held_back(earlier, sender, receiver)) return false;
    // A partial acknowledgment makes the sender send the next segment again at once (RFC 6582 section 3.2).
    if (receiver->ended_asking && sent.sequence == receiver->far_acknowledgment) return false;
    const timestamp missed = missed_since(earlier, sender, receiver);
    if (!bare && can_be_sent_again(sent, missed, sender, receiver)) return false;
    // What was asked for so often was sent again, although the way to the sender and back, which may include waiting, seems to be longer.
    if (receiver->duplicate_acks >= fast_retransmit_threshold && receiver->acknowledged == sent.sequence && !bare &&
        missed == earlier.time && asked_before(sent.time, *receiver) < since) {
        return false;
    }
    if (since > longest_copy_delay(sent, sender, receiver)) return false;
    if (may_answer_again(sent, sender, receiver)) return false;
    if (!bare) return true;
    if (answers_old_data(sent, earlier, sender, receiver)) return false;
    if (since_any_duplicate(sender, receiver) < no_recent_duplicate) return true;
    // Duplicate ACKs may be equal in everything. With SACK each reports something new (RFC 2018 section 4); but two D-SACKs are equal where
    // the same data came three times.
    return sender->permits_sack && receiver->permits_sack && !sent.options.cut && !sent.reports_duplicate();
}

/// What says that a packet that equals an earlier one in all that TCP and IP say is a copy made by the network or the capture. Nullopt
/// if it was sent again.
[[nodiscard]] constexpr maybe<basis> find_basis_of_copy(const segment& sent, const remembered_segment& earlier,
                                                        const side_view& sender, const side_view& receiver) noexcept {
    const std::chrono::nanoseconds since = sent.time - earlier.time;
    if (went_on(sent, earlier)) return basis::order;
    const bool mirrored = is_mirrored(sent, since, sender, receiver);
    // After a single packet it is not known whether the Identification varies.
    if (sent.ip_id.value_or(0) != 0 && sender->order.id_varies().value_or(false)) {
        if (mirrored || !repeats_unanswered(sent, earlier, sender, receiver)) return basis::order;
        return std::nullopt;
    }
    if (mirrored) return basis::likeness;
    if (sent.options.timestamps && sent.sequence_length() > 0) {
        const bool is_answer = since >= unknown_copy_delay && may_answer_again(sent, sender, receiver);
        if (is_answer ? outlasts_tick(since, sender) : excludes_resend(since, sender, receiver)) return basis::clock;
    }
    if (repeats_unasked(sent, earlier, since, sender, receiver)) {
        return sent.options.timestamps ? basis::clock : basis::likeness;
    }
    // No timer is as quick. A SYN-ACK answers each SYN at once; senders without timestamps may be generators with timers of their own,
    // as long as they acknowledged nothing.
    const bool is_own_syn = sent.flags.syn() && !sent.flags.ack() &&
                            (!receiver->heard || sent.options.timestamps || sender->has_acknowledged);
    if (is_own_syn && since >= std::chrono::nanoseconds::zero() && since < shortest_timer) return basis::order;
    if (is_duplicate_by_time(sent, earlier, since, sender, receiver)) return basis::likeness;
    return std::nullopt;
}

} // namespace tcplens::inline v1::detail::evidence
