// SPDX-License-Identifier: MIT
#pragma once

#include "resend_time.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// The largest number of bytes in one packet of this connection.
[[nodiscard]] constexpr std::uint32_t largest_packet(const side_state& sender, const side_state& receiver) noexcept {
    const std::uint16_t told = (std::min)(sender.segment_size_limit, receiver.segment_size_limit);
    return told == unknown_segment_size ? ethernet_segment_size : told;
}

/// Whether a silence was as long as so many timeouts, each twice as long as the one before (RFC 6298 section 5.5). Hosts that count the
/// packets of all their connections together (RFC 6864 section 4.1 allows that) skip Identifications after pauses of any length.
[[nodiscard]] constexpr bool took_timeouts(int times, std::chrono::nanoseconds silence, const side_view& sender,
                                           const side_view& receiver) noexcept {
    const auto measured = whole_round_trip(sender, receiver);
    if (!measured) return false;
    const std::int64_t waits = (std::int64_t{1} << times) - 1;
    return silence >= waits * (*measured - *measured / round_trip_tolerance + least_timeout) &&
           silence <= waits * (3 * *measured + greatest_timeout);
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

/// Whether the next segment in order was sent before, in a copy that was lost on its way to the capture point: its sender counted a
/// packet that was not captured, had nothing to send but this segment, and was silent as long as a timeout takes.
[[nodiscard]] constexpr bool copy_is_missing(const segment& sent, const send_stamp& stamp, const side_view& sender,
                                             const side_view& receiver) noexcept {
    // It owed no acknowledgment, was not probing, and filled no holes.
    if (!sender->owes_nothing || sender->sent_keep_alive || sender->sent_zero_window_probe) return false;
    if (sender.has_holes() || receiver->acknowledged != sent.sequence) return false;
    // The capture has all that came to it: else an acknowledgment of what is missing may be missing, too.
    if (sender->order.was_uncaptured() || receiver->order.was_uncaptured()) return false;
    if (receiver.has_holes() || before(receiver->next, sent.acknowledgment)) return false;
    const auto& stamps = sent.options.timestamps;
    const send_stamp latest = receiver->order.latest();
    if (!stamps || !latest.has_clock) return false;
    // It knew, by its echo, that all before this had been acknowledged: it did not send that again.
    const bool knew = latest.clock == stamps->echo;
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
    if (sender->order.counts_alone()) return silence >= least_resend_time(sender, receiver) + least_timeout;
    if (took_timeouts(missing, silence, sender, receiver)) return !sender->order.skips();
    sender->order.learn_skip();
    return false;
}

} // namespace tcplens::inline v1::detail::evidence
