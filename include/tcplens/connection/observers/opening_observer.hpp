// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "connection_observer.hpp"
#include "connection_opening.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Tells how each connection was opened.
///
/// Of each end the latest `remembered` copies of its SYN are kept, and the first segment that may answer its peer's. A forged
/// RST with any numbers can make an attempt that nobody answered seem refused, until an answer comes; nothing takes back what
/// was established.
class opening_observer {
public:
    static constexpr std::size_t remembered = 2;
    static constexpr std::string_view saved_as = "opening_observer";

    struct facts {
        connection_opening opening{};

        constexpr void swap_roles() noexcept {
            using enum opening_outcome;
            std::swap(opening.client, opening.server);
            if (opening.outcome == aborted_by_client) opening.outcome = aborted_by_server;
            else if (opening.outcome == aborted_by_server) opening.outcome = aborted_by_client;
        }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    struct connection_state {
        struct copy {
            timestamp time{};
            sequence_number initial{};
            std::uint32_t data = 0;  ///< bytes that it carried
            std::uint32_t clock = 0; ///< of its timestamps option, if it has one
            bool has_clock = false;
        };
        /// A segment with an acknowledgment that may be of the peer's SYN.
        struct answer {
            timestamp time{};
            sequence_number acknowledged{};
            std::uint32_t echo = 0;
            bool has_echo = false;
            bool syn = false;
        };
        struct end {
            std::array<copy, remembered> copies{}; ///< oldest first
            std::optional<answer> first_answer{};
            std::optional<handshake_half> half{};       ///< to this end and back
            std::optional<sequence_number> early_rst{}; ///< what a RST acknowledged that came before the peer's SYN
            std::uint8_t copy_count = 0;
            bool pure = false;          ///< they are without ACK
            bool answered_peer = false; ///< `first_answer` acknowledges the peer's SYN
            bool sent_rst = false;      ///< that ends the attempt
            bool spoke = false;         ///< neither SYN nor RST
            bool quiet = false;         ///< only a SYN or a RST of it can tell more

            [[nodiscard]] static constexpr bool is_consistent(const end& of) noexcept {
                return of.copy_count <= remembered && (!of.answered_peer || of.first_answer);
            }
        };
        per_side<end> ends{};
    };

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        end& own = of.ends[next.sender];
        const tcp_flags flags = next.segment.flags;
        const bool speaks = !flags.syn() && !flags.rst();
        if (own.quiet && speaks) return;
        if (speaks) own.spoke = true;
        else of.ends[side::first].quiet = of.ends[side::second].quiet = false;
        if (next.verdict.has(verdict_kinds::duplicate)) {
            // What the network or the capture copied was not said again; but the table may go by it.
        } else if (flags.rst()) {
            take_rst(next, of);
        } else {
            if (flags.syn()) take_syn(next, of, told.opening);
            if (flags.ack()) take_answer(next, of, told.opening);
        }
        tell(next, of, told.opening);
        // A SYN with a RST opens nothing, but names the client.
        const bool no_syn = next.connection.role_basis != role_basis::syn && own.copy_count == 0 &&
                            of.ends[opposite(next.sender)].copy_count == 0;
        own.quiet = speaks && (no_syn || told.opening.outcome == opening_outcome::established);
    }

private:
    using end = connection_state::end;
    using copy = connection_state::copy;
    using answer = connection_state::answer;

    /// How far an acknowledgment may lie beyond the SYN: no more than an unscaled window is sent before that is answered.
    static constexpr std::int32_t window = 65'535;

    [[nodiscard]] static constexpr bool covers(sequence_number acknowledgment, sequence_number initial) noexcept {
        const std::int32_t beyond = distance(initial + 1, acknowledgment);
        return beyond >= 0 && beyond <= window;
    }
    [[nodiscard]] static constexpr bool covers_any(sequence_number acknowledgment, const end& of) noexcept {
        for (std::size_t i = 0; i < of.copy_count; ++i) {
            if (covers(acknowledgment, of.copies[i].initial)) return true;
        }
        return false;
    }
    /// Whether an acknowledgment is of what its SYN took up, and of no more.
    [[nodiscard]] static constexpr bool is_of_syn(sequence_number acknowledgment, const end& of) noexcept {
        for (std::size_t i = 0; i < of.copy_count; ++i) {
            const std::int32_t beyond = distance(of.copies[i].initial + 1, acknowledgment);
            if (beyond >= 0 && static_cast<std::uint32_t>(beyond) <= of.copies[i].data) return true;
        }
        return false;
    }
    [[nodiscard]] static constexpr direction way_of(const observer_input& next, side from) noexcept {
        return from == next.sender ? next.direction : opposite(next.direction);
    }
    [[nodiscard]] static constexpr syn_transmissions& sent_by(side from, const observer_input& next,
                                                              connection_opening& told) noexcept {
        return way_of(next, from) == direction::client_to_server ? told.client : told.server;
    }
    /// Only a SYN-ACK answers a SYN, and anything but a SYN its SYN-ACK.
    [[nodiscard]] static constexpr bool is_answer(const answer& given, const end& to) noexcept {
        return given.syn == to.pure && covers_any(given.acknowledged, to);
    }

    static constexpr void take_syn(const observer_input& next, connection_state& of,
                                   connection_opening& told) noexcept {
        const segment& syn = next.segment;
        const auto other = opposite(next.sender);
        end& own = of.ends[next.sender];
        end& peer = of.ends[other];
        const bool pure = !syn.flags.ack();
        if (own.pure && !pure) return; // the answer of one that opens simultaneously: its SYN is known
        // An answer to another SYN changes nothing (RFC 9293 3.10.7.3).
        if (!pure && peer.copy_count > 0 && !covers_any(syn.acknowledgment, peer)) return;
        syn_transmissions& sent = sent_by(next.sender, next, told);
        if (pure && !own.pure) { // what is known of it is of a SYN-ACK that was captured before
            sent = {};
            own.copy_count = 0;
            own.half.reset();
            peer.answered_peer = false;
            own.pure = true;
        }
        if (!pure) own.sent_rst = false; // it accepts what it had refused

        if (sent.count++ == 0) {
            sent.first = syn.time;
        } else {
            const auto wait = (std::max)(syn.time - sent.last, std::chrono::nanoseconds::zero());
            if (sent.count == 2) sent.first_wait = wait;
            sent.longest_wait = (std::max)(sent.longest_wait, wait);
        }
        sent.last = syn.time;
        if (sent.count == 1 || !peer.answered_peer) {
            sent.offers = {.maximum_segment_size = syn.options.maximum_segment_size,
                           .window_scale = syn.options.window_scale,
                           .sack = syn.options.sack_permitted,
                           .timestamps = syn.options.timestamps.has_value(),
                           // RFC 3168 6.1.1: a SYN-ACK with both flags only mirrors the SYN.
                           .ecn = syn.flags.ece() && syn.flags.cwr() == pure,
                           .cut = syn.options.cut,
                           .fast_open = syn.options.fast_open,
                           .data = syn.payload_length};
        }

        if (own.copy_count == remembered) {
            std::move(own.copies.begin() + 1, own.copies.end(), own.copies.begin());
            --own.copy_count;
        }
        own.copies[own.copy_count++] = {.time = syn.time,
                                        .initial = syn.sequence,
                                        .data = syn.payload_length,
                                        .clock = syn.options.timestamps ? syn.options.timestamps->value : 0,
                                        .has_clock = syn.options.timestamps.has_value()};
        // What answers it may have been captured before it.
        if (peer.first_answer && !peer.answered_peer) {
            if (is_answer(*peer.first_answer, own)) settle(next.sender, next, of, told);
            else peer.first_answer.reset();
        }
        if (peer.early_rst && is_of_syn(*peer.early_rst, own)) peer.sent_rst = true;
        peer.early_rst.reset();
    }

    static constexpr void take_answer(const observer_input& next, connection_state& of,
                                      connection_opening& told) noexcept {
        const auto other = opposite(next.sender);
        end& own = of.ends[next.sender];
        const end& peer = of.ends[other];
        const bool waits = peer.copy_count == 0; // for the peer's SYN to be captured
        if (own.answered_peer || (waits && own.first_answer)) return;
        const auto& stamps = next.segment.options.timestamps;
        const answer given{.time = next.segment.time,
                           .acknowledged = next.segment.acknowledgment,
                           .echo = stamps ? stamps->echo : 0,
                           .has_echo = stamps.has_value(),
                           .syn = next.segment.flags.syn()};
        if (!waits && !is_answer(given, peer)) return;
        own.first_answer = given;
        if (!waits) settle(other, next, of, told);
    }

    /// The SYN of one side has been answered: which of its copies?
    static constexpr void settle(side whose, const observer_input& next, connection_state& of,
                                 connection_opening& told) noexcept {
        end& asked = of.ends[whose];
        end& by = of.ends[opposite(whose)];
        const syn_transmissions& sent = sent_by(whose, next, told);
        const answer& given = *by.first_answer;
        by.answered_peer = true;
        std::size_t fitting = 0;
        std::size_t echoed = 0;
        std::size_t latest = 0;
        bool exactly = false; // it acknowledges what the copy took up, and no more
        const auto is_echoed = [&](const copy& each) {
            return given.has_echo && each.has_clock && each.clock == given.echo;
        };
        const auto beyond = [&](const copy& each) {
            return static_cast<std::uint32_t>(distance(each.initial + 1, given.acknowledged));
        };
        for (std::size_t i = 0; i < asked.copy_count; ++i) {
            const copy& each = asked.copies[i];
            if (!covers(given.acknowledged, each.initial)) continue;
            const bool fits = beyond(each) <= each.data;
            if (exactly && !fits) continue;
            if (fits && !exactly) fitting = echoed = 0; // the others do not
            exactly = fits;
            ++fitting;
            echoed += is_echoed(each);
            latest = i;
        }
        const copy& taken = asked.copies[latest];
        const bool alone = fitting == 1 && sent.count <= remembered;
        const bool told_by_clock = echoed == 1 && is_echoed(taken);
        asked.half = {.sent = taken.time,
                      .answered = given.time,
                      .transmission = sent.count - static_cast<std::uint32_t>(asked.copy_count - 1 - latest),
                      .certain = (alone || told_by_clock) && exactly};
        if (way_of(next, whose) == direction::client_to_server) {
            told.syn_data_accepted = (std::min)(beyond(taken), taken.data);
        }
    }

    static constexpr void take_rst(const observer_input& next, connection_state& of) noexcept {
        const segment& rst = next.segment;
        end& own = of.ends[next.sender];
        const end& peer = of.ends[opposite(next.sender)];
        const bool acknowledges = rst.flags.ack();
        if (own.copy_count == 0 && peer.copy_count == 0) {
            if (acknowledges) own.early_rst = rst.acknowledgment;
            return;
        }
        if (peer.sent_rst) return; // it was over
        // RFC 9293 3.10.7.3 has a RST acknowledge the SYN; some that refuse it acknowledge nothing.
        const bool answers = acknowledges && is_of_syn(rst.acknowledgment, peer);
        const bool goes_on = covers_any(rst.sequence, own) || covers_any(rst.sequence + 1, own);
        if (answers || (own.copy_count == 0 ? !acknowledges : goes_on)) own.sent_rst = true;
    }

    static constexpr void tell(const observer_input& next, const connection_state& of,
                               connection_opening& told) noexcept {
        const bool from_client = next.direction == direction::client_to_server;
        const end& client = of.ends[from_client ? next.sender : opposite(next.sender)];
        const end& server = of.ends[from_client ? opposite(next.sender) : next.sender];
        told.outcome = outcome_of(next.connection, client, server);
        told.simultaneous = client.pure && server.pure;
        handshake_times& times = told.times;
        times = {.to_server = client.half, .to_client = server.half};
        if (told.client.count > 0) times.syn = told.client.first;
        if (told.server.count > 0) times.syn_ack = told.server.first;
        if (client.answered_peer) times.ack = client.first_answer->time;
    }

    [[nodiscard]] static constexpr opening_outcome outcome_of(const connection& of, const end& client,
                                                              const end& server) noexcept {
        using enum opening_outcome;
        if (of.handshake == handshake_state::completed) return established;
        if (of.role_basis != role_basis::syn) return client.spoke || server.spoke ? midstream : unsolicited;
        if (client.sent_rst) return aborted_by_client;
        if (server.sent_rst) return server.copy_count == 0 ? refused : aborted_by_server;
        // Who goes on after its SYN has got an answer, captured or not.
        return server.copy_count > 0 || client.spoke ? half_open : ignored;
    }
};

static_assert(connection_observer<opening_observer>);

} // namespace tcplens::inline v0
