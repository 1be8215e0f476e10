// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "connection_observer.hpp"
#include "connection_opening.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// Adds to each connection, as member `opening`, how it was opened.
///
/// Of each end the observer remembers the latest `remembered` copies of its SYN, and the first segment that may answer its peer's. A
/// forged RST with any numbers can make an attempt that nothing answered seem refused, until an answer comes. Nothing changes
/// the outcome `established`.
class opening_observer {
public:
    /// The number of copies of a SYN that are remembered for each end.
    static constexpr std::size_t remembered = 2;
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "opening_observer";

    /// The member `opening` of the connection.
    struct facts {
        connection_opening opening{}; ///< The opening, up to date after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept {
            using enum opening_outcome;
            std::swap(opening.client, opening.server);
            if (opening.outcome == aborted_by_client) opening.outcome = aborted_by_server;
            else if (opening.outcome == aborted_by_server) opening.outcome = aborted_by_client;
        }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    /// A SYN, or SYN-ACK.
    struct syn_copy {
        timestamp time{};
        sequence_number initial{};
        std::uint32_t data = 0;  ///< payload bytes
        std::uint32_t clock = 0; ///< of its timestamps option, if has_clock
        bool has_clock = false;
    };
    /// A segment with an acknowledgment that may be of the peer's SYN.
    struct syn_answer {
        timestamp time{};
        sequence_number acknowledged{};
        std::uint32_t echo = 0;
        bool has_echo = false;
        bool syn = false;
    };
    /// What is remembered of one end.
    struct end_state {
        std::array<syn_copy, remembered> copies{}; ///< its SYNs, oldest first
        std::optional<syn_answer> first_answer{};
        std::optional<connection_opening::handshake_half> half{}; ///< to this end and back
        std::optional<sequence_number> early_rst{}; ///< what a RST acknowledged that came before the peer's SYN
        std::uint8_t copy_count = 0;
        bool without_ack = false;   ///< its SYNs are no SYN-ACKs
        bool answered_peer = false; ///< `first_answer` acknowledges the peer's SYN
        bool sent_rst = false;      ///< it sent a RST that ends the attempt
        bool spoke = false;         ///< it sent a segment that is neither SYN nor RST
        bool settled = false;       ///< only a SYN or a RST of it can change anything

        [[nodiscard]] static constexpr bool is_consistent(const end_state& end) noexcept {
            return end.copy_count <= remembered && (!end.answered_peer || end.first_answer);
        }
    };

    struct connection_memory {
        per_side<end_state> ends{};
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        end_state& sender = state.ends[input.sender];
        const tcp_flags flags = input.segment.flags;
        const bool speaks = !flags.syn() && !flags.rst();
        if (sender.settled && speaks) return;
        if (speaks) sender.spoke = true;
        else state.ends[side::first].settled = state.ends[side::second].settled = false;
        if (input.verdict.has(verdict_kinds::duplicate)) {
            // A copy that the network or the capture made is no other transmission; but the table may conclude something from it.
        } else if (flags.rst()) {
            take_rst(input, state);
        } else {
            if (flags.syn()) take_syn(input, state, result.opening);
            if (flags.ack()) take_answer(input, state, result.opening);
        }
        update(input, state, result.opening);
        // A SYN with a RST opens nothing, but shows the client.
        const bool no_syn = input.connection.role_basis != role_basis::syn && sender.copy_count == 0 &&
                            state.ends[opposite(input.sender)].copy_count == 0;
        sender.settled = speaks && (no_syn || result.opening.outcome == opening_outcome::established);
    }

private:
    /// How far an acknowledgment of a SYN may lie beyond it: no more than an unscaled window is sent before the SYN is answered.
    static constexpr std::int32_t max_unscaled_window = 65'535;

    [[nodiscard]] static constexpr bool covers(sequence_number acknowledgment, sequence_number initial) noexcept {
        const std::int32_t beyond = distance(initial + 1, acknowledgment);
        return beyond >= 0 && beyond <= max_unscaled_window;
    }
    [[nodiscard]] static constexpr bool covers_any(sequence_number acknowledgment, const end_state& end) noexcept {
        for (std::size_t i = 0; i < end.copy_count; ++i) {
            if (covers(acknowledgment, end.copies[i].initial)) return true;
        }
        return false;
    }
    /// Whether an acknowledgment is of a SYN of the end with its data, and of no more.
    [[nodiscard]] static constexpr bool is_of_syn(sequence_number acknowledgment, const end_state& end) noexcept {
        for (std::size_t i = 0; i < end.copy_count; ++i) {
            const std::int32_t beyond = distance(end.copies[i].initial + 1, acknowledgment);
            if (beyond >= 0 && static_cast<std::uint32_t>(beyond) <= end.copies[i].data) return true;
        }
        return false;
    }
    [[nodiscard]] static constexpr direction direction_from(const observer_input& input, side from) noexcept {
        return from == input.sender ? input.direction : opposite(input.direction);
    }
    [[nodiscard]] static constexpr connection_opening::syn_transmissions&
    sent_by(side from, const observer_input& input, connection_opening& opening) noexcept {
        return direction_from(input, from) == direction::client_to_server ? opening.client : opening.server;
    }
    /// Only a SYN-ACK answers a SYN, and anything but a SYN answers a SYN-ACK.
    [[nodiscard]] static constexpr bool is_answer(const syn_answer& answer, const end_state& asked) noexcept {
        return answer.syn == asked.without_ack && covers_any(answer.acknowledged, asked);
    }

    static constexpr void take_syn(const observer_input& input, connection_state& state,
                                   connection_opening& opening) noexcept {
        const segment& syn = input.segment;
        const auto other = opposite(input.sender);
        end_state& sender = state.ends[input.sender];
        end_state& peer = state.ends[other];
        const bool pure = !syn.flags.ack();
        if (sender.without_ack && !pure) return; // a simultaneous open: its SYN is known, and this is the answer
        // An answer to another SYN changes nothing (RFC 9293 3.10.7.3).
        if (!pure && peer.copy_count > 0 && !covers_any(syn.acknowledgment, peer)) return;
        connection_opening::syn_transmissions& sent = sent_by(input.sender, input, opening);
        if (pure && !sender.without_ack) { // all that is known is of a SYN-ACK that was captured before
            sent = {};
            sender.copy_count = 0;
            sender.half.reset();
            peer.answered_peer = false;
            sender.without_ack = true;
        }
        if (!pure) sender.sent_rst = false; // it accepts what it had refused
        count_syn(syn, peer.answered_peer, sent);
        remember_syn(syn, sender);
        // What answers it may have been captured before it.
        if (peer.first_answer && !peer.answered_peer) {
            if (is_answer(*peer.first_answer, sender)) find_answered_copy(input.sender, input, state, opening);
            else peer.first_answer.reset();
        }
        if (peer.early_rst && is_of_syn(*peer.early_rst, sender)) peer.sent_rst = true;
        peer.early_rst.reset();
    }

    static constexpr void count_syn(const segment& syn, bool answered,
                                    connection_opening::syn_transmissions& sent) noexcept {
        if (sent.count++ == 0) {
            sent.first = syn.time;
        } else {
            const auto wait = (std::max)(syn.time - sent.last, std::chrono::nanoseconds::zero());
            if (sent.count == 2) sent.first_wait = wait;
            sent.longest_wait = (std::max)(sent.longest_wait, wait);
        }
        sent.last = syn.time;
        if (sent.count > 1 && answered) return;
        sent.offers = {.maximum_segment_size = syn.options.maximum_segment_size,
                       .window_scale = syn.options.window_scale,
                       .sack = syn.options.sack_permitted,
                       .timestamps = syn.options.timestamps.has_value(),
                       // RFC 3168 6.1.1: a SYN-ACK with both flags only mirrors the SYN.
                       .ecn = syn.flags.ece() && syn.flags.cwr() == !syn.flags.ack(),
                       .cut = syn.options.cut,
                       .fast_open = syn.options.fast_open,
                       .data = syn.payload_length};
    }

    static constexpr void remember_syn(const segment& syn, end_state& sender) noexcept {
        if (sender.copy_count == remembered) {
            std::move(sender.copies.begin() + 1, sender.copies.end(), sender.copies.begin());
            --sender.copy_count;
        }
        sender.copies[sender.copy_count++] = {.time = syn.time,
                                              .initial = syn.sequence,
                                              .data = syn.payload_length,
                                              .clock = syn.options.timestamps ? syn.options.timestamps->value : 0,
                                              .has_clock = syn.options.timestamps.has_value()};
    }

    static constexpr void take_answer(const observer_input& input, connection_state& state,
                                      connection_opening& opening) noexcept {
        const auto other = opposite(input.sender);
        end_state& sender = state.ends[input.sender];
        const end_state& peer = state.ends[other];
        const bool waits = peer.copy_count == 0; // for the peer's SYN
        if (sender.answered_peer || (waits && sender.first_answer)) return;
        const auto& stamps = input.segment.options.timestamps;
        const syn_answer answer{.time = input.segment.time,
                                .acknowledged = input.segment.acknowledgment,
                                .echo = stamps ? stamps->echo : 0,
                                .has_echo = stamps.has_value(),
                                .syn = input.segment.flags.syn()};
        if (!waits && !is_answer(answer, peer)) return;
        sender.first_answer = answer;
        if (!waits) find_answered_copy(other, input, state, opening);
    }

    /// The SYN of one side has been answered: finds out which of its copies.
    static constexpr void find_answered_copy(side asking, const observer_input& input, connection_state& state,
                                             connection_opening& opening) noexcept {
        end_state& asked = state.ends[asking];
        end_state& answering = state.ends[opposite(asking)];
        const connection_opening::syn_transmissions& sent = sent_by(asking, input, opening);
        const syn_answer& answer = *answering.first_answer;
        answering.answered_peer = true;
        std::size_t fitting = 0;
        std::size_t echoed = 0;
        std::size_t latest = 0;
        bool exactly = false; // the answer acknowledges the numbers of the copy, and no more
        const auto is_echoed = [&](const syn_copy& copy) {
            return answer.has_echo && copy.has_clock && copy.clock == answer.echo;
        };
        const auto acknowledged_data = [&](const syn_copy& copy) {
            return static_cast<std::uint32_t>(distance(copy.initial + 1, answer.acknowledged));
        };
        for (std::size_t i = 0; i < asked.copy_count; ++i) {
            const syn_copy& copy = asked.copies[i];
            if (!covers(answer.acknowledged, copy.initial)) continue;
            const bool fits = acknowledged_data(copy) <= copy.data;
            if (exactly && !fits) continue;
            if (fits && !exactly) fitting = echoed = 0; // the others do not
            exactly = fits;
            ++fitting;
            echoed += is_echoed(copy);
            latest = i;
        }
        const syn_copy& taken = asked.copies[latest];
        const bool alone = fitting == 1 && sent.count <= remembered;
        const bool known_by_clock = echoed == 1 && is_echoed(taken);
        asked.half = {.sent = taken.time,
                      .answered = answer.time,
                      .transmission = sent.count - static_cast<std::uint32_t>(asked.copy_count - 1 - latest),
                      .certain = (alone || known_by_clock) && exactly};
        if (direction_from(input, asking) == direction::client_to_server) {
            opening.syn_data_accepted = (std::min)(acknowledged_data(taken), taken.data);
        }
    }

    static constexpr void take_rst(const observer_input& input, connection_state& state) noexcept {
        const segment& rst = input.segment;
        end_state& sender = state.ends[input.sender];
        const end_state& peer = state.ends[opposite(input.sender)];
        const bool acknowledges = rst.flags.ack();
        if (sender.copy_count == 0 && peer.copy_count == 0) {
            if (acknowledges) sender.early_rst = rst.acknowledgment;
            return;
        }
        if (peer.sent_rst) return; // the attempt was over
        // By RFC 9293 3.10.7.3 a RST acknowledges the SYN; some hosts that refuse it acknowledge nothing.
        const bool answers = acknowledges && is_of_syn(rst.acknowledgment, peer);
        const bool goes_on = covers_any(rst.sequence, sender) || covers_any(rst.sequence + 1, sender);
        if (answers || (sender.copy_count == 0 ? !acknowledges : goes_on)) sender.sent_rst = true;
    }

    static constexpr void update(const observer_input& input, const connection_state& state,
                                 connection_opening& opening) noexcept {
        const bool from_client = input.direction == direction::client_to_server;
        const end_state& client = state.ends[from_client ? input.sender : opposite(input.sender)];
        const end_state& server = state.ends[from_client ? opposite(input.sender) : input.sender];
        opening.outcome = outcome_of(input.connection, client, server);
        opening.simultaneous = client.without_ack && server.without_ack;
        connection_opening::handshake_times& times = opening.times;
        times = {.to_server = client.half, .to_client = server.half};
        if (opening.client.count > 0) times.syn = opening.client.first;
        if (opening.server.count > 0) times.syn_ack = opening.server.first;
        if (client.answered_peer) times.ack = client.first_answer->time;
    }

    [[nodiscard]] static constexpr opening_outcome outcome_of(const connection& connection, const end_state& client,
                                                              const end_state& server) noexcept {
        using enum opening_outcome;
        if (connection.handshake == handshake_state::completed) return established;
        if (connection.role_basis != role_basis::syn) return client.spoke || server.spoke ? midstream : unsolicited;
        if (client.sent_rst) return aborted_by_client;
        if (server.sent_rst) return server.copy_count == 0 ? refused : aborted_by_server;
        // A client that goes on after its SYN has got an answer, captured or not.
        return server.copy_count > 0 || client.spoke ? half_open : ignored;
    }
};

static_assert(check_observer<opening_observer>());

} // namespace tcplens::inline v1
