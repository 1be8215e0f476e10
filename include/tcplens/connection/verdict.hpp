// SPDX-License-Identifier: MIT
#pragma once

#include "../base/enum_set.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace tcplens::inline v0 {

/// What can be said of one segment: a set, by Wireshark's names (tcp.analysis.*) and two of our own at the end.
/// A fast or spurious retransmission is always a retransmission too.
enum class verdict_kinds : std::uint32_t {
    none = 0,
    retransmission = 1u << 0,          ///< its sender sent some of its bytes before
    fast_retransmission = 1u << 1,     ///< and duplicate ACKs asked for it
    spurious_retransmission = 1u << 2, ///< and all of it had been acknowledged
    out_of_order = 1u << 3,            ///< first copy of its bytes, but later ones came before
    lost_segment = 1u << 4,            ///< bytes before it were not captured (yet)
    ack_lost_segment = 1u << 5,        ///< it acknowledges bytes that were not captured (yet)
    duplicate_ack = 1u << 6,
    keep_alive = 1u << 7, ///< 0 or 1 byte just below what was acknowledged
    keep_alive_ack = 1u << 8,
    zero_window = 1u << 9,
    zero_window_probe = 1u << 10,
    zero_window_probe_ack = 1u << 11,
    window_full = 1u << 12,
    window_update = 1u << 13,
    reused_ports = 1u << 14,    ///< a SYN that begins another connection between two endpoints that had one
    duplicate = 1u << 15,       ///< a second copy of one transmission, made by the network or the capture
    tail_loss_probe = 1u << 16, ///< the last segment, sent again to provoke an acknowledgment (RFC 8985 7)
};

/// Makes verdict_kinds a set: see base/enum_set.hpp.
[[nodiscard]] constexpr verdict_kinds all_members(verdict_kinds) noexcept {
    return detail::members_up_to(verdict_kinds::tail_loss_probe);
}

/// Why a verdict says what it says: a set.
enum class evidence_set : std::uint16_t {
    none = 0,
    sequence_number_seen = 1u << 0, ///< its sender used this sequence number before
    bytes_seen = 1u << 1,           ///< some of its bytes were captured before
    fills_hole = 1u << 2,           ///< some of its bytes were not, though later ones were
    same_packet = 1u << 3,          ///< a packet before it was the same in all that TCP and IP say
    ip_id = 1u << 4,                ///< the Identification says when it was sent, or that one before it is missing
    timestamp_option = 1u << 5,     ///< the clock of the timestamps option says when it was sent, or what it answers
    duplicate_acks = 1u << 6,       ///< three of them or more had asked for it
    selective_ack = 1u << 7,        ///< a SACK block had reported something beyond it
    acknowledged = 1u << 8,         ///< the peer had acknowledged all of it
    round_trip = 1u << 9,           ///< the time that had passed, against the round trip to its sender
    silence = 1u << 10,             ///< its sender had sent nothing for more than two round trips: a timeout
    memory_exceeded = 1u << 11,     ///< there had been more holes than are remembered: less sure
    undecided = 1u << 12, ///< too little was seen to decide between late and sent again: the likelier one is named
};

/// Makes evidence_set a set: see base/enum_set.hpp.
[[nodiscard]] constexpr evidence_set all_members(evidence_set) noexcept {
    return detail::members_up_to(evidence_set::undecided);
}

/// What a rule set says of one segment, and why.
struct verdict {
    verdict_kinds kinds = verdict_kinds::none;
    evidence_set evidence = evidence_set::none;
    /// The number of an earlier packet: the one of which this is a copy, or which carried the same bytes; of a segment that
    /// fills a hole the one that opened it. 0 if there is none, or none is remembered.
    std::uint64_t earlier_packet = 0;
    std::chrono::nanoseconds elapsed{}; ///< since that packet, as captured

    [[nodiscard]] constexpr bool has(verdict_kinds any_of) const noexcept { return contains_any(kinds, any_of); }
    [[nodiscard]] constexpr bool is_retransmission() const noexcept { return has(verdict_kinds::retransmission); }

    [[nodiscard]] friend constexpr bool operator==(const verdict&, const verdict&) noexcept = default;
};

/// The names in the set, in the order in which they are declared, with commas between; empty for none.
[[nodiscard]] inline std::string to_string(verdict_kinds set) {
    constexpr std::array<std::string_view, 17> names{"retransmission", "fast_retransmission", "spurious_retransmission",
                                                     "out_of_order",   "lost_segment",        "ack_lost_segment",
                                                     "duplicate_ack",  "keep_alive",          "keep_alive_ack",
                                                     "zero_window",    "zero_window_probe",   "zero_window_probe_ack",
                                                     "window_full",    "window_update",       "reused_ports",
                                                     "duplicate",      "tail_loss_probe"};
    return detail::list_members(detail::set_bits(set), names);
}

/// Likewise.
[[nodiscard]] inline std::string to_string(evidence_set set) {
    constexpr std::array<std::string_view, 13> names{"sequence_number_seen",
                                                     "bytes_seen",
                                                     "fills_hole",
                                                     "same_packet",
                                                     "ip_id",
                                                     "timestamp_option",
                                                     "duplicate_acks",
                                                     "selective_ack",
                                                     "acknowledged",
                                                     "round_trip",
                                                     "silence",
                                                     "memory_exceeded",
                                                     "undecided"};
    return detail::list_members(detail::set_bits(set), names);
}

} // namespace tcplens::inline v0
