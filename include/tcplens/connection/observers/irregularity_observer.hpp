// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/compiler.hpp"
#include "../../wire/icmp_notice.hpp"
#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "connection_irregularities.hpp"
#include "connection_observer.hpp"
#include "irregularity_memory.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// Adds to each connection, as member `irregularities`, what ordinary stacks and paths seldom do: RSTs that do not fit, second
/// SYN-ACKs, flags that make no sense, ICMP errors, and more: see tcplens::irregularity.
///
/// 760 bytes a connection. An ordinary segment costs a few comparisons. An off-path attacker can make any of these occur, so they
/// are observations about the connection and not about the host that is named in the packets.
class irregularity_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving | observer_hooks::notices;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "irregularity_observer";

    /// The member `irregularities` of the connection.
    struct facts {
        connection_irregularities irregularities{}; ///< Up to date after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept { irregularities.swap_roles(); }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    /// What the observer remembers of one connection.
    using connection_state = detail::irregularity_memory;
    static constexpr std::size_t touched_first = 64; ///< See detail::reads_little.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    TCPLENS_ALWAYS_INLINE constexpr void observe(const observer_input& input, connection_state& state,
                                                 facts& result) const noexcept {
        if (input.segment.flags.syn() ? pass_syn(input, state, result) : state.pass_ordinary(input)) return;
        const seen_segment seen{input.segment,          input.connection, input.ends,      input.verdict.kinds,
                                input.verdict.evidence, input.sender,     input.direction, input.previous_is_open};
        if (!state.pass_ack_or_fin(seen)) observe_rare(seen, state, result);
    }
    /// Takes in the first SYN of a side, with or without ACK, if it is ordinary otherwise. False, and nothing has changed, for all others.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE static constexpr bool
    pass_syn(const observer_input& input, connection_state& state, facts& result) noexcept {
        const segment& syn = input.segment;
        if (input.verdict.kinds != verdict_kinds::none || input.previous_is_open) return false;
        if (input.connection.statistics(input.direction).packets != 1) return false;
        const std::uint16_t id = syn.ip_id.value_or(std::uint16_t{0});
        if (!state.pass_first_syn(syn, id, input.sender)) return false;
        result.irregularities.begin(input.direction, syn.sequence.value, id);
        return true;
    }
    /// Takes in any other segment: see detail::passes_ordinary.
    TCPLENS_ALWAYS_INLINE constexpr void observe_rare(const detail::seen_segment& input, connection_state& state,
                                                      facts& result) const noexcept {
        observe_with_care(input, state, result);
    }

    /// Takes in an ICMP error that quotes a segment of the connection.
    constexpr void take_notice(const observer_input::notice& next, connection_state&, facts& result) const noexcept {
        using enum irregularity;
        const icmp_notice& error = next.error;
        const auto add = [&](irregularity kind) {
            result.irregularities.add(kind, next.quoted_direction, error.packet_number, error.time);
        };
        if (connection_state::knows_numbers(next.quoted_sender, next.ends)) {
            // What was quoted on its way may have been acknowledged since, if a copy arrived.
            const sequence_number from = next.ends[next.quoted_sender].first;
            const sequence_number end = connection_state::next_of(next.quoted_sender, next.ends);
            if (before(error.quoted_sequence, from) || before(end, error.quoted_sequence)) add(icmp_out_of_place);
        }
        switch (error.about) {
        case icmp_notice::subject::unreachable: add(icmp_unreachable); break;
        case icmp_notice::subject::packet_too_big: add(icmp_packet_too_big); break;
        case icmp_notice::subject::time_exceeded: add(icmp_time_exceeded); break;
        default: add(icmp_other);
        }
    }

private:
    static constexpr std::uint16_t far_step = 4096; ///< an Identification so far away was not counted by that sender
    static constexpr std::uint8_t lost_times = 3;   ///< sent again so often: R1 of RFC 9293 section 3.8.3
    static constexpr std::uint32_t small_segment = 536; ///< bytes that every path passes on (RFC 9293 section 3.7.1)
    static constexpr int soon = 10; ///< a RST comes too soon in less than this part of its sender's time to answer

    using seen_segment = detail::seen_segment;
    using side_memory = detail::irregularity_memory::rare;
    using end_state = detail::end_state;
    using seen_reset = connection_irregularities::reset;

    /// Where an irregularity is counted.
    struct note {
        const seen_segment& input;
        connection_irregularities& found;
        // Out of line: few segments have an irregularity, and the path of those that have none stays short.
        TCPLENS_NOINLINE constexpr void add(irregularity kind) const noexcept {
            found.add(kind, input.direction, input.segment.packet_number, input.segment.time);
        }
        [[nodiscard]] constexpr side peer() const noexcept { return opposite(input.sender); }
    };

    TCPLENS_NOINLINE static constexpr void observe_with_care(const seen_segment& input, connection_state& state,
                                                             facts& result) noexcept {
        const segment& sent = input.segment;
        const note where{input, result.irregularities};
        const std::uint64_t word = connection_state::header_word(sent);
        side_memory& sender = state.sides[input.sender];
        if (input.has(verdict_kinds::duplicate)) return; // made by the network or the capture
        if (word == state.header[input.sender]) {        // only its numbers need care
            take_data(where, state, false);
            state.remember_latest(sent, input.sender);
            return;
        }
        if (sent.checksum == checksum_state::bad) {
            where.add(irregularity::bad_checksum); // the receiver drops it
            return;
        }
        const bool answers_misfit = state.did_not_fit && state.misfit_by != input.sender;
        state.did_not_fit = false;
        if (sent.flags.rst()) {
            state.did_not_fit = take_rst(where, state);
            if (state.did_not_fit) state.misfit_by = input.sender;
        } else {
            if (sent.flags.syn()) {
                take_syn(where, state);
            } else {
                take_data(where, state, answers_misfit);
            }
            take_clock(where, sender);
            if (sender.hop_limit != 0 && sender.hop_limit != sent.hop_limit) {
                where.add(irregularity::hop_limit_changed);
            }
            if (sender.sent_rst && !sender.settled_rst) settle_rst(where, sender);
        }
        constexpr std::uint16_t ece_and_cwr = 0x0c0;
        if (sent.ecn == 3 || (sent.flags.bits & ece_and_cwr) != 0 || sent.oddities != segment::oddity_set::none) {
            take_marks(where);
        }
        state.learn(input);
    }

    /// \return whether a receiver that follows RFC 5961 would not believe it
    TCPLENS_NOINLINE static constexpr bool take_rst(const note& where, connection_state& state) noexcept {
        using enum irregularity;
        const segment& rst = where.input.segment;
        const side by = where.input.sender;
        side_memory& sender = state.sides[by];
        const bool sender_heard = sender.hop_limit != 0;
        seen_reset seen{.packet = rst.packet_number,
                        .time = rst.time,
                        .sent_in = where.input.direction,
                        .place = place_of(where, state),
                        .hop_limit = rst.hop_limit,
                        .usual_hop_limit = sender.hop_limit,
                        .ip_id = rst.ip_id,
                        .ip_id_before = state.ip_id[by]};
        if (state.sides[where.peer()].hop_limit != 0) seen.since_peer = rst.time - state.time[where.peer()];
        if (rst.flags.syn() || rst.flags.fin()) where.add(odd_flags);
        using place_type = seen_reset::place_type;
        if (seen.place == place_type::in_window) where.add(rst_in_window);
        if (seen.place == place_type::outside) where.add(rst_outside_window);
        if (rst.flags.ack() && acknowledges_nothing(where)) where.add(rst_acknowledges_nothing);
        if (answers_nothing(where, sender_heard)) {
            const connection& of = where.input.connection;
            where.found.add(ack_on_nothing, opposite(where.input.direction), of.first_packet, of.first_time);
        }
        // Only what comes straight after a segment can be its answer.
        if (sender_heard && sender.answer_time.count() > 0 && state.time[where.peer()] > state.time[by] &&
            seen.since_peer * soon < sender.answer_time) {
            where.add(rst_too_soon);
        }
        if (where.input.ends[by].sent_fin) where.add(rst_after_fin);
        if (sender.sent_rst) {
            where.add(rst_repeated);
        } else {
            sender.sent_rst = true;
            sender.rst_packet = rst.packet_number;
            sender.rst_time = rst.time;
            sender.rst_hop_limit = rst.hop_limit;
            sender.next_at_rst = connection_state::next_of(by, where.input.ends);
        }
        if (sender_heard && rst.hop_limit != sender.hop_limit) {
            where.add(rst_hop_limit);
            sender.settled_rst = true;
        }
        if (rst.ip_id && *rst.ip_id != 0 && state.ip_id[by]) {
            const auto step = static_cast<std::uint16_t>(*rst.ip_id - *state.ip_id[by]);
            const std::uint64_t packets = where.input.connection.statistics(where.input.direction).packets - 1;
            const bool is_far = step > far_step && step < UINT16_MAX - far_step;
            if (is_far && sender.counts_ids(*state.ip_id[by], packets)) where.add(rst_ip_id);
        }
        where.found.add(seen);
        return seen.place == place_type::in_window || seen.place == place_type::outside;
    }

    /// Where the number of a RST lies.
    [[nodiscard]] static constexpr seen_reset::place_type place_of(const note& where,
                                                                   connection_state& state) noexcept {
        using enum seen_reset::place_type;
        constexpr std::uint32_t least_window = 65'535; // what is offered at least where the window is not known
        const side by = where.input.sender;
        const per_side<end_state>& ends = where.input.ends;
        if (!connection_state::knows_numbers(by, ends)) return unknown;
        const sequence_number number = where.input.segment.sequence;
        const std::int32_t above = distance(connection_state::next_of(by, ends), number);
        const std::int32_t beyond = distance(connection_state::unacknowledged_of(by, ends), number);
        if (beyond >= 0 && above <= 0) return exact;
        state.widen_reach(where.peer(), ends);
        const std::uint32_t window =
            state.scale_known(where.peer(), ends) ? state.reach[where.peer()] - 1 : least_window;
        return above > 0 && static_cast<std::uint32_t>(beyond) <= window ? in_window : outside;
    }

    [[nodiscard]] static constexpr bool acknowledges_nothing(const note& where) noexcept {
        const per_side<end_state>& ends = where.input.ends;
        if (!connection_state::knows_numbers(where.peer(), ends)) return false;
        const sequence_number number = where.input.segment.acknowledgment;
        const sequence_number next = connection_state::next_of(where.peer(), ends);
        const std::int32_t beyond = distance(connection_state::unacknowledged_of(where.peer(), ends), number);
        // The answer to a first SYN acknowledges it (RFC 9293 section 3.10.7.1).
        const bool is_first_answer = !ends[where.input.sender].acknowledged_any && next != ends[where.peer()].first;
        return distance(next, number) > 0 || beyond < 0 || (is_first_answer && beyond == 0);
    }

    /// Whether a RST answers an ACK of no connection, as RFC 9293 section 3.10.7.1 has it.
    [[nodiscard]] static constexpr bool answers_nothing(const note& where, bool sender_heard) noexcept {
        const connection& of = where.input.connection;
        const direction_statistics& own = of.statistics(where.input.direction);
        const direction_statistics& other = of.statistics(opposite(where.input.direction));
        return !sender_heard && own.packets == 1 && of.handshake == handshake_state::incomplete && other.packets > 0 &&
               other.ack == other.packets && other.syn + other.rst + other.fin == 0 && other.payload_bytes == 0 &&
               where.input.segment.sequence == where.input.ends[where.peer()].acknowledged;
    }

    TCPLENS_NOINLINE static constexpr void take_syn(const note& where, connection_state& state) noexcept {
        using enum irregularity;
        const segment& syn = where.input.segment;
        side_memory& sender = state.sides[where.input.sender];
        if (sender.sent_rst) where.add(sent_after_rst);
        if (syn.flags.fin()) where.add(odd_flags);
        where.found.begin(where.input.direction, syn.sequence.value, syn.ip_id.value_or(std::uint16_t{0}));
        if (!syn.flags.ack()) {
            if (syn.acknowledgment.value != 0) where.add(number_without_ack);
            state.offers_ecn = syn.flags.ece() && syn.flags.cwr();
            state.offers_accurate_ecn = state.offers_ecn && syn.flags.ae();
            if (state.offers_ecn) where.found.set_ecn(connection_irregularities::ecn_state::offered);
            // Another number than that of the connection's own SYN begins another connection, which shows it.
            if (where.input.previous_is_open) where.add(syn_while_open);
            return;
        }
        if (!sender.has_syn_ack) {
            sender.has_syn_ack = true;
            sender.syn_ack = syn.sequence;
            state.take_answer_time(where.input.segment, where.input.sender);
            answer_ecn(where, state);
        } else if (syn.sequence != sender.syn_ack && !state.sides[where.peer()].sent_rst) {
            // Behind a RST of its peer a host may begin anew, with another number.
            where.add(second_syn_ack);
        }
    }

    /// RFC 3168 section 6.1.1; RFC 9768 section 3.1.1, table 2.
    static constexpr void answer_ecn(const note& where, const connection_state& state) noexcept {
        using enum connection_irregularities::ecn_state;
        if (!state.offers_ecn) return;
        const tcp_flags flags = where.input.segment.flags;
        const unsigned answer = (flags.ae() ? 4U : 0U) + (flags.cwr() ? 2U : 0U) + (flags.ece() ? 1U : 0U);
        if (answer == 1 || (state.offers_accurate_ecn && answer == 5)) where.found.set_ecn(classic);
        else if (state.offers_accurate_ecn && answer != 0 && answer != 7) where.found.set_ecn(accurate);
    }

    TCPLENS_ALWAYS_INLINE static constexpr void take_data(const note& where, connection_state& state,
                                                          bool answers_misfit) noexcept {
        using enum irregularity;
        const segment& sent = where.input.segment;
        const side_memory& sender = state.sides[where.input.sender];
        if (!sent.flags.ack()) {
            if (sent.payload_length == 0) where.add(odd_flags);
            if (sent.acknowledgment.value != 0) where.add(number_without_ack);
        }
        const bool bare = sent.sequence_length() == 0 && sent.flags.ack();
        if (bare && sender.hop_limit != 0 && state.sides[where.peer()].has_syn_ack)
            state.take_answer_time(where.input.segment, where.input.sender);
        // What was under way when the RST was sent may come after it; what is new was sent by somebody who knows of none.
        if (sender.sent_rst && before(sender.next_at_rst, sent.sequence_end())) where.add(sent_after_rst);
        if (answers_misfit && bare) where.add(challenge_ack);
        if (sent.window == 0 && !sent.flags.fin()) where.add(zero_window);
        if (sent.payload_length > 0) {
            take_reach(where, state);
            if (where.input.has(verdict_kinds::retransmission)) take_copy(where, state);
            state.bare_run = {};
        } else if (where.input.has(verdict_kinds::keep_alive | verdict_kinds::keep_alive_ack |
                                   verdict_kinds::zero_window_probe_ack)) {
            state.bare_run = {};
        } else if (bare && state.count_bare(where.input.sender)) {
            where.add(ack_storm);
        }
    }

    /// Data, and the windows that its receiver offered.
    static constexpr void take_reach(const note& where, connection_state& state) noexcept {
        const segment& sent = where.input.segment;
        const per_side<end_state>& ends = where.input.ends;
        if (!ends[where.peer()].heard) state.reach[where.peer()] = UINT32_MAX;
        if (sent.payload_length <= 1 || !ends[where.peer()].acknowledged_any || !ends[where.input.sender].goes_on) {
            return;
        }
        state.widen_reach(where.peer(), ends);
        if (!state.scale_known(where.peer(), ends)) return;
        const std::int32_t beyond =
            distance(ends[where.peer()].acknowledged + state.reach[where.peer()], sent.sequence_end());
        if (beyond > 0 && beyond < detail::max_window_distance) where.add(irregularity::data_beyond_window);
    }

    /// Data that was sent before.
    TCPLENS_NOINLINE static constexpr void take_copy(const note& where, connection_state& state) noexcept {
        using enum irregularity;
        const segment& sent = where.input.segment;
        if (contains_any(where.input.evidence, evidence_set::silence)) where.add(timeout);
        side_memory& sender = state.sides[where.input.sender];
        const end_state& receiver = where.input.ends[where.peer()];
        const bool waits = receiver.acknowledged_any && receiver.acknowledged == sent.sequence;
        if (!waits || sent.payload_length <= small_segment || where.input.has(verdict_kinds::zero_window_probe)) return;
        if (sender.lost_times == 0 || sender.lost != sent.sequence) {
            sender.lost = sent.sequence;
            sender.lost_times = 0;
        }
        if (sender.lost_times < lost_times && ++sender.lost_times == lost_times) where.add(large_segment_lost);
    }

    /// Bits of the headers that few segments have.
    TCPLENS_NOINLINE static constexpr void take_marks(const note& where) noexcept {
        using enum irregularity;
        const segment& sent = where.input.segment;
        if (sent.ecn == 3) where.add(congestion_experienced);
        if (!sent.flags.syn() && where.found.ecn() != connection_irregularities::ecn_state::accurate) {
            if (sent.flags.ece()) where.add(ece);
            if (sent.flags.cwr()) where.add(cwr);
        }
        if (contains_any(sent.oddities, segment::oddity_set::reserved_bits)) where.add(reserved_bits);
        if (contains_any(sent.oddities, segment::oddity_set::urgent_pointer)) where.add(urgent_pointer);
        if (contains_any(sent.oddities, segment::oddity_set::tiny_fragment)) where.add(tiny_fragment);
    }

    /// The first segment after the first RST of a side, if the hop limit of that has not been compared.
    TCPLENS_NOINLINE static constexpr void settle_rst(const note& where, side_memory& sender) noexcept {
        sender.settled_rst = true;
        const bool differs = sender.hop_limit == 0 && sender.rst_hop_limit != where.input.segment.hop_limit;
        if (!differs) return;
        where.found.add(irregularity::rst_hop_limit, where.input.direction, sender.rst_packet, sender.rst_time);
    }

    /// A side's clock runs forward. That timestamps end says little, though RFC 7323 section 3.2 forbids it: middleboxes leave them out.
    TCPLENS_ALWAYS_INLINE static constexpr void take_clock(const note& where, side_memory& sender) noexcept {
        const segment& sent = where.input.segment;
        if (!sent.options.timestamps) return;
        const std::uint32_t now = sent.options.timestamps->value;
        if (sender.has_clock && !sender.fits_clock(static_cast<std::int32_t>(now - sender.clock), sent.time)) {
            where.add(irregularity::clock_changed);
        }
        sender.set_clock(now, sent.time);
    }
};

static_assert(check_observer<irregularity_observer>());

} // namespace tcplens::inline v1
