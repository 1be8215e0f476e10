// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../observers/connection_observer.hpp"
#include "../side.hpp"
#include "../tracking/count_segment.hpp"
#include "../verdict.hpp"
#include "connection_trace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tcplens::inline v0 {

/// Keeps a trace of each connection in fixed memory, so that connections which several tables saw in part can be joined: see
/// connection_joiner. `Capacity` entries of 200 bytes: a connection that is opened and closed as usual needs 7, and 2 are kept
/// back. The connection remains trivially copyable.
template <std::size_t Capacity>
class basic_trace_observer {
public:
    static constexpr std::string_view saved_as = "trace_observer";

    struct facts {
        detail::basic_connection_trace<Capacity> trace{};

        constexpr void swap_roles() noexcept {} // it knows no roles
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    struct connection_state {
        struct sender_state {
            sequence_number reached{};      ///< where its segments ended that went furthest, bare ones too
            sequence_number used{};         ///< likewise, but for bare ones: after the highest number that it used
            sequence_number acknowledged{}; ///< the highest that it acknowledged
            std::uint16_t ip_id = 0;        ///< of its last segment
            std::uint8_t entry = none;      ///< which is to take its next plain segment
            bool reached_any = false;
            bool used_any = false;
            bool acknowledged_any = false;
            bool heard = false; ///< anything
        };
        per_side<sender_state> senders{};
        std::uint64_t segments = 0;
    };

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        const segment& sent = next.segment;
        typename connection_state::sender_state& own = of.senders[next.sender];
        detail::trace_entry& entry = find_entry(sent, next.sender, of, told.trace);
        const bool first = entry.counted.packets == 0;

        entry.last_time = sent.time;
        entry.last_packet = sent.packet_number;
        entry.last_position = of.segments++;
        detail::count_segment(sent, next.verdict, entry.counted);
        entry.certain_retransmissions += is_certain(sent, next.verdict);

        const bool goes_on = take_numbers(sent, next.verdict, own, entry);
        own.ip_id = sent.ip_id.value_or(0);
        own.heard = true;
        if (!first && entry.repeats) {
            entry.furthest = sent.sequence;
        } else if (!first && sent.payload_length > 0 && (goes_on || !entry.went_on)) {
            entry.furthest = sent.sequence;
            entry.furthest_length = sent.payload_length;
            entry.furthest_acknowledgment = sent.acknowledgment;
            entry.went_on = goes_on;
        }
        if (!sent.flags.ack()) return;
        const bool acknowledges = !own.acknowledged_any || before(own.acknowledged, sent.acknowledgment);
        if (acknowledges) own.acknowledged = sent.acknowledgment;
        own.acknowledged_any = true;
        if (!first && (acknowledges || !entry.acknowledged)) {
            entry.highest_acknowledgment = sent.acknowledgment;
            entry.acknowledged = acknowledges;
        }
    }

    /// Whether what is remembered of a connection, and came from elsewhere, can be of that trace: each side has an entry of it or
    /// none, and of the last two entries, which stay with their side, those that are made.
    [[nodiscard]] static constexpr bool fits(const connection_state& of, const facts& told, direction) noexcept {
        const auto stays = [&](std::size_t sender) {
            return of.senders[sender].entry != none && of.senders[sender].entry >= Capacity - 2;
        };
        for (const auto& each : of.senders) {
            if (each.entry != none && each.entry >= told.trace.count) return false;
        }
        if (stays(0) && stays(1) && of.senders[side::first].entry == of.senders[side::second].entry) return false;
        const std::size_t last = std::size_t{told.trace.count} - std::min<std::size_t>(told.trace.count, Capacity - 2);
        return last == std::size_t{stays(0)} + std::size_t{stays(1)};
    }

private:
    static constexpr std::uint8_t none = 0xff;
    static_assert(Capacity < none);

    /// The entry that takes in a segment: one of its own, unless it is plain and follows others.
    [[nodiscard]] static constexpr detail::trace_entry&
    find_entry(const segment& sent, side sender, connection_state& of,
               detail::basic_connection_trace<Capacity>& trace) noexcept {
        std::uint8_t& own = of.senders[sender].entry;
        const bool plain = sent.flags.ack() && !sent.flags.opens_or_closes();
        if (own != none && continues(sent, plain, trace.memory[own])) return trace.memory[own];
        // The last two are for what has no place: one for each side.
        if (own != none && own >= Capacity - 2) {
            trace.forgot = true;
            return trace.memory[own];
        }
        if (!plain) {
            for (auto& each : of.senders) {
                if (each.entry < Capacity - 2) each.entry = none;
            }
        }
        own = trace.count++;
        detail::trace_entry& made = trace.memory[own];
        made.first_time = sent.time;
        made.first_packet = sent.packet_number;
        made.first_position = of.segments;
        made.sequence = sent.sequence;
        made.acknowledgment = sent.acknowledgment;
        made.payload_length = sent.payload_length;
        made.flags = sent.flags;
        made.from_lower = sent.source < sent.destination;
        return made;
    }

    /// Whether a segment goes on with the last entry of its sender.
    [[nodiscard]] static constexpr bool continues(const segment& sent, bool plain,
                                                  detail::trace_entry& entry) noexcept {
        if (plain) return !entry.repeats;
        if (entry.counted.packets > 1 && !entry.repeats) return false;
        constexpr unsigned fin_syn_rst = 0x007, and_ack = 0x017;
        const unsigned differs = static_cast<unsigned>(sent.flags.bits) ^ entry.flags.bits;
        const bool resets = sent.flags.rst() && (differs & fin_syn_rst) == 0;
        const bool same = (differs & and_ack) == 0 && sent.flags.opens_or_closes() && sent.sequence == entry.sequence &&
                          sent.payload_length == entry.payload_length;
        if (!resets && !same) return false;
        entry.repeats = true;
        return true;
    }

    /// Whether a segment uses sequence numbers beyond all that its sender used before.
    static constexpr bool take_numbers(const segment& sent, const verdict& said,
                                       typename connection_state::sender_state& own,
                                       detail::trace_entry& entry) noexcept {
        if (sent.flags.rst()) return false; // its numbers need not be its sender's (RFC 9293 3.5.2)
        const sequence_number end = sent.sequence_end();
        if (sent.sequence_length() > 0) {
            const bool begins_beyond = !own.reached_any || (!before(sent.sequence, own.reached) &&
                                                            !detail::beyond_max_window(own.reached, sent.sequence));
            if (!begins_beyond || said.is_retransmission() || may_be_sent_again(sent, own)) {
                ++entry.doubtful;
            } else {
                if (entry.fresh == 0) entry.first_fresh = sent.sequence;
                ++entry.fresh;
            }
        }
        if (!own.reached_any || before(own.reached, end)) own.reached = end;
        own.reached_any = true;
        entry.reached = own.reached;
        entry.reached_any = true;
        if (sent.sequence_length() == 0 || (own.used_any && !before(own.used, end))) return false;
        own.used = end;
        own.used_any = true;
        return true;
    }

    /// Whether the Identifications leave room for a packet before this, which may have been a copy of it that was lost on its
    /// way here. Rules say so only where they know the clock that it echoes.
    [[nodiscard]] static constexpr bool may_be_sent_again(const segment& sent,
                                                          const typename connection_state::sender_state& own) noexcept {
        if (sent.flags.syn() || sent.ip_id.value_or(0) == 0 || !sent.options.timestamps || sent.hop_limit > 64)
            return false;
        if (!own.heard) return true;
        const auto swapped = [](std::uint16_t id) { return static_cast<std::uint16_t>(id << 8 | id >> 8); };
        const auto step = static_cast<std::uint16_t>(*sent.ip_id - own.ip_id);
        const auto swapped_step = static_cast<std::uint16_t>(swapped(*sent.ip_id) - swapped(own.ip_id));
        return step != 1 && swapped_step != 1;
    }

    /// Whether it remains a retransmission, whatever else is seen.
    [[nodiscard]] static constexpr bool is_certain(const segment& sent, const verdict& said) noexcept {
        if (!said.is_retransmission()) return false;
        if (said.evidence == evidence_set::sequence_number_seen) return true; // repeated_sequence_rules ask for no more
        // One byte may turn out to be a keep-alive, or a probe of a closed window; a SYN or a FIN a copy of an old one.
        if (sent.payload_length <= 1) return false;
        // Without an Identification of its own it may turn out to be a copy that the network made.
        if (sent.ip_id.value_or(0) == 0) return false;
        constexpr evidence_set unsure = evidence_set::undecided | evidence_set::memory_exceeded |
                                        evidence_set::round_trip | evidence_set::fills_hole;
        return (said.evidence & evidence_set::bytes_seen) != evidence_set::none &&
               (said.evidence & unsure) == evidence_set::none;
    }
};

using trace_observer = basic_trace_observer<12>;

static_assert(connection_observer<trace_observer>);

} // namespace tcplens::inline v0
