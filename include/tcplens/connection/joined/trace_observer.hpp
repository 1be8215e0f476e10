// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../observers/connection_observer.hpp"
#include "../rules/evidence/thresholds.hpp"
#include "../side.hpp"
#include "../tracking/count_segment.hpp"
#include "../verdict.hpp"
#include "connection_trace.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tcplens::inline v1 {

namespace detail {

/// Keeps a trace of each connection, so that connection_joiner can join connections which several tables saw in part.
///
/// The trace is the member `trace` of the connection: 200 bytes for each of `Capacity` entries, never allocated apart. A connection
/// that is opened and closed as usual needs 7 entries; 2 are kept for what finds no place. If a connection needs more, its
/// counts remain right and the join sets join_doubt::forgotten. The connection remains trivially copyable.
template <std::size_t Capacity>
class basic_trace_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving | observer_hooks::fits;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "trace_observer";

    /// The member `trace` of the connection.
    struct facts {
        /// The trace. Its content is for connection_joiner only.
        detail::basic_connection_trace<Capacity> trace{};

        /// Does nothing: a trace knows no roles.
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    static constexpr std::uint8_t none = 0xff;
    static_assert(Capacity < none);

    struct sender_state {
        sequence_number reached{};      ///< the highest end of its segments, those without data too
        sequence_number used{};         ///< the highest end of its segments with sequence numbers of their own
        sequence_number acknowledged{}; ///< the highest that it acknowledged
        std::uint16_t ip_id = 0;        ///< of its last segment
        std::uint8_t entry = none;      ///< the entry that takes its next plain segment
        bool reached_any = false;
        bool used_any = false;
        bool acknowledged_any = false;
        bool heard = false; ///< it has sent any segment
    };

    struct connection_memory {
        per_side<sender_state> senders{};
        std::uint64_t segments = 0;
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        const segment& sent = input.segment;
        sender_state& sender = state.senders[input.sender];
        const bool may_come_again =
            may_be_sent_again(sent, sender) || may_answer_late(sent, sender, result.trace.entries());
        detail::trace_entry& entry = find_entry(sent, input.sender, state, result.trace);
        const bool first = entry.counted.packets == 0;

        entry.last_time = sent.time;
        entry.last_packet = sent.packet_number;
        entry.last_position = state.segments++;
        detail::count_segment(sent, input.verdict, entry.counted);
        entry.certain_retransmissions += is_certain(sent, input.verdict);

        const bool goes_on = take_numbers(sent, input.verdict, may_come_again, sender, entry);
        sender.ip_id = sent.ip_id.value_or(0);
        sender.heard = true;
        if (!first && entry.repeats) {
            entry.furthest = sent.sequence;
        } else if (!first && sent.payload_length > 0 && (goes_on || !entry.went_on)) {
            entry.furthest = sent.sequence;
            entry.furthest_length = sent.payload_length;
            entry.furthest_acknowledgment = sent.acknowledgment;
            entry.went_on = goes_on;
        }
        if (!sent.flags.ack()) return;
        const bool acknowledges = !sender.acknowledged_any || before(sender.acknowledged, sent.acknowledgment);
        if (acknowledges) sender.acknowledged = sent.acknowledgment;
        sender.acknowledged_any = true;
        if (!first && (acknowledges || !entry.acknowledged)) {
            entry.highest_acknowledgment = sent.acknowledgment;
            entry.acknowledged = acknowledges;
        }
    }

    /// Whether a restored state agrees with the restored trace: each side has an entry of the trace or none, and of the last two
    /// entries, which stay with their side, exactly those are in use that a side has.
    [[nodiscard]] static constexpr bool fits(const connection_state& state, const facts& restored, direction) noexcept {
        const auto stays = [&](side sender) {
            return state.senders[sender].entry != none && state.senders[sender].entry >= Capacity - 2;
        };
        for (const sender_state& sender : state.senders) {
            if (sender.entry != none && sender.entry >= restored.trace.count) return false;
        }
        if (stays(side::first) && stays(side::second) &&
            state.senders[side::first].entry == state.senders[side::second].entry)
            return false;
        const std::size_t last_used =
            std::size_t{restored.trace.count} - std::min<std::size_t>(restored.trace.count, Capacity - 2);
        return last_used == std::size_t{stays(side::first)} + std::size_t{stays(side::second)};
    }

private:
    /// The entry that takes in a segment: a new one, unless the segment is plain and follows others.
    [[nodiscard]] static constexpr detail::trace_entry&
    find_entry(const segment& sent, side sender, connection_state& state,
               detail::basic_connection_trace<Capacity>& trace) noexcept {
        std::uint8_t& entry = state.senders[sender].entry;
        const bool plain = sent.flags.ack() && !sent.flags.opens_or_closes();
        if (entry != none && continues(sent, plain, trace.memory[entry])) return trace.memory[entry];
        // The last two entries take what has no place: one for each side.
        if (entry != none && entry >= Capacity - 2) {
            trace.forgot = true;
            return trace.memory[entry];
        }
        if (!plain) {
            for (sender_state& either : state.senders) {
                if (either.entry < Capacity - 2) either.entry = none;
            }
        }
        entry = trace.count++;
        detail::trace_entry& made = trace.memory[entry];
        made.first_time = sent.time;
        made.first_packet = sent.packet_number;
        made.first_position = state.segments;
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

    /// Returns whether a segment uses sequence numbers beyond all that its sender used before.
    static constexpr bool take_numbers(const segment& sent, const verdict& verdict, bool may_come_again,
                                       sender_state& sender, detail::trace_entry& entry) noexcept {
        if (sent.flags.rst()) return false; // the number of a RST need not be its sender's (RFC 9293 3.5.2)
        const sequence_number end = sent.sequence_end();
        if (sent.sequence_length() > 0) {
            const bool begins_beyond =
                !sender.reached_any ||
                (!before(sent.sequence, sender.reached) && !detail::beyond_max_window(sender.reached, sent.sequence));
            if (!begins_beyond || verdict.is_retransmission() || may_come_again) {
                ++entry.doubtful;
            } else {
                if (entry.fresh == 0) entry.first_fresh = sent.sequence;
                ++entry.fresh;
            }
        }
        if (!sender.reached_any || before(sender.reached, end)) sender.reached = end;
        sender.reached_any = true;
        entry.reached = sender.reached;
        entry.reached_any = true;
        if (sent.sequence_length() == 0 || (sender.used_any && !before(sender.used, end))) return false;
        sender.used = end;
        sender.used_any = true;
        return true;
    }

    /// Whether the Identifications leave room for a packet before this one: an earlier copy that was lost before the capture. Rules
    /// see such a copy only if they know the clock that it echoes.
    [[nodiscard]] static constexpr bool may_be_sent_again(const segment& sent, const sender_state& sender) noexcept {
        if (sent.flags.syn() || sent.ip_id.value_or(0) == 0 || !sent.options.timestamps || sent.hop_limit > 64)
            return false;
        if (!sender.heard) return true;
        const auto swapped = [](std::uint16_t id) { return static_cast<std::uint16_t>(id << 8 | id >> 8); };
        const auto step = static_cast<std::uint16_t>(*sent.ip_id - sender.ip_id);
        const auto swapped_step = static_cast<std::uint16_t>(swapped(*sent.ip_id) - swapped(sender.ip_id));
        return step != 1 && swapped_step != 1;
    }

    /// Whether data or a FIN acknowledges more after a timeout's silence: an earlier copy of it may have been lost before the capture.
    /// Rules see that only if they know when what it acknowledges was sent.
    [[nodiscard]] static constexpr bool may_answer_late(const segment& sent, const sender_state& sender,
                                                        std::span<const detail::trace_entry> entries) noexcept {
        if (sent.sequence_length() == 0 || sent.flags.syn() || !sent.flags.ack() || !sender.heard) return false;
        if (sender.acknowledged_any && !before(sender.acknowledged, sent.acknowledgment)) return false;
        const bool from_lower = sent.source < sent.destination;
        return std::ranges::all_of(entries, [&](const detail::trace_entry& each) {
            return each.from_lower != from_lower || sent.time - each.last_time >= detail::evidence::least_timeout;
        });
    }

    /// Whether a retransmission remains one whatever else is seen.
    [[nodiscard]] static constexpr bool is_certain(const segment& sent, const verdict& verdict) noexcept {
        if (!verdict.is_retransmission()) return false;
        if (verdict.evidence == evidence_set::sequence_number_seen)
            return true; // all that repeated_sequence_rules ask for
        // One byte may turn out to be a keep-alive or a zero window probe; a SYN or a FIN a copy of an old one.
        if (sent.payload_length <= 1) return false;
        // Without an Identification of its own it may turn out to be a copy that the network made.
        if (sent.ip_id.value_or(0) == 0) return false;
        constexpr evidence_set unsure = evidence_set::undecided | evidence_set::memory_exceeded |
                                        evidence_set::round_trip | evidence_set::fills_hole;
        return (verdict.evidence & evidence_set::bytes_seen) != evidence_set::none &&
               (verdict.evidence & unsure) == evidence_set::none;
    }
};

} // namespace detail

/// The trace_observer that connection_joiner usually needs: 12 entries, 2.4 KB a connection.
using trace_observer = detail::basic_trace_observer<12>;

static_assert(check_observer<trace_observer>());

} // namespace tcplens::inline v1
