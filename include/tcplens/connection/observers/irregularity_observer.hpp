// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "connection_irregularities.hpp"
#include "connection_observer.hpp"

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// Adds to each connection, as member `irregularities`, what ordinary stacks and paths seldom do: RSTs that do not fit, second
/// SYN-ACKs, flags that make no sense, and more: see tcplens::irregularity.
///
/// About 560 bytes a connection. An off-path attacker can make any of these occur, so they are observations about the connection and not
/// about the host that is named in the packets.
class irregularity_observer {
public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
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

private:
    /// What is remembered of one side.
    struct side_memory {
        detail::send_sequence_space space{};
        sequence_number syn_ack{};      ///< of its first SYN-ACK, if has_syn_ack
        std::uint64_t rst_packet = 0;   ///< its first RST, if sent_rst
        std::uint16_t ip_id = 0;        ///< of its latest segment with one
        std::uint8_t id_steps = 0;      ///< how many of its Identifications followed closely, up to steps_of_counter
        std::uint8_t hop_limit = 0;     ///< of its latest segment without RST; 0 before it
        std::uint8_t rst_hop_limit = 0; ///< of its first RST; 0 before it
        bool has_syn_ack = false;
        bool sent_fin = false;
        bool sent_rst = false;
        bool settled_rst = false;  ///< the hop limit of its first RST has been compared
        bool acknowledged = false; ///< it has acknowledged something
    };

    struct connection_memory {
        per_side<side_memory> sides{};
        side last_ack{};          ///< who sent the last segment of the run
        std::uint8_t ack_run = 0; ///< ACKs without data that alternate between the sides, up to storm
        bool did_not_fit = false; ///< the segment before was a RST or SYN that did not fit
        side misfit_by{};         ///< who sent that
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        using enum irregularity;
        const segment& sent = input.segment;
        if (input.verdict.has(verdict_kinds::duplicate)) return; // made by the network or the capture
        note where{input, result.irregularities};
        if (sent.checksum == checksum_state::bad) {
            where.add(bad_checksum); // the receiver drops it
            return;
        }
        side_memory& sender = state.sides[input.sender];
        const side_memory& receiver = state.sides[opposite(input.sender)];
        const bool answers_misfit = state.did_not_fit && state.misfit_by != input.sender;
        state.did_not_fit = false;
        bool misfit = false;
        if (sent.flags.rst()) misfit = take_rst(where, sender, receiver);
        else if (sent.flags.syn()) misfit = take_syn(where, sender);
        else take_data(where, state, answers_misfit);
        take_headers(where, sender);
        if (misfit) {
            state.did_not_fit = true;
            state.misfit_by = input.sender;
        }
        sender.space.on_sent(sent);
        state.sides[opposite(input.sender)].space.on_received(sent);
        sender.sent_fin |= sent.flags.fin();
        if (sent.flags.ack() && !sent.flags.rst()) sender.acknowledged = true;
    }

private:
    static constexpr std::uint8_t steps_of_counter = 3; ///< so many close steps make a counter
    static constexpr std::uint16_t close_step =
        64; ///< one counter for several connections moves on between two segments
    static constexpr std::uint16_t far_step = 4096; ///< an Identification so far away was not counted by that sender
    static constexpr std::uint8_t storm = 16;       ///< no handshake, close or keep-alive alternates so often
    static constexpr std::uint32_t least_window = 65'535; ///< what is offered at least where the window is not known

    /// Where an irregularity is counted.
    struct note {
        const observer_input& input;
        connection_irregularities& found;
        constexpr void add(irregularity kind) const noexcept {
            found.add(kind, input.direction, input.segment.packet_number);
        }
    };

    /// \return whether a receiver that follows RFC 5961 would not believe it
    static constexpr bool take_rst(const note& where, side_memory& sender, const side_memory& receiver) noexcept {
        using enum irregularity;
        const segment& rst = where.input.segment;
        bool misfit = false;
        if (sender.space.known()) {
            const std::int32_t above = distance(sender.space.next(), rst.sequence);
            const std::int32_t beyond = distance(sender.space.unacknowledged(), rst.sequence);
            const std::uint32_t window = sender.space.window().value_or(least_window);
            const bool in_flight = beyond >= 0 && above <= 0;
            const bool in_window = above > 0 && static_cast<std::uint32_t>(beyond) <= window;
            if (in_window) where.add(rst_in_window);
            else if (!in_flight) where.add(rst_outside_window);
            misfit = !in_flight;
        }
        if (rst.flags.ack() && receiver.space.known()) {
            const std::int32_t above = distance(receiver.space.next(), rst.acknowledgment);
            const std::int32_t beyond = distance(receiver.space.unacknowledged(), rst.acknowledgment);
            // The answer to a first SYN acknowledges it (RFC 9293 section 3.10.7.1).
            const bool is_first_answer = !sender.acknowledged && receiver.space.in_flight() > 0;
            if (above > 0 || beyond < 0 || (is_first_answer && beyond == 0)) where.add(rst_acknowledges_nothing);
        }
        if (sender.sent_fin) where.add(rst_after_fin);
        if (sender.sent_rst) {
            where.add(rst_repeated);
        } else {
            sender.sent_rst = true;
            sender.rst_packet = rst.packet_number;
            sender.rst_hop_limit = rst.hop_limit;
        }
        if (sender.hop_limit != 0 && rst.hop_limit != sender.hop_limit) {
            where.add(rst_hop_limit);
            sender.settled_rst = true;
        }
        if (rst.ip_id && *rst.ip_id != 0 && sender.id_steps == steps_of_counter) {
            const auto step = static_cast<std::uint16_t>(*rst.ip_id - sender.ip_id);
            if (step > far_step && step < UINT16_MAX - far_step) where.add(rst_ip_id);
        }
        return misfit;
    }

    /// \return whether it was a SYN into an open connection
    static constexpr bool take_syn(const note& where, side_memory& sender) noexcept {
        using enum irregularity;
        const segment& syn = where.input.segment;
        if (sender.sent_rst) where.add(sent_after_rst);
        if (syn.flags.fin()) where.add(odd_flags);
        if (!syn.flags.ack()) {
            const bool open = where.input.connection.handshake == handshake_state::completed;
            if (open) where.add(syn_while_open);
            if (syn.acknowledgment.value != 0) where.add(number_without_ack);
            return open;
        }
        if (sender.has_syn_ack && syn.sequence != sender.syn_ack) where.add(second_syn_ack);
        if (!sender.has_syn_ack) sender.syn_ack = syn.sequence;
        sender.has_syn_ack = true;
        return false;
    }

    static constexpr void take_data(const note& where, connection_memory& state, bool answers_misfit) noexcept {
        using enum irregularity;
        const segment& sent = where.input.segment;
        const side_memory& sender = state.sides[where.input.sender];
        const bool bare = sent.sequence_length() == 0 && sent.flags.ack();
        if (!sent.flags.ack()) {
            if (sent.payload_length == 0) where.add(odd_flags);
            if (sent.acknowledgment.value != 0) where.add(number_without_ack);
        }
        // What was under way when the RST was sent may come after it; what is new was sent by somebody who knows of none.
        const bool is_new = sender.space.known() && before(sender.space.next(), sent.sequence_end());
        if (sender.sent_rst && is_new) where.add(sent_after_rst);
        if (answers_misfit && bare) where.add(challenge_ack);
        const auto window = sender.space.window();
        if (sent.payload_length > 1 && window && sender.space.known() && sender.acknowledged) {
            const std::int32_t beyond = distance(sender.space.unacknowledged() + *window, sent.sequence_end());
            if (beyond > 1) where.add(data_beyond_window);
        }
        const bool goes_on = bare && state.last_ack != where.input.sender &&
                             !where.input.verdict.has(verdict_kinds::keep_alive) &&
                             !where.input.verdict.has(verdict_kinds::keep_alive_ack);
        state.ack_run = goes_on ? static_cast<std::uint8_t>(state.ack_run + (state.ack_run < storm)) : std::uint8_t{0};
        state.last_ack = where.input.sender;
        if (state.ack_run == storm) where.add(ack_storm);
    }

    static constexpr void take_headers(const note& where, side_memory& sender) noexcept {
        using enum irregularity;
        const segment& sent = where.input.segment;
        if (sent.ecn == 3) where.add(congestion_experienced);
        if (!sent.flags.syn() && sent.flags.ece()) where.add(ece);
        if (!sent.flags.syn() && sent.flags.cwr()) where.add(cwr);
        if (sent.flags.rst()) return;
        if (sender.hop_limit != 0 && sender.hop_limit != sent.hop_limit) where.add(hop_limit_changed);
        if (sender.sent_rst && !sender.settled_rst) {
            sender.settled_rst = true;
            const bool differs = sender.hop_limit == 0 && sender.rst_hop_limit != sent.hop_limit;
            if (differs) where.found.add(rst_hop_limit, where.input.direction, sender.rst_packet);
        }
        sender.hop_limit = sent.hop_limit;
        if (!sent.ip_id) return;
        const auto step = static_cast<std::uint16_t>(*sent.ip_id - sender.ip_id);
        const bool close = step > 0 && step <= close_step;
        if (!close) sender.id_steps = 0;
        else if (sender.id_steps < steps_of_counter) ++sender.id_steps;
        sender.ip_id = *sent.ip_id;
    }
};

static_assert(check_observer<irregularity_observer>());

} // namespace tcplens::inline v1
