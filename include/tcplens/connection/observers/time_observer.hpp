// SPDX-License-Identifier: MIT
#pragma once

#include "../side.hpp"
#include "../tracking/least_round_trip.hpp"
#include "busy_time_meter.hpp"
#include "connection_observer.hpp"
#include "time_attribution.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Tells where the time of each connection went: see time_attribution.
class time_observer {
    using nanoseconds = std::chrono::nanoseconds;

public:
    static constexpr std::string_view saved_as = "time_observer";

    struct facts {
        time_attribution time{};

        constexpr void swap_roles() noexcept { std::swap(time.client_to_server, time.server_to_client); }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    /// Time that was given to these parts for the time being.
    struct tentative {
        nanoseconds path{};
        nanoseconds idle{};
        nanoseconds teardown{};

        constexpr void add(nanoseconds time_attribution::*part, nanoseconds step) noexcept {
            if (part == &time_attribution::path) path += step;
            else if (part == &time_attribution::teardown) teardown += step;
            else idle += step;
        }
        /// Takes all of it back.
        constexpr nanoseconds take_from(time_attribution& told) noexcept {
            const tentative all = std::exchange(*this, {});
            return take(all.path, told.path) + take(all.idle, told.sender_application) +
                   take(all.teardown, told.teardown);
        }
        /// As far as it is there: it is, unless this was restored from what somebody made up.
        static constexpr nanoseconds take(nanoseconds time, nanoseconds& from) noexcept {
            time = (std::min)(time, from);
            from -= time;
            return time;
        }

        [[nodiscard]] constexpr bool fits(nanoseconds duration) const noexcept {
            return time_observer::fits(duration, path, idle) && time_observer::fits(duration - path - idle, teardown);
        }
    };

    struct end_state {
        detail::busy_time_meter sending{};
        detail::least_round_trip there_and_back{}; ///< from the capture to this end
        sequence_number recovery_point{};          ///< all before it must be acknowledged to end the recovery
        bool sent_syn = false;
        bool sent_fin = false;
        bool suspects_loss = false; ///< duplicate ACKs came
        bool recovers = false;
        tentative shut_out{};           ///< without room in the window, since its last data
        nanoseconds without_progress{}; ///< on the path, since its last new data or acknowledgment
        nanoseconds suspected{};        ///< on the path, since the first duplicate ACK
        nanoseconds since_resent{};     ///< in recovery, since the last that it sent again, or progress
    };

public:
    class connection_state {
    public:
        static void archive(auto& ar, connection_state& of) {
            auto& [ends_, latest_, since_data_, since_quiet_, last_talker_, opened_, saw_syn_, was_reset_] = of;
            ar(ends_, latest_, since_data_, since_quiet_, last_talker_, opened_, saw_syn_, was_reset_);
        }

    private:
        friend time_observer;
        per_side<end_state> ends{};
        timestamp latest{};
        tentative since_data{};  ///< since the latest data, while the end that got it had nothing in flight
        tentative since_quiet{}; ///< the part of it in which nothing was in flight at all
        std::optional<side> last_talker{};
        bool opened = false;
        bool saw_syn = false;
        bool was_reset = false;
    };

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        const segment& sent = next.segment;
        time_attribution& time = told.time;
        const side client = next.direction == direction::client_to_server ? next.sender : opposite(next.sender);
        if (next.begins_connection) of.latest = sent.time;
        const nanoseconds step = (std::max)(sent.time - of.latest, nanoseconds::zero());
        of.latest = (std::max)(of.latest, sent.time);
        time.duration += step;
        if (step > nanoseconds::zero()) give(step, client, of, time);

        end_state& sender = of.ends[next.sender];
        end_state& receiver = of.ends[opposite(next.sender)];
        follow_handshake(next, of);
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes(sent, next.verdict.is_retransmission());
        of.was_reset = next.connection.close_reason == close_reason::reset;

        if (next.verdict.is_retransmission()) resend(next, sender, of, time);
        const auto found =
            sender.sending.sends(sent, next.verdict, of.latest, answer_time(sender), time.sending(next.direction));
        if (found.was_shut_out) {
            time.receiver_window += sender.shut_out.take_from(time);
            sender.without_progress = {};
            of.since_data = of.since_quiet = {};
        }
        if (found.new_data) talk(next.sender, client, of, time, found.was_shut_out);
        sender.sent_fin |= sent.flags.fin();

        hear(next, of.latest, receiver);
    }

    /// Whether what is remembered of a connection, and came from elsewhere, can be of one of which that is told, and of which
    /// side 0 sends that way. Then no time comes to be longer than there can be.
    [[nodiscard]] static constexpr bool fits(const connection_state& of, const facts& told,
                                             direction first_way) noexcept {
        const nanoseconds duration = told.time.duration;
        if (duration > of.latest - detail::clamp_for_arithmetic((timestamp::min)())) return false;
        if (!of.since_data.fits(duration) || !of.since_quiet.fits(duration)) return false;
        for (const side which : {side::first, side::second}) {
            const end_state& each = of.ends[which];
            const sending_times& sending = told.time.sending(which == side::first ? first_way : opposite(first_way));
            if (!each.shut_out.fits(duration) || !fits(duration, each.suspected) ||
                !fits(duration, each.without_progress, each.since_resent) ||
                !each.sending.fits(sending, duration, of.latest)) {
                return false;
            }
        }
        return true;
    }

private:
    /// Whether both together are no less than nothing and no more than that.
    [[nodiscard]] static constexpr bool fits(nanoseconds duration, nanoseconds a, nanoseconds b = {}) noexcept {
        return a.count() >= 0 && b.count() >= 0 && a <= duration && b <= duration - a;
    }

    /// Gives the time before a segment to a part, by what was known until then.
    static constexpr void give(nanoseconds step, side client, connection_state& of, time_attribution& told) noexcept {
        if (of.saw_syn && !of.opened) {
            told.handshake += step;
            return;
        }
        if (of.was_reset) {
            told.teardown += step;
            return;
        }
        end_state& first = of.ends[client];
        end_state& second = of.ends[opposite(client)];
        const bool first_flight = first.sending.data_in_flight();
        const bool second_flight = second.sending.data_in_flight();
        const nanoseconds first_shut = first.sending.passes(step, of.latest, first_flight, told.client_to_server);
        const nanoseconds second_shut = second.sending.passes(step, of.latest, second_flight, told.server_to_client);

        const rank_of_end first_rank = rank(first, first_flight);
        const rank_of_end second_rank = rank(second, second_flight);
        const bool is_second = second_rank > first_rank;
        end_state& owner = is_second ? second : first;
        const rank_of_end why = is_second ? second_rank : first_rank;
        if (why == rank_of_end::recovers) {
            told.loss_recovery += step;
            owner.since_resent += step;
            return;
        }
        const bool flight = first_flight || second_flight;
        const auto part = flight                              ? &time_attribution::path
                          : first.sent_fin || second.sent_fin ? &time_attribution::teardown
                                                              : &time_attribution::sender_application;
        told.*part += step;
        if (is_second ? second_flight : first_flight) owner.without_progress += step;
        if (why == rank_of_end::suspects_loss) {
            owner.suspected += step;
            return;
        }
        if (why == rank_of_end::shut_out) {
            owner.shut_out.add(part, is_second ? second_shut : first_shut);
            if (flight) return;
        }
        if (!flight) of.since_quiet.add(part, step);
        const bool client_answers = of.last_talker && *of.last_talker != client;
        if (!of.last_talker || !(client_answers ? first_flight : second_flight)) of.since_data.add(part, step);
    }

    enum class rank_of_end : std::uint8_t { rests, sends, shut_out, suspects_loss, recovers };

    /// Which end the time belongs to, and why: the highest.
    [[nodiscard]] static constexpr rank_of_end rank(const end_state& of, bool flight) noexcept {
        if (of.recovers && flight) return rank_of_end::recovers;
        if (of.suspects_loss && flight) return rank_of_end::suspects_loss;
        if (of.sending.has_no_room() && !of.sent_fin) return rank_of_end::shut_out;
        return flight ? rank_of_end::sends : rank_of_end::rests;
    }

    static constexpr void follow_handshake(const observer_input& next, connection_state& of) noexcept {
        const tcp_flags flags = next.segment.flags;
        of.ends[next.sender].sent_syn |= flags.syn();
        of.saw_syn |= flags.syn();
        // Picked up midstream it is open; so it is when the SYN alone was not captured.
        const bool midstream = next.begins_connection && !flags.syn();
        // Not a challenge ACK (RFC 5961 4), nor another stray one.
        const end_state& asked = of.ends[opposite(next.sender)];
        const detail::send_sequence_space& space = asked.sending.space();
        const bool answers_syn = asked.sent_syn && flags.ack() && !flags.syn() && !flags.rst() && space.known() &&
                                 next.segment.acknowledgment.value - space.unacknowledged().value <= 65535;
        of.opened |= midstream || answers_syn || next.connection.handshake == handshake_state::completed;
    }

    /// The least time from the capture to an end and back: next to nothing beside it, a round trip beside its peer.
    [[nodiscard]] static constexpr nanoseconds answer_time(const end_state& of) noexcept {
        return of.there_and_back.least().value_or(nanoseconds::zero());
    }

    /// An end sends data for the first time, and shows what the time before was.
    static constexpr void talk(side who, side client, connection_state& of, time_attribution& told,
                               bool was_shut_out) noexcept {
        end_state& speaker = of.ends[who];
        end_state& other = of.ends[opposite(who)];
        if (!was_shut_out) {
            const bool answers = of.last_talker && *of.last_talker != who;
            tentative& silence = answers ? of.since_data : of.since_quiet;
            const nanoseconds all = silence.take_from(told);
            // What it waited for was still on its way to it, and this on its way here.
            const nanoseconds under_way = (std::min)(all, answer_time(speaker));
            told.path += under_way;
            (answers && who != client ? told.receiver_application : told.sender_application) += all - under_way;
            other.without_progress = {};
        }
        other.shut_out.idle = other.shut_out.teardown = {};
        speaker.shut_out = {};
        speaker.without_progress = {};
        of.since_data = of.since_quiet = {};
        of.last_talker = who;
    }

    /// An end sends again what is not acknowledged.
    static constexpr void resend(const observer_input& next, end_state& sender, connection_state& of,
                                 time_attribution& told) noexcept {
        const sequence_number end = next.segment.sequence_end();
        if (!sender.sending.data_in_flight() || !before(sender.sending.space().unacknowledged(), end)) return;
        const bool timer = next.verdict.has(verdict_kinds::tail_loss_probe) ||
                           (next.verdict.evidence & evidence_set::silence) != evidence_set::none ||
                           (!sender.suspects_loss && !sender.recovers); // nobody asked for it
        const nanoseconds lost = timer ? (std::max)(sender.suspected, sender.without_progress) : sender.suspected;
        told.loss_recovery += tentative::take(lost, told.path);
        if (timer) {
            told.retransmission_timeout += (std::min)(sender.without_progress + sender.since_resent,
                                                      told.loss_recovery - told.retransmission_timeout);
        }
        if (timer || !sender.recovers) sender.recovery_point = sender.sending.space().next();
        sender.recovers = true;
        sender.suspects_loss = false;
        sender.suspected = sender.without_progress = sender.since_resent = {};
        sender.shut_out = {};
        of.since_data = of.since_quiet = {};
    }

    /// An end is acknowledged.
    static constexpr void hear(const observer_input& next, timestamp now, end_state& hearer) noexcept {
        const bool advances = hearer.sending.hears(next.segment, now);
        if (!advances) {
            const auto blocks = next.segment.options.sack_blocks();
            const bool sacks = !blocks.empty() && before(next.segment.acknowledgment, blocks[0].right);
            hearer.suspects_loss |= next.verdict.has(verdict_kinds::duplicate_ack) || sacks;
            return;
        }
        hearer.suspects_loss = false;
        hearer.suspected = hearer.without_progress = hearer.since_resent = {};
        if (!before(hearer.sending.space().unacknowledged(), hearer.recovery_point)) hearer.recovers = false;
    }
};

static_assert(connection_observer<time_observer>);

} // namespace tcplens::inline v0
