// SPDX-License-Identifier: MIT
#pragma once

#include "../base/append_digits.hpp"
#include "../base/chrono.hpp"
#include "../base/enum_set.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tcplens::inline v1 {

/// What a segment is, beyond new data or a new acknowledgment in order: a set of bits.
///
/// The names are those of Wireshark's tcp.analysis flags; `duplicate` and `tail_loss_probe` are added. A fast or spurious
/// retransmission and a tail loss probe always have the bit `retransmission`, too. docs/rule-sets.md shows each kind with its packets.
enum class verdict_kinds : std::uint32_t {
    none = 0,                          ///< nothing to report: the most frequent verdict
    retransmission = 1u << 0,          ///< the sender had sent some of the segment's bytes before
    fast_retransmission = 1u << 1,     ///< a retransmission that duplicate ACKs or SACK blocks had asked for
    spurious_retransmission = 1u << 2, ///< a retransmission of bytes that had all been acknowledged
    out_of_order = 1u << 3,            ///< the first copy of its bytes, but higher bytes were captured before it
    lost_segment = 1u << 4,            ///< bytes just before it were not captured (yet)
    ack_lost_segment = 1u << 5,        ///< it acknowledges bytes that were not captured (yet)
    duplicate_ack = 1u << 6,           ///< it repeats an acknowledgment while data is outstanding (RFC 5681 section 2)
    keep_alive = 1u << 7,              ///< 0 or 1 byte just below the acknowledged bytes (RFC 9293 section 3.8.4)
    keep_alive_ack = 1u << 8,          ///< the answer to a keep-alive
    zero_window = 1u << 9,             ///< its sender offers no window
    zero_window_probe = 1u << 10,      ///< one byte beyond a closed window (RFC 9293 section 3.8.6.1)
    zero_window_probe_ack = 1u << 11,  ///< the answer to a zero window probe
    window_full = 1u << 12,            ///< its data ends where the receiver's window does; wireshark_rules only
    window_update = 1u << 13,          ///< it repeats an acknowledgment with another window
    reused_ports = 1u << 14,           ///< a SYN that begins another connection between endpoints that had one
    duplicate = 1u << 15,              ///< a second copy of one transmission, made by the network or the capture
    tail_loss_probe = 1u << 16, ///< the last segment, sent again to provoke an acknowledgment (RFC 8985 section 7)
};

/// Makes verdict_kinds a set: see base/enum_set.hpp.
[[nodiscard]] constexpr verdict_kinds tcplens_all_members(verdict_kinds) noexcept {
    return detail::members_up_to(verdict_kinds::tail_loss_probe);
}

/// The evidence for a verdict: a set of bits.
enum class evidence_set : std::uint16_t {
    none = 0,                       ///< the verdict needs none
    sequence_number_seen = 1u << 0, ///< its sender used this sequence number before
    bytes_seen = 1u << 1,           ///< some of its bytes were captured before
    fills_hole = 1u << 2,           ///< some of its bytes were not captured before, though higher bytes were
    same_packet = 1u << 3,          ///< an earlier packet was the same in all that TCP and IP say
    ip_id = 1u << 4,            ///< the IP Identification tells when it was sent, or that a packet before it is missing
    timestamp_option = 1u << 5, ///< the timestamps option tells when it was sent, or what it answers
    duplicate_acks = 1u << 6,   ///< three duplicate ACKs or more had asked for it
    selective_ack = 1u << 7,    ///< a SACK block had reported bytes beyond it
    acknowledged = 1u << 8,     ///< the peer had acknowledged all of it
    round_trip = 1u << 9,       ///< the time that had passed, compared with the round trip to its sender
    /// its sender had sent nothing for so long that a timer must have run out, mostly more than two round trips
    silence = 1u << 10,
    memory_exceeded = 1u << 11, ///< more had happened than the rules remember: the verdict is less sure
    /// no round trip was measured that could tell late from sent again: the likelier one is named
    undecided = 1u << 12,
};

/// Makes evidence_set a set: see base/enum_set.hpp.
[[nodiscard]] constexpr evidence_set tcplens_all_members(evidence_set) noexcept {
    return detail::members_up_to(evidence_set::undecided);
}

/// What a rule set says of one segment, why, and how sure it is.
struct verdict {
    /// How sure a verdict is, from the evidence that there was. docs/accuracy.md has the measured share of each that is right.
    enum class certainty_level : std::uint8_t {
        certain,   ///< no other reading fits what was captured: at most 1 in 2,000 is wrong
        likely,    ///< another reading is possible, but rare: at most 1 in 50 is wrong
        undecided, ///< the capture does not tell which reading is right; the verdict names the likelier
    };

    /// What a segment can be, as far as its bytes are concerned: a set of bits.
    enum class reading_set : std::uint8_t {
        none = 0,                 ///< no reading
        new_data = 1u << 0,       ///< the first copy of its bytes, in order
        retransmission = 1u << 1, ///< a later transmission of bytes that were sent before
        out_of_order = 1u << 2,   ///< the first copy of its bytes, late
        duplicate = 1u << 3,      ///< a second copy of one transmission
    };
    /// Makes reading_set a set: see base/enum_set.hpp.
    [[nodiscard]] friend constexpr reading_set tcplens_all_members(reading_set) noexcept {
        return detail::members_up_to(reading_set::duplicate);
    }

    verdict_kinds kinds = verdict_kinds::none;  ///< what the segment is
    evidence_set evidence = evidence_set::none; ///< why
    /// How sure `kinds` is as to whether the segment is new, a retransmission, out of order or a duplicate. A copy that was lost before the
    /// capture leaves no trace in most cases: a segment that is certainly new is the first copy that can be known of. Rule sets other
    /// than `evidence_rules` only say `certain`.
    certainty_level certainty = certainty_level::certain;
    /// What else the segment can be, besides what `kinds` says. Empty if the verdict is certain.
    reading_set alternatives = reading_set::none;
    /// packet::number of an earlier packet: the packet of which this is a copy, or which carried the same bytes; for a segment that
    /// fills a hole, the packet that opened the hole. 0 if there is none, or it is no longer remembered.
    std::uint64_t earlier_packet = 0;
    std::chrono::nanoseconds elapsed{}; ///< capture time since `earlier_packet`; negative if a clock ran back

    /// Whether the verdict has at least one of these kinds.
    [[nodiscard]] constexpr bool has(verdict_kinds any_of) const noexcept { return contains_any(kinds, any_of); }
    /// Whether the verdict has the kind `retransmission`.
    [[nodiscard]] constexpr bool is_retransmission() const noexcept { return has(verdict_kinds::retransmission); }
    /// Whether the verdict is certain.
    [[nodiscard]] constexpr bool is_certain() const noexcept { return certainty == certainty_level::certain; }
    /// The reading that `kinds` stands for: a duplicate counts as nothing else, and a retransmission as no new data.
    [[nodiscard]] constexpr reading_set reading() const noexcept {
        if (has(verdict_kinds::duplicate)) return reading_set::duplicate;
        if (is_retransmission()) return reading_set::retransmission;
        return has(verdict_kinds::out_of_order) ? reading_set::out_of_order : reading_set::new_data;
    }

    [[nodiscard]] friend constexpr bool operator==(const verdict&, const verdict&) noexcept = default;
};

/// The names of the kinds, in the order of declaration, with commas between; empty for none. E.g. "retransmission,zero_window".
[[nodiscard]] inline std::string to_string(verdict_kinds set) {
    constexpr std::array<std::string_view, 17> names{"retransmission", "fast_retransmission", "spurious_retransmission",
                                                     "out_of_order",   "lost_segment",        "ack_lost_segment",
                                                     "duplicate_ack",  "keep_alive",          "keep_alive_ack",
                                                     "zero_window",    "zero_window_probe",   "zero_window_probe_ack",
                                                     "window_full",    "window_update",       "reused_ports",
                                                     "duplicate",      "tail_loss_probe"};
    return detail::list_members(detail::set_bits(set), names.data());
}

/// The names of the evidence, in the order of declaration, with commas between; empty for none.
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
    return detail::list_members(detail::set_bits(set), names.data());
}

/// "certain", "likely" or "undecided".
[[nodiscard]] constexpr std::string_view to_string(verdict::certainty_level level) noexcept {
    switch (level) {
    case verdict::certainty_level::certain: return "certain";
    case verdict::certainty_level::likely: return "likely";
    case verdict::certainty_level::undecided: return "undecided";
    }
    return "";
}

/// The names of the readings, in the order of declaration, with commas between; empty for none: "new", "retransmission",
/// "out_of_order", "duplicate".
[[nodiscard]] inline std::string to_string(verdict::reading_set set) {
    constexpr std::array<std::string_view, 4> names{"new", "retransmission", "out_of_order", "duplicate"};
    return detail::list_members(detail::set_bits(set), names.data());
}

/// A verdict in one line: its kinds, its evidence, and the earlier packet that it was judged by, each as far as there is one.
/// `retransmission (bytes_seen,round_trip), 0.200000000 s after packet 17`; `none` without kinds. Allocates the string.
[[nodiscard]] inline std::string to_string(const verdict& judged) {
    std::string text = judged.kinds == verdict_kinds::none ? "none" : to_string(judged.kinds);
    if (judged.evidence != evidence_set::none) text += " (" + to_string(judged.evidence) + ")";
    if (judged.earlier_packet != 0) {
        constexpr std::uint64_t second = 1'000'000'000;
        const std::int64_t count = judged.elapsed.count(); // negative if the capture's clock went back
        const std::uint64_t nanoseconds =
            count < 0 ? 0 - static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
        text += count < 0 ? ", -" : ", ";
        text += std::to_string(nanoseconds / second) + '.';
        detail::append_digits(text, nanoseconds % second, 9);
        text += " s after packet " + std::to_string(judged.earlier_packet);
    }
    return text;
}

} // namespace tcplens::inline v1
