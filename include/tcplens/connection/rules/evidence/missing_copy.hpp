// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "resend_time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail::evidence {

/// The largest number of bytes in one packet of this connection.
[[nodiscard]] constexpr std::uint32_t largest_packet(const side_state& sender, const side_state& receiver) noexcept {
    const std::uint16_t told = (std::min)(sender.segment_size_limit, receiver.segment_size_limit);
    return told == unknown_segment_size ? ethernet_segment_size : told;
}

/// Whether a silence was as long as so many timeouts, each twice as long as the one before (RFC 6298 section 5.5): from `least_waits` times
/// the first to 2^times - 1 times. Hosts that count the packets of all their connections together (RFC 6864 section 4.1 allows that) skip
/// Identifications after pauses of any length.
[[nodiscard]] constexpr bool took_timeouts(int times, std::int64_t least_waits, std::chrono::nanoseconds silence,
                                           const side_view& sender, const side_view& receiver) noexcept {
    const auto measured = whole_round_trip(sender, receiver);
    if (!measured || times > most_lost_copies) return false;
    const std::int64_t most_waits = (std::int64_t{1} << times) - 1;
    return silence >= least_waits * (*measured - *measured / round_trip_tolerance + least_timeout) &&
           silence <= most_waits * (3 * *measured + greatest_timeout);
}

/// Whether all that the receiver sent and that asks for an answer had reached the sender when that sent its last segment. A repeated segment
/// may have been on its way, although its first copy was acknowledged.
[[nodiscard]] constexpr bool had_heard_all(const side_view& sender, const side_view& receiver) noexcept {
    const std::chrono::nanoseconds there_and_back =
        sender->there_and_back.least().value_or(least_resend_time(sender, receiver));
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& asking = receiver.latest(age);
        if (asking.length() == 0) continue;
        return sender.last().time - asking.time >= there_and_back - there_and_back / round_trip_tolerance;
    }
    return true;
}

/// Whether an answer came after one timeout, or after more, at most as many as packets are missing. A loss probe may take the place of the
/// first timeout, so that the first two waits are equally long (RFC 8985 section 7.2).
[[nodiscard]] constexpr bool came_after_timeouts(int packets, std::chrono::nanoseconds took, const side_view& sender,
                                                 const side_view& receiver) noexcept {
    for (int times = 1; times <= (std::min)(packets, most_lost_answers); ++times) {
        if (took_timeouts(times, std::int64_t{1} << (times - 1), took, sender, receiver)) return true;
    }
    return false;
}

/// Whether nothing opened the way for the segment just now: a window that was closed keeps a sender silent, too.
[[nodiscard]] constexpr bool was_free_to_send(const segment& sent, const side_view& receiver) noexcept {
    const remembered_segment& last = receiver.last();
    return last.length() > 0 || sent.time - last.time >= least_timeout;
}

/// When the receiver sent the last of what the segment is the first to acknowledge, in the copy that the sender had received. Nullopt if
/// that is not known. A sender that received a retransmission would echo its clock (RFC 7323 section 4.3).
[[nodiscard]] constexpr std::optional<timestamp> time_of_answered(const segment& sent, const side_view& sender,
                                                                  const side_view& receiver) noexcept {
    const auto& stamps = sent.options.timestamps;
    const send_stamp latest = receiver->order.latest();
    const bool has_clocks = stamps && latest.has_clock;
    const bool heard_latest = has_clocks && latest.clock == stamps->echo;
    std::optional<timestamp> found;
    std::optional<timestamp> latest_other; // of those that the segment acknowledges as well
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& here = receiver.latest(age);
        if (here.length() == 0 || !before(sender->acknowledged, here.begin + here.length())) continue;
        const bool is_last = (sent.acknowledgment - 1).value - here.begin.value < here.length();
        if (!is_last) {
            if (!latest_other) latest_other = here.time;
            continue;
        }
        if (found && !has_clocks) return std::nullopt;
        found = here.time;
        if (heard_latest) break;
    }
    // What came later may have filled a hole.
    return latest_other > found ? std::nullopt : found;
}

/// Whether the sender's answer before this took little more than the least time: queues are short, and its application is quick.
[[nodiscard]] constexpr bool answered_quickly(std::chrono::nanoseconds to_sender, const side_view& sender,
                                              const side_view& receiver) noexcept {
    for (std::size_t age = 1; age <= decltype(side_state::recent)::capacity; ++age) {
        const remembered_segment& here = receiver.latest(age);
        if (here.length() == 0 || here.time > sender.last().time) continue;
        return sender.last().time - here.time <= 2 * to_sender;
    }
    return false;
}

/// The evidence that the next segment in order, which also acknowledges for the first time what came long ago, was sent before. A receiver
/// acknowledges within half a second (RFC 1122 section 4.2.3.2), and mostly within a fifth. If it was silent for longer, a packet was
/// lost: an acknowledgment alone, or one with this data. In the latter case the timer sends the data again.
[[nodiscard]] constexpr evidence_set evidence_of_late_answer(const segment& sent, const send_stamp& stamp,
                                                             const side_view& sender,
                                                             const side_view& receiver) noexcept {
    using enum evidence_set;
    if (!sender->has_acknowledged || !before(sender->acknowledged, sent.acknowledgment)) return none;
    if (sender->duplicate_acks > 0 || sender->has_sacked) return none; // it waited for something else
    // An application that read what had come would have told the larger window.
    if (sent.window != sender->window) return none;
    const auto to_sender = sender->there_and_back.least();
    const auto answered = time_of_answered(sent, sender, receiver);
    if (!to_sender || !answered || !was_free_to_send(sent, receiver)) return none;
    const std::chrono::nanoseconds took = sent.time - *answered - *to_sender;
    if (sender->order.skips()) return none;
    if (stamp.id == 0 || !sender->order.counts_packets()) {
        const bool fits =
            came_after_timeouts(1, took, sender, receiver) && answered_quickly(*to_sender, sender, receiver);
        return fits ? silence | round_trip : none;
    }
    // Larger steps may be packets of other connections, or of the peer where one program wrote both.
    if (sent.hop_limit > per_connection_id_hop_limit || sender->order.usual_step() != 1) return none;
    if (sender.last().length() + timestamps_length > largest_packet(*sender, *receiver)) return none;
    const int missing = sender->order.missing_before(stamp.id);
    return came_after_timeouts(missing, took, sender, receiver) ? ip_id | silence : none;
}

/// Whether the next segment in order was sent before, by a sender that owed no acknowledgment: it counted a packet that was not captured,
/// had nothing to send but this segment, and was silent as long as a timeout takes.
[[nodiscard]] constexpr bool skipped_its_copy(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                              const side_view& receiver) noexcept {
    const auto& stamps = sent.options.timestamps;
    const send_stamp latest = receiver->order.latest();
    const bool has_clocks = stamps && latest.has_clock;
    if (!has_clocks && (!sender->order.counts_alone() || stamps || latest.has_clock)) return false;
    // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
    const bool knew = !has_clocks || latest.clock == stamps->echo;
    // Windows counts the packets of all of its connections together.
    if (sent.hop_limit > per_connection_id_hop_limit) return false;
    const int missing = sender->order.missing_before(stamp.id);
    if (missing == 0) return false;
    // A segment that is larger than a packet can be stands for several, each with an Identification: the network card cuts it
    // behind the capture, or put it together before. A host sends no more than its own link takes, nor its peer's. Smaller ones that
    // were put together cannot be told.
    if (sender.last().length() + timestamps_length > largest_packet(*sender, *receiver)) return false;
    if (!had_heard_all(sender, receiver)) return false;
    const std::chrono::nanoseconds silence = sent.time - sender.last().time;
    const std::chrono::nanoseconds least = least_resend_time(sender, receiver);
    if (!knew) {
        // A loss probe waits two round trips (RFC 8985 section 7.2). A timeout, after which older data may have been sent again, takes
        // longer, and so does a second acknowledgment.
        return missing == 1 && receiver.latest(2).time < sender.last().time && silence >= 2 * least &&
               silence < least + least_timeout && !sender->order.skips();
    }
    if (has_clocks && sender->order.counts_alone()) return silence >= least + least_timeout;
    const std::int64_t waits = (std::int64_t{1} << (std::min)(missing, most_lost_copies)) - 1;
    if (took_timeouts(missing, waits, silence, sender, receiver) && was_free_to_send(sent, receiver)) {
        return !sender->order.skips();
    }
    sender->order.learn_skip();
    return false;
}

/// The evidence that the next segment in order was sent before, in a copy that was lost on its way to the capture point; none if it
/// was not, as far as the capture tells.
[[nodiscard]] constexpr evidence_set evidence_of_lost_copy(const segment& sent, const send_stamp& stamp,
                                                           const side_view& sender,
                                                           const side_view& receiver) noexcept {
    // It was not probing, and filled no holes.
    if (sender->sent_keep_alive || sender->sent_zero_window_probe) return evidence_set::none;
    if (sender.has_holes() || !receiver->has_acknowledged || receiver->acknowledged != sent.sequence) {
        return evidence_set::none;
    }
    // The capture has all that came to it: else an acknowledgment of what is missing may be missing, too.
    if (sender->order.was_uncaptured() || receiver->order.was_uncaptured()) return evidence_set::none;
    if (receiver.has_holes() || before(receiver->next, sent.acknowledgment)) return evidence_set::none;
    if (!sender->owes_nothing) return evidence_of_late_answer(sent, stamp, sender, receiver);
    return skipped_its_copy(sent, stamp, sender, receiver) ? evidence_set::ip_id | evidence_set::silence
                                                           : evidence_set::none;
}

} // namespace tcplens::inline v1::detail::evidence
