// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/choose.hpp"
#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../wire/segment.hpp"
#include "../connection.hpp"
#include "../idle_class.hpp"
#include "../rules/segment_rules.hpp"
#include "../side.hpp"
#include "../tracking/end_state.hpp"
#include "../tracking/likely_server_port.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace tcplens::inline v1::detail {

/// What became of a connection, followed segment by segment: which end is the client, whether the handshake came about,
/// how it closed, and which SYN begins another. What is known of it is written into the `connection`.
class connection_state_machine {
public:
    /// Begins with the first segment of a connection, whose sender is side 0. `ports_decide`: on the roles, without a SYN.
    constexpr void begin(const segment& first, connection& of, bool ports_decide) noexcept {
        bool from_server = first.flags.syn() && first.flags.ack();
        of.role_basis = from_server ? role_basis::syn_ack : role_basis::syn;
        if (!first.flags.syn()) { // a guess
            const bool by_port = ports_decide && ports_show_roles(first.source.port, first.destination.port);
            of.role_basis = by_port ? role_basis::port : role_basis::first_packet;
            from_server = by_port && source_port_is_server(first.source.port, first.destination.port);
        }
        of.client = from_server ? first.destination : first.source;
        of.server = from_server ? first.source : first.destination;
        client_side_ = from_server ? side::second : side::first;
        of.first_time = first.time;
        of.first_packet = first.packet_number;
    }

    [[nodiscard]] constexpr direction way_of(side sender) const noexcept {
        return sender == client_side_ ? direction::client_to_server : direction::server_to_client;
    }
    [[nodiscard]] constexpr side sender_of(direction direction) const noexcept {
        return direction == direction::client_to_server ? client_side_ : opposite(client_side_);
    }

    /// Whether `next` is the first segment of another connection between the same two endpoints (RFC 9293 3.6.1 and 3.5.1):
    /// a SYN whose initial sequence number cannot be one of this connection.
    [[nodiscard]] constexpr bool begins_another(const segment& next, side sender, const connection& of) const noexcept {
        if (!next.flags.syn() || next.flags.rst()) return false;
        const end_state& own = ends_[sender];
        const end_state& peer = ends_[opposite(sender)];
        if (own.sent_syn && own.initial == next.sequence) {
            // Embedded stacks begin each connection with the same number; but the network may deliver a copy of the SYN late. A host that
            // has acknowledged the answer does not send its SYN again (RFC 9293 3.10.7.3).
            const bool was_answered = is_over(of) || own.acknowledged_any;
            return was_answered && !next.flags.ack() && next.time - of.last_time > latest_copy;
        }
        const std::optional<bool> begins =
            next.flags.ack() ? begins_by_syn_ack(next, own, peer, of) : begins_by_syn(next, own, peer, of);
        if (begins) return *begins;
        // Captured behind what came after it? Not for long. A host sends no more than an unscaled window before its SYN is answered.
        if (next.time - of.first_time > latest_copy) return true;
        if (own.heard) return of.closed || !follows_closely(next.sequence + 1, own.first);
        return peer.acknowledged_any && !follows_closely(next.sequence + 1, peer.acknowledged);
    }

    /// Whether `next` is the SYN, sent or captured once more, that began this connection.
    [[nodiscard]] constexpr bool has_initial(const segment& next, side sender) const noexcept {
        return ends_[sender].sent_syn && ends_[sender].initial == next.sequence;
    }

    /// Another connection has begun between the same endpoints: this one is over, however it ended.
    constexpr void overtake(connection& of) noexcept {
        reset_blindly_ = false;
        if (of.close_reason == close_reason::active) of.close_reason = close_reason::unknown;
        of.closed = true;
    }

    /// Takes in the next segment.
    /// \return whether client and server changed places
    TCPLENS_ALWAYS_INLINE constexpr bool follow(const segment& next, side sender, connection& of) noexcept {
        of.last_time = next.time;
        of.last_packet = next.packet_number;
        end_state& own = ends_[sender];
        if (is_plain_ && own.goes_on && next.flags.is_ack_alone()) { // most are: an open connection goes on
            own.acknowledged = later(own.acknowledged, next.acknowledgment);
            const sequence_number end = next.sequence + next.payload_length;
            own.next = later(own.next, {choose(next.payload_length > 0, end.value, own.next.value)});
        } else if (is_plain_ && !next.flags.opens_or_closes()) {
            take_acknowledgment(next, own);
            take_numbers(next, own);
        } else {
            const side client = client_side_;
            follow_any(next, sender, of);
            return client_side_ != client;
        }
        return false;
    }

    /// How far it has come; see idle_class.
    [[nodiscard]] constexpr idle_class stage(const connection& of) const noexcept {
        using enum idle_class;
        if (of.closed && !(of.close_reason == close_reason::reset && reset_blindly_)) return closed;
        if (is_plain_) return established;
        if (ends_[side::first].sent_fin || ends_[side::second].sent_fin) return half_closed;
        if (of.handshake == handshake_state::completed) return established;
        const bool both = ends_[side::first].heard && ends_[side::second].heard;
        if (of.handshake == handshake_state::failed) return both ? opening : attempt;
        return both ? established : one_sided;
    }
    /// The numbers of both ends.
    [[nodiscard]] constexpr const per_side<end_state>& ends() const noexcept { return ends_; }
    /// Whether nothing but the plainest of segments was taken in since it was established: it still is.
    [[nodiscard]] constexpr bool is_plain() const noexcept { return is_plain_; }

    /// Whether this connection is as yet a SYN to which nobody has said anything.
    [[nodiscard]] constexpr bool is_unanswered() const noexcept {
        return ends_[side::first].sent_syn && client_side_ == side::first && !ends_[side::second].heard &&
               !ends_[side::second].sent_rst;
    }
    /// Of an unanswered SYN: whether `next` has to do with it.
    [[nodiscard]] constexpr bool concerns_syn(const segment& next, side sender) const noexcept {
        if (sender == side::first) return follows_closely(ends_[side::first].initial, next.sequence);
        return next.flags.syn() ||
               (next.flags.ack() && follows_closely(ends_[side::first].initial + 1, next.acknowledgment));
    }
    /// Whether `next` goes on where its sender was.
    [[nodiscard]] constexpr bool goes_on_with(const segment& next, side sender) const noexcept {
        const end_state& own = ends_[sender];
        if (!own.heard) return false;
        return is_usual(distance(own.sent_data ? own.next : own.first, next.sequence));
    }

    /// How far the numbers of `next` are from where its sender and its peer were; nothing if they cannot be of this connection: each
    /// lies before the initial one, or further away than any usual window.
    [[nodiscard]] constexpr std::optional<std::int32_t> steps_to(const segment& next, side sender) const noexcept {
        const end_state& own = ends_[sender];
        const end_state& peer = ends_[opposite(sender)];
        std::int32_t furthest = 0;
        if (own.heard) {
            const std::int32_t step = distance(own.sent_data ? own.next : own.first, next.sequence);
            if (!is_usual(step) || own.begins_after(next.sequence)) return std::nullopt;
            furthest = magnitude(step);
        }
        if (!next.flags.ack() || !(peer.sent_data || own.acknowledged_any)) return furthest;
        const std::int32_t step = distance(peer.sent_data ? peer.next : own.acknowledged, next.acknowledgment);
        if (!is_usual(step) || peer.begins_after(next.acknowledgment - 1)) return std::nullopt;
        return (std::max)(furthest, magnitude(step));
    }
    /// Whether a SYN-ACK acknowledges the SYN of this connection.
    [[nodiscard]] constexpr bool answers_syn_of(const segment& syn_ack, side sender) const noexcept {
        const end_state& peer = ends_[opposite(sender)];
        return peer.sent_syn && syn_ack.acknowledgment == peer.initial + 1;
    }
    /// Whether `next` carries anything, or acknowledges more than its sender did before.
    [[nodiscard]] constexpr bool brings_news(const segment& next, side sender) const noexcept {
        const end_state& own = ends_[sender];
        return next.sequence_length() > 0 ||
               (next.flags.ack() && own.acknowledged_any && before(own.acknowledged, next.acknowledgment));
    }
    /// Whether a connection was closed by its two sides or reset, and not only overtaken by another one.
    [[nodiscard]] static constexpr bool ended(const connection& of) noexcept {
        return of.close_reason == close_reason::normal || of.close_reason == close_reason::reset;
    }

private:
    /// A packet seldom stays longer on its way or in the capture. A choice: the longest delay of the wild captures that were read is
    /// below 3 s, and a host that uses a port again waits longer (RFC 9293 section 3.4.3: the quiet time).
    static constexpr std::chrono::seconds latest_copy{5};

    static_assert(sizeof(end_state) == 36, "more, and what every segment touches lies in two cache lines of a table");

    TCPLENS_NOINLINE constexpr void follow_any(const segment& next, side sender, connection& of) noexcept {
        end_state& own = ends_[sender];
        end_state& peer = ends_[opposite(sender)];
        // RFC 9293 3.10.7.4: a segment without ACK is dropped. FIN, NULL and Xmas probes are part of no connection.
        if (!next.flags.ack() && !next.flags.syn() && !next.flags.rst()) return;
        if (next.flags.syn() && of.role_basis != role_basis::syn) settle_roles(next, sender, of);
        if (next.flags.rst()) {
            is_plain_ = false;
            reset(next, sender, of);
            return;
        }
        // RFC 9293 3.10.7.3: a SYN-ACK that acknowledges anything else answers another SYN, and changes nothing.
        if (next.flags.syn() && next.flags.ack() && peer.sent_syn && !acknowledges_syn(next.acknowledgment, peer))
            return;
        retract_reset(next, own, of);
        if (next.flags.syn() && own.sent_syn && own.initial != next.sequence) {
            if (covers_syn(peer, own)) { // another host's, or an old one
                own.refuse_syn_ack(next.sequence);
                return;
            }
            own.answered_twice = true; // another SYN cookie, or another host: the client's ACK tells which one counts
            own.fin = next.sequence;
            return;
        }
        if (own.answered_twice) settle_syn_ack(next.sequence, own);
        if (peer.answered_twice && next.flags.ack()) settle_syn_ack(next.acknowledgment, peer);
        if (next.flags.syn() && !own.sent_syn) {
            own.sent_syn = true;
            own.initial = next.sequence;
        }
        take_acknowledgment(next, own);
        open(next, own, peer, of);
        close(next, sender, of);
        take_numbers(next, own);
        // g++ 12 reads two neighbours that are compared one after the other at once, and waits for what was just written to one.
        is_plain_ = of.handshake == handshake_state::completed && !own.sent_fin && !peer.sent_fin && !own.sent_rst &&
                    !peer.sent_rst && of.close_reason == close_reason::active;
    }

    /// Decides between two SYN-ACKs with different initial sequence numbers: the one that continues at `number` counts.
    static constexpr void settle_syn_ack(sequence_number number, end_state& whose) noexcept {
        if (number == whose.fin + 1) {
            whose.refuse_syn_ack(whose.initial);
            whose.initial = whose.first = whose.fin;
            whose.next = whose.fin + 1;
        } else if (number != whose.initial + 1) {
            return;
        } else {
            whose.refuse_syn_ack(whose.fin);
        }
        whose.answered_twice = false;
    }

    static constexpr void take_acknowledgment(const segment& next, end_state& own) noexcept {
        if (!next.flags.ack() || (own.acknowledged_any && !before(own.acknowledged, next.acknowledgment))) return;
        if (!own.acknowledged_any) own.first_acknowledged = next.acknowledgment;
        own.acknowledged = next.acknowledgment;
        own.acknowledged_any = true;
        own.goes_on = own.sent_data;
    }

    static constexpr void take_numbers(const segment& next, end_state& own) noexcept {
        if (!own.heard) own.first = next.sequence;
        own.heard = true;
        // A bare ACK may come after a FIN, and be captured before it: its number says nothing of data.
        if (next.payload_length == 0 && !next.flags.syn()) return;
        const sequence_number end = next.payload_begin() + next.payload_length;
        if (!own.sent_data || before(own.next, end)) own.next = end;
        own.sent_data = true;
        own.goes_on = own.acknowledged_any;
    }

    [[nodiscard]] static constexpr bool is_over(const connection& of) noexcept {
        return of.closed && of.handshake == handshake_state::completed;
    }
    /// begins_another() for a SYN-ACK of another number than that of its sender's SYN. Nullopt if no SYN was captured.
    [[nodiscard]] static constexpr std::optional<bool>
    begins_by_syn_ack(const segment& next, const end_state& own, const end_state& peer, const connection& of) noexcept {
        if (own.refused_syn_ack(next.sequence)) return false; // another host repeats it
        // After the close: the SYN that it answers was not the old one.
        if (is_over(of) && own.sent_syn) return true;
        // One side alone is heard, and it begins anew after its FIN.
        const bool is_late = next.time - of.last_time > latest_copy;
        if (own.sent_syn && own.sent_fin && !peer.heard && (is_late || next.acknowledgment != own.first_acknowledged))
            return true;
        // A SYN-ACK follows the SYN that it acknowledges, whatever was answered before (SYN cookies change), ...
        if (peer.sent_syn && next.acknowledgment == peer.initial + 1) return false;
        // ... and another SYN-ACK ends nothing, unless the connection is over.
        if (own.sent_syn || peer.sent_syn) return of.closed;
        return std::nullopt;
    }
    /// The same for a SYN without ACK.
    [[nodiscard]] static constexpr std::optional<bool>
    begins_by_syn(const segment& next, const end_state& own, const end_state& peer, const connection& of) noexcept {
        if (own.sent_syn) return true;
        if (is_just_before(next, own, peer)) return false;
        if (!peer.sent_syn) return std::nullopt;
        // Simultaneous open (RFC 9293 3.5, figure 7), or a SYN captured behind its SYN-ACK.
        return of.closed || (peer.acknowledged_any && !follows_closely(next.sequence + 1, peer.acknowledged));
    }

    [[nodiscard]] static constexpr bool follows_closely(sequence_number from, sequence_number to) noexcept {
        return distance(from, to) >= 0 && distance(from, to) <= 65535;
    }

    /// Whether the number of a SYN is just before the first number that is known of its sender: that is no accident, however late the
    /// SYN was captured.
    [[nodiscard]] static constexpr bool is_just_before(const segment& syn, const end_state& own,
                                                       const end_state& peer) noexcept {
        return (own.heard && own.first == syn.sequence + 1) ||
               (peer.acknowledged_any && peer.first_acknowledged == syn.sequence + 1);
    }

    /// Whether an acknowledgment is one of the SYN of `whose`. It may cover more than was captured: a copy of the SYN that was not captured
    /// may have carried data (RFC 7413 section 3), and data may follow it.
    [[nodiscard]] static constexpr bool acknowledges_syn(sequence_number number, const end_state& whose) noexcept {
        return before(whose.initial, number) && (follows_closely(whose.initial, number) || !before(whose.next, number));
    }

    /// Whether an acknowledgment covers the SYN of `whose`, as far as can be told.
    [[nodiscard]] static constexpr bool covers_syn(const end_state& by, const end_state& whose) noexcept {
        return by.acknowledged_any && distance(whose.initial + 1, by.acknowledged) >= 0;
    }

    constexpr void settle_roles(const segment& syn, side sender, connection& of) noexcept {
        const side client = syn.flags.ack() ? opposite(sender) : sender;
        if (syn.flags.ack() && of.role_basis == role_basis::syn_ack) return;
        of.role_basis = syn.flags.ack() ? role_basis::syn_ack : role_basis::syn;
        if (client == client_side_) return;
        client_side_ = client;
        of.swap_roles();
    }

    /// Whether a segment shows that the handshake was completed. Before that, neither side sends data that acknowledges the other's SYN,
    /// acknowledges more than that SYN, or closes.
    [[nodiscard]] static constexpr bool proves_handshake(const segment& next, bool data, const end_state& own,
                                                         const end_state& peer) noexcept {
        if (next.flags.syn() || !next.flags.ack() || !(own.sent_syn || peer.sent_syn)) return false;
        const bool continues = own.sent_syn && (next.flags.fin() || before(own.first_acknowledged, own.acknowledged));
        return (data || continues) && (!peer.sent_syn || acknowledges_syn(next.acknowledgment, peer));
    }

    /// Whether both SYNs were captured, and an acknowledgment of each. An acknowledgment of a number that the peer has not sent does
    /// not count (RFC 9293 section 3.10.7.4), so a flooder that did not get the SYN-ACK cannot complete a handshake.
    [[nodiscard]] static constexpr bool is_three_way(const segment& next, const end_state& own,
                                                     const end_state& peer) noexcept {
        if (!own.sent_syn || !peer.sent_syn || !own.acknowledged_any || !peer.acknowledged_any) return false;
        const sequence_number latest = next.flags.ack() ? next.acknowledgment : own.acknowledged;
        return acknowledges_syn(latest, peer) && acknowledges_syn(peer.acknowledged, own);
    }

    constexpr void open(const segment& next, const end_state& own, const end_state& peer, connection& of) noexcept {
        const bool data = next.payload_length > 0 && next.flags.ack() && !next.flags.syn();
        if (of.handshake != handshake_state::completed) {
            const bool three_way = is_three_way(next, own, peer);
            if (three_way || proves_handshake(next, data, own, peer)) of.handshake = handshake_state::completed;
            else if (of.role_basis == role_basis::syn) of.handshake = handshake_state::failed;
        }
        if (of.close_reason != close_reason::unknown || of.closed) return;
        // Picked up midstream it counts as open from its fourth packet on, the first that a handshake would not explain.
        const bool seen_open = of.role_guessed() ? of.client_to_server.packets + of.server_to_client.packets >= 3
                                                 : of.handshake == handshake_state::completed || data;
        if (seen_open) of.close_reason = close_reason::active;
    }

    /// Whether a RST answers an acknowledgment of what its sender, of whom a SYN alone was captured, never sent: it ends an older connection
    /// that the peer still had, and the SYN waits on (RFC 9293 3.5.1 figure 9 and 3.10.7.3).
    [[nodiscard]] static constexpr bool refuses_old_acknowledgment(const segment& rst, const end_state& own,
                                                                   const end_state& peer) noexcept {
        if (rst.flags.ack() || !own.sent_syn || own.acknowledged_any || own.next != own.initial + 1) return false;
        return !peer.sent_syn && !peer.sent_data && peer.acknowledged_any && rst.sequence == peer.acknowledged &&
               rst.sequence != own.next;
    }

    constexpr void reset(const segment& next, side sender, connection& of) noexcept {
        if (of.close_reason == close_reason::normal) return; // RFC 9293 3.10.7.4: after both FINs it changes nothing
        // The answer to a FIN, NULL or Xmas probe resets nothing.
        const bool answers_probe = !ends_[side::first].heard && !ends_[side::second].heard &&
                                   of.first_packet != next.packet_number && !ends_[side::first].sent_rst &&
                                   !ends_[side::second].sent_rst && of.role_guessed();
        if (answers_probe) return;
        end_state& own = ends_[sender];
        if (refuses_old_acknowledgment(next, own, ends_[opposite(sender)])) {
            ends_[opposite(sender)] = {};
            return;
        }
        own.sent_rst = true;
        own.rst = next.sequence;
        own.peer_at_rst = ends_[opposite(sender)].next;
        own.peer_known_at_rst = ends_[opposite(sender)].sent_data;
        // RFC 9293 3.10.7.1: the answer to a SYN that nobody waits for bears no sequence number of its sender's.
        own.rst_in_sequence = own.heard ? goes_on_with(next, sender) : next.sequence.value != 0;
        // RFC 9293 3.10.7.4: one with another number its receiver does not take; with which one who was not heard answers is open.
        const bool blind = own.heard && !own.rst_in_sequence;
        const bool was_reset = of.close_reason == close_reason::reset && !(reset_blindly_ && !blind);
        reset_blindly_ = blind && (of.close_reason != close_reason::reset || reset_blindly_);
        if (was_reset) return;
        of.close_reason = close_reason::reset;
        of.closed = true;
        of.closed_by = way_of(sender);
    }

    /// Who resets a connection sends no more on it, and takes no more: if it does, that RST was not its own, or was not
    /// accepted.
    static constexpr void retract_reset(const segment& next, end_state& own, connection& of) noexcept {
        if (!own.sent_rst) return;
        // Nor did who answers a SYN reset it before (RFC 9293 3.10.7.3), unless that RST was only captured before its SYN-ACK.
        const bool accepts = next.flags.syn() && !own.heard && !follows_closely(next.sequence, own.rst);
        const bool sends =
            accepts || (next.sequence_length() > 0 && !(own.rst_in_sequence && before(next.sequence, own.rst)));
        const bool takes = next.flags.ack() && own.peer_known_at_rst && before(own.peer_at_rst, next.acknowledgment);
        if (!sends && !takes) return; // sent before it
        own.sent_rst = own.peer_known_at_rst = false;
        if (of.close_reason != close_reason::reset) return;
        of.close_reason = close_reason::unknown;
        of.closed = false;
        of.closed_by.reset();
    }

    constexpr void close(const segment& next, side sender, connection& of) noexcept {
        end_state& own = ends_[sender];
        end_state& peer = ends_[opposite(sender)];
        if (next.flags.fin()) {
            const sequence_number fin = next.payload_begin() + next.payload_length;
            const bool gap = own.sent_data && before(own.next, next.sequence);
            const bool stale = own.sent_data && before(fin, own.next);
            const bool again = own.sent_fin && (own.fin_in_sequence || own.fin == fin);
            if (!stale && !again) {
                own.fin = fin;
                own.fin_in_sequence = !gap;
                if (!own.sent_fin && !peer.sent_fin) first_fin_ = sender;
                own.sent_fin = true;
            }
        }
        if (!own.sent_fin || !peer.sent_fin || of.close_reason == close_reason::normal ||
            of.close_reason == close_reason::reset)
            return;
        // A FIN beyond a hole counts once it is acknowledged: the hole is one of the capture.
        const auto in_sequence = [](const end_state& whose, const end_state& other) {
            return whose.fin_in_sequence || (other.acknowledged_any && before(whose.fin, other.acknowledged));
        };
        if (!in_sequence(own, peer) || !in_sequence(peer, own)) return;
        of.close_reason = close_reason::normal;
        of.closed = true;
        of.closed_by = way_of(first_fin_);
        // That was a connection, though none of its data and not all of its handshake were captured.
        if (of.handshake == handshake_state::failed) of.handshake = handshake_state::completed;
    }

    friend void archive(auto& ar, connection_state_machine& of) {
        auto& [is_plain, reset_blindly, client_side, first_fin, ends] = of;
        ar(is_plain, reset_blindly);
        ar.bounded(client_side, side::second);
        ar.bounded(first_fin, side::second);
        ar(ends);
    }

    bool is_plain_ = false;      ///< it was opened, and nobody has begun to close it
    bool reset_blindly_ = false; ///< if it was reset: by nothing but RSTs whose numbers are not their senders'
    side client_side_ = side::first;
    side first_fin_ = side::first;
    per_side<end_state> ends_{};
};

} // namespace tcplens::inline v1::detail
