// SPDX-License-Identifier: MIT
#pragma once

#include "../../../base/chrono.hpp"
#include "../../../wire/sequence_number.hpp"
#include "../../side.hpp"
#include "../../tracking/least_round_trip.hpp"
#include "../../tracking/send_order.hpp"
#include "../../tracking/sequence_holes.hpp"
#include "memory_pool.hpp"
#include "recent_segments.hpp"
#include "reordered_originals.hpp"
#include "thresholds.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail::evidence {

/// Stands for a connection that has no long memory.
inline constexpr std::uint32_t no_long_memory = memory_pool<int>::none;

/// What the rules remember of one side of each connection. All that a plain segment touches comes first, in one cache line; only the
/// place of one remembered segment lies outside it.
struct alignas(64) side_state {
    least_round_trip there_and_back{}; ///< from the capture point to this side and back
    send_order order{};
    sequence_number first{};        ///< the lowest number that this side was heard to send; lower ones may come late
    sequence_number next{};         ///< after the highest number that it sent or that its peer acknowledged
    sequence_number acknowledged{}; ///< its highest acknowledgment
    std::uint32_t busy = no_long_memory; ///< index of the connection's long memory; the same in both sides
    std::uint16_t window = 0;            ///< of its last segment, not scaled
    std::uint8_t duplicate_acks : 7 = 0; ///< most_duplicate_acks stands for as many or more
    bool probe_answered : 1 = false;     ///< the probe that sent_keep_alive or sent_zero_window_probe stands for
    remembered_count remembered{};       ///< number of segments remembered so far
    /// Its last segment acknowledged all that had come to it, and since then nothing came that it has to answer or to probe.
    bool owes_nothing = false;
    /// Segments of the connection since a duplicate of this side was captured. Low numbers mean that this capture holds each packet
    /// twice, as a mirror port may make it.
    std::uint8_t since_duplicate : 4 = no_recent_duplicate;
    bool is_calm : 1 = false; ///< see learn_calm(): the next segment may take the fast path
    bool heard : 1 = false;   ///< `first` and `next` are known
    bool has_acknowledged : 1 = false;
    bool sent_syn_last : 1 = false; ///< its last segment was a SYN, sent once; with ACK only if its peer was not heard
    // Those of which is_calm_otherwise() asks are of one byte.
    bool has_sacked : 1 = false;             ///< `sacked_up_to` is known, and beyond `acknowledged`
    bool sent_keep_alive : 1 = false;        ///< its last segment but ACKs was a keep-alive; see learn_probe()
    bool sent_zero_window_probe : 1 = false; ///< the same of a zero window probe
    bool has_jumped : 1 = false;             ///< `before_jump` is known
    bool has_acknowledged_far : 1 = false;   ///< `far_acknowledgment` is known
    bool was_answered_twice : 1 = false;     ///< `before_jump` is the number of another SYN-ACK of this side
    bool first_is_near : 1 = true;           ///< `first` is so near below `next` that numbers can be compared with it
    bool first_was_syn : 1 = false;          ///< the first captured segment of this side was a SYN
    bool sent_syn : 1 = false;               ///< `first` is the number of its SYN
    bool sent_syn_ack : 1 = false;
    bool sent_syn_again : 1 = false;
    bool permits_sack : 1 = false;
    bool lost_holes : 1 = false; ///< there was no memory for its holes
    bool knows_handshake_time : 1 = false;
    /// `far_acknowledgment` is what it acknowledged after duplicate ACKs: as far as its peer knows, a partial acknowledgment.
    bool ended_asking : 1 = false;
    bool reorders : 1 = false; ///< some of what it sent certainly came late

    std::uint32_t uncaptured = 0;         ///< bytes just below `next` that were acknowledged but not captured
    sequence_number sacked_up_to{};       ///< highest edge of its SACK blocks
    sequence_number before_jump{};        ///< `next` before it went further ahead than any window
    sequence_number far_acknowledgment{}; ///< its last acknowledgment, if that went as far ahead and was ignored
    std::uint16_t segment_size_limit = unknown_segment_size; ///< the MSS that its SYN named
    /// Delay of the latest copy of a packet, in units of copy_delay_unit microseconds; the same in both sides.
    std::uint16_t copy_delay = 0;
    std::uint32_t asked_at =
        0; ///< microseconds modulo 2^32: when it first repeated its acknowledgment, or sent SACK blocks beyond it

    recent_segments<7, remembered_segment> recent{}; ///< while the connection has no long memory

    /// After the highest number that was captured.
    [[nodiscard]] constexpr sequence_number captured_up_to() const noexcept { return next - uncaptured; }
    /// Whether its numbers pass from one quarter of a GiB to the next: then what lies far behind has to be forgotten.
    [[nodiscard]] constexpr bool goes_far(sequence_number to) const noexcept {
        return (next.value ^ to.value) >> 28 != 0;
    }

    [[nodiscard]] friend constexpr bool operator==(const side_state&, const side_state&) noexcept = default;

    /// Without the index of the long memory: see evidence_rules::archive_connection().
    static void archive(auto& ar, side_state& of);
};

/// Whether nothing that is remembered of a side could change the verdict on a plain segment of it, its opening SYN aside.
[[nodiscard]] constexpr bool is_calm_otherwise(const side_state& of) noexcept {
    return of.heard && of.uncaptured == 0 && of.since_duplicate == no_recent_duplicate && !of.sent_keep_alive &&
           !of.sent_zero_window_probe && !of.has_jumped && !of.was_answered_twice && of.duplicate_acks == 0 &&
           !of.has_acknowledged_far && !of.has_sacked;
}
/// Whether nothing that is remembered of a side could change the verdict on a plain segment of it.
[[nodiscard]] constexpr bool is_calm_now(const side_state& of) noexcept {
    return of.has_acknowledged && !of.sent_syn_last && is_calm_otherwise(of);
}

/// Whether nothing that is remembered of a side could change the verdict on a plain segment of its peer. While two SYN-ACKs with different
/// numbers of a side are captured, the next ACK of its peer tells which of them counts: see settle_syn_ack().
[[nodiscard]] constexpr bool lets_be_calm(const side_state& of) noexcept {
    return !of.was_answered_twice && of.since_duplicate == no_recent_duplicate;
}

/// Sets is_calm of both sides.
constexpr void learn_calm(side_state& first, side_state& second) noexcept {
    first.is_calm = is_calm_now(first) && lets_be_calm(second);
    second.is_calm = is_calm_now(second) && lets_be_calm(first);
}

[[nodiscard]] constexpr bool has_free_place(const side_state& of) noexcept {
    return of.remembered.leaves_room<decltype(of.recent)::capacity>();
}

void side_state::archive(auto& ar, side_state& of) {
    auto& [there_and_back_, order_, first_, next_, acknowledged_, busy_, window_, duplicate_acks_, probe_answered_,
           remembered_, owes_nothing_, since_duplicate_, is_calm_, heard_, has_acknowledged_, sent_syn_last_,
           has_sacked_, sent_keep_alive_, sent_zero_window_probe_, has_jumped_, has_acknowledged_far_,
           was_answered_twice_, first_is_near_, first_was_syn_, sent_syn_, sent_syn_ack_, sent_syn_again_,
           permits_sack_, lost_holes_, knows_handshake_time_, ended_asking_, reorders_, uncaptured_, sacked_up_to_,
           before_jump_, far_acknowledgment_, segment_size_limit_, copy_delay_, asked_at_, recent_] = of;
    // Bit-fields cannot be bound to a reference.
    auto acks = static_cast<std::uint8_t>(duplicate_acks_ | (unsigned{probe_answered_} << 7));
    ar(there_and_back_, order_, first_, next_, acknowledged_, window_, acks, remembered_, owes_nothing_, recent_,
       uncaptured_, sacked_up_to_, before_jump_, far_acknowledgment_, segment_size_limit_, copy_delay_, asked_at_);
    duplicate_acks_ = acks & most_duplicate_acks;
    probe_answered_ = acks > most_duplicate_acks;
    since_duplicate_ = ar.bits(since_duplicate_, no_recent_duplicate) & 15;
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
    was_answered_twice_ = ar.bit(was_answered_twice_);
    ended_asking_ = ar.bit(ended_asking_);
    reorders_ = ar.bit(reorders_);
    ar.require(!is_calm_ || is_calm_now(of));
    ar.require(!has_free_place(of) || recent_.oldest(remembered_).fingerprint == 0);
}

/// How a side began.
struct side_beginning {
    sequence_holes::opening first_heard{}; ///< the segment with the number `side_state::first`
    /// From the SYN without ACK of this side to its next segment: the round trip from end to end.
    std::chrono::nanoseconds handshake_time{};

    [[nodiscard]] friend constexpr bool operator==(const side_beginning&, const side_beginning&) noexcept = default;

    [[nodiscard]] static constexpr bool is_consistent(const side_beginning& of) noexcept {
        return detail::least_round_trip::is_plausible(of.handshake_time);
    }
};

struct connection_state {
    per_side<side_state> sides{};
    per_side<side_beginning> beginnings{};

    [[nodiscard]] friend constexpr bool operator==(const connection_state&, const connection_state&) noexcept = default;
};

/// What the rules remember besides of one side of a busy connection.
struct long_memory {
    recent_segments<16, stamped_segment> recent{};
    sequence_holes holes{};
    reordered_originals overtaken{};

    [[nodiscard]] friend constexpr bool operator==(const long_memory&, const long_memory&) noexcept = default;
};

} // namespace tcplens::inline v1::detail::evidence
