// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/check.hpp"
#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"
#include "../../wire/sequence_number.hpp"
#include "../connection.hpp"
#include "../direction.hpp"
#include "../end_reason.hpp"
#include "../observers/connection_observer.hpp"
#include "../side.hpp"
#include "byte_stream.hpp"
#include "stream_assembler.hpp"
#include "stream_direction.hpp"
#include "stream_window.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

namespace tcplens::inline v1 {

/// Delivers the bytes of each direction of each connection in order to a sink, as the receiver would take them: each byte once, as data or
/// in a gap.
///
///     struct my_sink {
///         void data(const tcplens::byte_stream::data& next) { … }          // bytes that follow
///         void gap(const tcplens::byte_stream::gap& missing) { … }         // bytes that are missing, and why
///         void conflict(const tcplens::byte_stream::conflict& found) { … } // bytes that were sent twice, differently
///         void end(const tcplens::byte_stream::end& ended) { … }           // FIN, RST, …
///     };
///     tcplens::basic_connection_table table{tcplens::table_options{}, tcplens::evidence_rules{}, tcplens::stream_observer{my_sink{}}};
///     table.add_all(capture);
///     table.flush([](const auto& connection, tcplens::end_reason) { … }); // what still waits
///
/// A sink has at least one of these members; those that it lacks cost nothing. They must not use the table, and must not throw. The
/// counts of a connection are `connection.streams`. docs/streams.md tells what becomes of each kind of segment.
///
/// **Memory** is bounded by byte_stream::options for each direction and for the table. A segment that comes in order allocates nothing,
/// others only where the storage grows, and never with options::reserve. **Time** is constant a segment on average, and linear in bytes.
///
/// Captures whose packets do not stay in memory (streams) are followed packet by packet in add_all(), others in batches. Parallel tables
/// do not take this observer, and tables with it cannot be saved. Checksums: see table_options::ignore_bad_checksums.
// Longer than 450 lines: what becomes of SYN, data, FIN, RST and acknowledgment depends on one state of both directions. What could be taken
// out, windows and the bytes that wait, is in the other headers of this room.
template <class Sink>
class stream_observer {
public:
    /// The table locates the bytes of segments, and tells when a connection leaves.
    static constexpr auto hooks = observer_hooks::payload | observer_hooks::finish;

    /// What the table adds to each connection.
    struct facts {
        detail::stream_counts streams{}; ///< The counts of both directions, up to date after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept { std::swap(streams.client_to_server, streams.server_to_client); }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };
    /// What is remembered of one connection.
    using connection_state = detail::stream_connection;

    /// Allocates only with options::reserve.
    /// @pre `how.remembered_bytes` is 0 or a power of two up to 65536.
    explicit stream_observer(Sink sink, const byte_stream::options& how = {}) : assembler_(std::move(sink), how) {
        TCPLENS_CHECK(how.remembered_bytes == 0 ||
                          (std::has_single_bit(how.remembered_bytes) && how.remembered_bytes <= 65536),
                      "byte_stream::options::remembered_bytes is 0 or a power of two up to 65536");
    }

    /// The sink. Valid as long as the observer.
    [[nodiscard]] const Sink& sink() const noexcept { return assembler_.sink(); }
    /// The options that the observer was constructed with; `direction_bytes` moved to its nearest bound.
    [[nodiscard]] const byte_stream::options& options() const noexcept { return assembler_.options(); }
    /// Bytes of all blocks in which bytes wait.
    [[nodiscard]] std::uint64_t waiting_bytes() const noexcept {
        return assembler_.blocks() * detail::held_block::size;
    }

    /// Called by the table for each segment.
    TCPLENS_ALWAYS_INLINE void observe(const observer_input& input, connection_state& state, facts& told) {
        const segment& next = input.segment;
        state.way_of_first = input.sender == side::first ? input.direction : opposite(input.direction);
        if (state.of == nullptr) {
            state.of = &input.connection;
            state.counts = &told.streams;
        }
        if (assembler_.holds_any()) assembler_.give_up_late(next.time, next.packet_number);

        detail::stream_direction& own = state.sides[input.sender];
        detail::stream_direction& peer = state.sides[opposite(input.sender)];
        // Nearly all segments: the next bytes, or none, and an acknowledgment of what was delivered.
        if (own.is_plain && peer.is_plain && next.sequence == own.next && next.flags.is_ack_alone() &&
            !next.flags.urg() && distance(peer.next, next.acknowledgment) <= 0 &&
            (!own.edge_known || distance(own.next + next.payload_length, own.edge) >= 0)) [[likely]] {
            if (next.payload_length > 0) {
                assembler_.deliver_plain(
                    {state, input.sender, told.streams.of(input.direction), next.time, next.packet_number},
                    input.payload, next.payload_length);
            }
            detail::note_acknowledgment(next, own, peer);
            return;
        }
        observe_any(input, state, told);
    }

    /// Called by the table for each connection that leaves.
    void finish(const connection& left, end_reason reason, connection_state& state, facts& told) {
        for (const side each : {side::first, side::second}) {
            detail::stream_direction& own = state.sides[each];
            if (!own.known || own.ended) continue;
            const bool was_reset = state.reset_packet != 0 && is_opening(state);
            const detail::stream_place at{state, each, told.streams.of(state.way_of(each)),
                                          was_reset ? state.reset_time : left.last_time,
                                          was_reset ? state.reset_packet : left.last_packet};
            finish(at);
            if (own.ended) continue;
            assembler_.end(at, was_reset ? byte_stream::end_reason::reset : reason_of(left, reason));
        }
    }

private:
    using place = detail::stream_place;
    using direction_state = detail::stream_direction;

    static constexpr std::uint64_t unlimited = (std::numeric_limits<std::uint64_t>::max)();

    [[nodiscard]] static byte_stream::end_reason reason_of(const connection& left, end_reason reason) noexcept {
        using enum byte_stream::end_reason;
        switch (reason) {
        case end_reason::idle: return idle;
        case end_reason::evicted: return evicted;
        case end_reason::flushed: return flushed;
        case end_reason::reset: return reset;
        case end_reason::closed: break;
        }
        return left.close_reason == close_reason::normal ? fin : replaced;
    }

    /// Whether a SYN was captured and no answer to it, nor data.
    [[nodiscard]] static bool is_opening(const connection_state& state) noexcept {
        const auto has_none = [](const direction_state& of) {
            return of.offset == 0 && of.held == detail::held_bytes::none && !of.ended;
        };
        const direction_state& first = state.sides[side::first];
        const direction_state& second = state.sides[side::second];
        return has_none(first) && has_none(second) && first.sent_syn != second.sent_syn;
    }

    /// Tells what is left when the connection leaves.
    void finish(const place& at) {
        direction_state& own = at.direction();
        take_acknowledged(at, true);
        if (own.ended) return;
        while (true) {
            const std::uint64_t taken = detail::taken_offset(own);
            assembler_.drain(at, taken);
            while (assembler_.give_up_gap(at, taken, byte_stream::gap_reason::ended)) {
            }
            const std::uint64_t first = assembler_.first_held(own);
            if (first == unlimited) break;
            // What lies beyond the window was sent, but its receiver did not take it.
            assembler_.skip_to(at, first, byte_stream::gap_reason::ended);
            assembler_.refuse(at);
        }
        if (own.has_fin && before(own.next, own.fin)) {
            assembler_.skip_to(at, own.offset_of(own.fin), byte_stream::gap_reason::ended);
        }
        assembler_.tell_fin(at);
    }

    TCPLENS_NOINLINE void observe_any(const observer_input& input, connection_state& state, facts& told) {
        const segment& next = input.segment;
        const place at{state, input.sender, told.streams.of(input.direction), next.time, next.packet_number};
        const place of_peer{state, opposite(input.sender), told.streams.of(opposite(input.direction)), next.time,
                            next.packet_number};
        direction_state& own = at.direction();
        if (next.flags.rst()) {
            take_reset(next, at, of_peer);
            return;
        }
        if (!next.flags.ack() && !next.flags.syn()) { // RFC 9293 section 3.10.7.4: it is dropped
            at.counts.ignored += next.payload_length;
            return;
        }
        if (next.flags.syn()) {
            if (!take_syn(next, at, of_peer)) return;
        } else {
            begin_midstream(input, own);
            if (own.in_syn) leave_syn(next, at);
        }
        own.heard = true;
        own.settle();
        detail::note_sent(next.payload_begin(), own); // its own bytes may be acknowledged, and are here
        take_acknowledged(at, false);
        detail::note_sent(next.payload_begin() + next.payload_length, own);
        take_urgent(input, own);
        take_data(input, at);
        take_fin(next, at);
        if (next.flags.ack()) take_acknowledgment(next, own, of_peer);
    }

    /// Takes a SYN. False if it is no part of the connection.
    [[nodiscard]] bool take_syn(const segment& next, const place& at, const place& of_peer) {
        direction_state& own = at.direction();
        direction_state& peer = of_peer.direction();
        const sequence_number base = next.sequence + 1;
        if (next.flags.ack() && peer.known && peer.heard && peer.offset == 0) {
            // RFC 9293 section 3.10.7.3: a SYN-ACK that acknowledges anything else answers another SYN.
            const std::int32_t ahead = distance(peer.next, next.acknowledgment);
            if (ahead < 0 || ahead > most_syn_data) return false;
        }
        if (!own.known || (own.base_is_guess && own.offset == 0 && own.held == detail::held_bytes::none)) {
            assembler_.begin(own, base, false);
        } else if (base != own.next - static_cast<std::uint32_t>(own.offset)) {
            if (own.offset != 0 || own.held != detail::held_bytes::none) return false;
            own.other = base; // another SYN cookie, or another host: the acknowledgment tells which one counts
            own.has_other = true;
        }
        detail::take_scale(next, own, peer);
        const bool opens = !next.flags.ack() && own.offset == 0 && !own.was_acknowledged;
        if (opens && next.payload_length > 0) {
            own.in_syn = true;
            own.edge = base; // nothing counts until it is acknowledged (RFC 7413 section 4.2)
            own.edge_known = true;
        }
        return true;
    }
    /// A direction of which no SYN was captured begins with its first segment.
    void begin_midstream(const observer_input& input, direction_state& own) noexcept {
        const segment& next = input.segment;
        // A keep-alive with a byte of garbage (RFC 9293 section 3.8.4): the stream goes on behind it.
        const bool is_garbage = next.payload_length == 1 && !next.flags.psh() && !next.flags.fin() &&
                                !input.payload.empty() && input.payload.front() == std::byte{0};
        const bool is_fresh = own.offset == 0 && own.held == detail::held_bytes::none && !own.ended;
        if (!own.known) {
            assembler_.begin(own, next.sequence + (is_garbage ? 1u : 0u), true);
        } else if (own.base_is_guess && is_fresh && next.payload_length > 0 && !is_garbage) {
            // What was heard before had no data: a keep-alive, a segment that overtook others, or an acknowledgment by the peer.
            const std::int32_t ahead = distance(own.next, next.sequence);
            const bool is_lower = ahead < 0 && ahead >= -most_rebase && !own.was_acknowledged;
            // One byte before it: an empty keep-alive, of which nothing is known, or whose peer waits for this segment.
            const bool was_keep_alive = ahead == 1 && (!own.was_acknowledged || own.acknowledged == next.sequence);
            if (is_lower || was_keep_alive) assembler_.begin(own, next.sequence, true);
        }
    }

    void take_urgent(const observer_input& input, direction_state& own) noexcept {
        if (!input.segment.flags.urg() || input.urgent_pointer == 0 || input.segment.flags.syn()) return;
        if (assembler_.options().urgent == byte_stream::urgent_policy::in_line || own.ended) return;
        // The pointer names the byte behind the urgent one, as systems read it (RFC 6093 section 2.1).
        const sequence_number urgent = input.segment.sequence + input.urgent_pointer - 1;
        if (before(urgent, own.next)) return;
        own.urgent = urgent;
        own.has_urgent = true;
        own.settle();
    }

    /// Takes the bytes of a segment.
    void take_data(const observer_input& input, const place& at) {
        direction_state& own = at.direction();
        std::uint64_t length = input.segment.payload_length;
        std::span<const std::byte> bytes = input.payload.first((std::min)(input.payload.size(), std::size_t{length}));
        if (length == 0) return;
        if (own.ended) { // other bytes are late copies
            const std::int32_t behind_end =
                distance(own.next, input.segment.payload_begin() + input.segment.payload_length);
            if (behind_end > 0) at.counts.ignored += (std::min)(length, static_cast<std::uint64_t>(behind_end));
            return;
        }
        const auto drop_first = [&](std::uint64_t count) {
            bytes = bytes.subspan(static_cast<std::size_t>((std::min)(count, std::uint64_t{bytes.size()})));
            length -= count;
        };

        const std::uint32_t ahead = input.segment.payload_begin().value - own.next.value;
        std::uint64_t begin = own.offset + ahead; // of the whole segment
        if (const std::uint32_t behind = 0 - ahead;
            behind <= static_cast<std::uint32_t>(detail::max_sequence_age) && behind != 0) {
            // It begins with bytes that were delivered, or before the stream.
            const std::uint64_t known = (std::min)(std::uint64_t{behind}, length);
            const std::uint64_t outside = (std::min)(behind - (std::min)(std::uint64_t{behind}, own.offset), known);
            begin = own.offset - (std::min)(std::uint64_t{behind}, own.offset);
            const bool is_keep_alive = behind == 1 && length == 1;
            drop_first(outside);
            const std::uint64_t again = known - outside;
            if (!is_keep_alive)
                assembler_.compare_delivered(at, begin, bytes.first((std::min)(std::size_t(again), bytes.size())));
            drop_first(again);
        }
        take_new(at, begin, (std::max)(begin, own.offset), bytes, length);
    }

    /// Takes bytes that were not delivered yet: `length` from an offset on.
    void take_new(const place& at, std::uint64_t begin, std::uint64_t offset, std::span<const std::byte> bytes,
                  std::uint64_t length) {
        direction_state& own = at.direction();
        if (own.has_fin) {
            const std::uint64_t fin = own.offset_of(own.fin);
            const std::uint64_t beyond = offset + length - (std::min)(offset + length, (std::max)(fin, offset));
            at.counts.ignored += beyond;
            length -= beyond;
            bytes = bytes.first((std::min)(bytes.size(), static_cast<std::size_t>(length)));
        }
        if (length == 0) return;
        const std::uint64_t most = assembler_.options().direction_bytes;
        if (offset + length - own.offset > most) {
            if (offset > detail::edge_offset(own)) { // no receiver takes that
                at.counts.ignored += length;
                return;
            }
            // The gaps before it are given up until it fits.
            while (own.offset < offset && offset + length - own.offset > most) {
                if (assembler_.give_up_gap(at, offset, byte_stream::gap_reason::buffer_full)) continue;
                assembler_.skip_to(at, offset, byte_stream::gap_reason::buffer_full);
            }
            if (own.ended) return;
        }
        const std::uint64_t edge = detail::edge_offset(own);
        if (offset == own.offset) {
            const std::uint64_t stop = (std::min)({offset + length, edge, assembler_.first_held(own)});
            const std::uint64_t count = stop - offset;
            const auto captured = bytes.first((std::min)(bytes.size(), static_cast<std::size_t>(count)));
            assembler_.deliver_in_order(at, captured, count - captured.size());
            bytes = bytes.subspan(captured.size());
            offset += count;
            length -= count;
        }
        if (length > 0) hold(at, begin, offset, bytes, length, edge);
        if (!own.ended) assembler_.drain(at, detail::taken_offset(own));
    }

    /// Holds bytes behind a gap, or beyond the window, which is at the offset `edge`.
    void hold(const place& at, std::uint64_t begin, std::uint64_t offset, std::span<const std::byte> bytes,
              std::uint64_t length, std::uint64_t edge) {
        direction_state& own = at.direction();
        const std::uint64_t end = offset + length;
        const bool had_refusable = own.has_refusable && before(own.next, own.refusable_end);
        std::uint64_t first =
            had_refusable ? own.offset_from_next(own.refusable) : unlimited; // held bytes from there on
        std::uint64_t last = had_refusable ? own.offset_of(own.refusable_end) : 0;
        if (offset < first && first < end) { // copies of those count, whatever the policy
            const std::uint64_t before_them = first - offset;
            const auto part = bytes.first((std::min)(bytes.size(), static_cast<std::size_t>(before_them)));
            const bool is_held = assembler_.hold(at, begin, offset, part, before_them, false);
            bytes = bytes.subspan(part.size());
            offset = first;
            length = end - first;
            if (!is_held) {
                assembler_.take_rest(at, offset, bytes, length);
                return;
            }
        }
        const bool is_held = assembler_.hold(at, begin, offset, bytes, length, offset >= edge || offset >= first);
        if (!is_held || own.in_syn) return;
        if (offset <= first && first < end) first = (std::min)(end, edge); // the receiver takes them now
        if (end > edge) {
            first = (std::min)(first, (std::max)(offset, edge));
            last = (std::max)(last, end);
        }
        own.has_refusable = first < last;
        if (!own.has_refusable) return;
        own.refusable = own.next + static_cast<std::uint32_t>((std::max)(first, own.offset) - own.offset);
        own.refusable_end = own.next + static_cast<std::uint32_t>((std::max)(last, own.offset) - own.offset);
    }

    /// Takes a FIN: the direction ends when all before it was told.
    void take_fin(const segment& next, const place& at) {
        direction_state& own = at.direction();
        // Nobody takes the FIN of an end whose SYN is still to come (RFC 9293 section 3.10.7.3).
        const bool is_early =
            own.base_is_guess && !own.was_acknowledged && at.peer().sent_syn && is_opening(at.connection);
        if (next.flags.fin() && !next.flags.syn() && !own.ended && !own.has_fin && !is_early) {
            const sequence_number fin = next.payload_begin() + next.payload_length;
            const bool beyond = own.edge_known && before(own.edge, fin);
            if (!before(fin, own.next) && !beyond) {
                own.fin = fin;
                own.has_fin = true;
            }
        }
        own.settle();
        if (!own.ended) assembler_.tell_fin(at);
    }

    /// Takes the acknowledgment number that `by` sent, for the direction of the peer.
    void take_acknowledgment(const segment& next, const direction_state& by, const place& at) {
        direction_state& own = at.direction();
        if (own.ended) return;
        if (!own.known) assembler_.begin(own, next.acknowledgment, !next.flags.syn());
        if (own.has_other && own.offset == 0 && own.held == detail::held_bytes::none) {
            if (next.acknowledgment == own.other) own.next = own.sent = own.other;
            if (next.acknowledgment == own.next) own.has_other = false;
        }
        if (own.in_syn) answer_syn_data(next, at);
        const std::int32_t ahead = distance(own.next, next.acknowledgment);
        if (ahead > detail::max_sequence_age) return;
        detail::note_acknowledgment(next, by, own);
        take_acknowledged(at, false);
        if (own.ended) return;
        assembler_.drain(at, detail::taken_offset(own));
        assembler_.tell_fin(at);
    }
    /// The answer to a SYN with data tells how much of it was accepted (RFC 7413 section 4.2).
    void answer_syn_data(const segment& next, const place& at) {
        direction_state& own = at.direction();
        const std::int32_t accepted = distance(own.next, next.acknowledgment);
        if (accepted < 0 || accepted > most_syn_data) return;
        assembler_.drain(at, own.offset + static_cast<std::uint64_t>(accepted));
        assembler_.release_hold(own);
        own.in_syn = false;
        own.edge_known = false;
        own.sent = own.next;
        own.settle();
    }

    /// The sender goes on, and the answer to its SYN was not captured: what was in the SYN was accepted, unless it is sent again.
    void leave_syn(const segment& next, const place& at) {
        direction_state& own = at.direction();
        own.in_syn = false;
        own.edge_known = false;
        if (next.payload_length > 0 && before(next.sequence, own.sent)) assembler_.release_hold(own);
        assembler_.drain(at);
        own.settle();
    }

    /// Tells what the receiver acknowledged and the capture does not have. `at_end`: nothing more is to come.
    void take_acknowledged(const place& at, bool at_end) {
        direction_state& own = at.direction();
        if (!own.was_acknowledged || own.ended || own.in_syn) return;
        sequence_number to = own.acknowledged;
        if (own.has_fin) {
            // An acknowledgment of bytes behind a FIN shows that the receiver did not take that FIN.
            if (distance(own.fin, to) > 1) own.has_fin = false;
            else if (before(own.fin, to)) to = own.fin;
        }
        // What nobody has sent as far as is known: the packet may yet come, or the acknowledgment is none.
        if (own.heard && !at_end && before(own.sent, to)) to = own.sent;
        // One number may be that of a FIN that was not captured.
        const bool is_alone = distance(own.next, to) == 1 && own.held == detail::held_bytes::none;
        const bool may_be_fin = is_alone || (own.heard ? distance(own.sent, to) == 1 : own.may_have_ended);
        if (may_be_fin && !own.has_fin) to = to - 1;
        const std::int32_t ahead = distance(own.next, to);
        if (ahead <= 0) return;
        const std::uint64_t end = own.offset + static_cast<std::uint64_t>(ahead);
        // A side of which nothing was captured may be captured later, or elsewhere.
        const bool may_come = !at_end && (!own.heard || assembler_.options().awaits_acknowledged) &&
                              static_cast<std::uint32_t>(ahead) <= assembler_.options().direction_bytes;
        if (may_come) assembler_.drain(at, end);
        else assembler_.advance_to(at, end, byte_stream::gap_reason::acknowledged);
        own.settle();
        assembler_.tell_fin(at);
    }

    /// Takes a RST, if its receiver would (RFC 5961 section 3).
    void take_reset(const segment& next, const place& at, const place& of_peer) {
        direction_state& own = at.direction();
        direction_state& peer = of_peer.direction();
        if (own.known && own.heard) {
            const bool is_exact = next.sequence == own.next || next.sequence == own.sent ||
                                  (own.was_acknowledged && next.sequence == own.acknowledged) ||
                                  (own.has_fin && next.sequence == own.fin + 1);
            if (!is_exact) return;
        } else if (peer.known && next.flags.ack()) {
            // RFC 9293 section 3.10.7.3: the answer to a SYN acknowledges it.
            const std::int32_t ahead = distance(peer.next, next.acknowledgment);
            if (ahead < 0 || ahead > most_syn_data) return;
        }
        if (is_opening(at.connection)) {
            // Injected before the handshake is over, it may not be taken, and what follows shows that: Linux drops it if it echoes a
            // timestamp that the SYN did not have (RFC 7323 section 3.2). So it is told when the connection leaves.
            at.connection.reset_time = at.time;
            at.connection.reset_packet = at.packet_number;
            return;
        }
        for (const place& each : {at, of_peer}) {
            direction_state& ending = each.direction();
            if (!ending.known || ending.ended) continue;
            finish(each);
            assembler_.end(each, byte_stream::end_reason::reset);
        }
    }

    /// The greatest amount of data that a SYN carries: that of one packet.
    static constexpr std::int32_t most_syn_data = 65535;
    /// How far below the first captured segment others may lie that it overtook: as far as a window that is not scaled.
    static constexpr std::int32_t most_rebase = 65535;

    detail::stream_assembler<Sink> assembler_;
};

} // namespace tcplens::inline v1
