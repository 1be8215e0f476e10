// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../side.hpp"
#include "../tracking/least_round_trip.hpp"
#include "busy_time_meter.hpp"
#include "connection_observer.hpp"
#include "time_attribution.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

/// Adds to each connection, as member `time`, what its time was spent on: see time_attribution.
class time_observer {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving | observer_hooks::fits;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "time_observer";

    /// The member `time` of the connection.
    struct facts {
        time_attribution time{}; ///< The parts of the time, complete after each packet.

        /// Exchanges client and server.
        constexpr void swap_roles() noexcept { std::swap(time.client_to_server, time.server_to_client); }
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    /// Time that was given to these parts, and may be given to others later.
    struct tentative_time {
        nanoseconds path{};
        nanoseconds idle{}; ///< given to sender_application
        nanoseconds teardown{};

        constexpr void add(nanoseconds time_attribution::*part, nanoseconds step) noexcept {
            if (part == &time_attribution::path) path += step;
            else if (part == &time_attribution::teardown) teardown += step;
            else idle += step;
        }
        /// Takes all of it from the parts. Returns how much.
        constexpr nanoseconds take_from(time_attribution& time) noexcept {
            const tentative_time all = std::exchange(*this, {});
            return take(all.path, time.path) + take(all.idle, time.sender_application) +
                   take(all.teardown, time.teardown);
        }
        /// Takes a time from a part. The part has enough, unless it was restored from invalid data.
        static constexpr nanoseconds take(nanoseconds time, nanoseconds& part) noexcept {
            time = (std::min)(time, part);
            part -= time;
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
        tentative_time shut_out{};      ///< without room in the window, since its last data
        nanoseconds without_progress{}; ///< on the path, since its last new data or acknowledgment
        nanoseconds suspected{};        ///< on the path, since the first duplicate ACK
        nanoseconds since_resent{};     ///< in recovery, since its last retransmission, or progress
    };

    struct connection_memory {
        per_side<end_state> ends{};
        timestamp latest{};
        tentative_time since_data{};  ///< since the latest data, while the end that got it had nothing in flight
        tentative_time since_quiet{}; ///< the part of it in which nothing was in flight at all
        std::optional<side> last_talker{};
        bool opened = false;
        bool saw_syn = false;
        bool was_reset = false;
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. Constant time; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        const segment& sent = input.segment;
        time_attribution& time = result.time;
        const side client = input.direction == direction::client_to_server ? input.sender : opposite(input.sender);
        if (input.begins_connection) state.latest = sent.time;
        const nanoseconds step = (std::max)(sent.time - state.latest, nanoseconds::zero());
        state.latest = (std::max)(state.latest, sent.time);
        time.duration += step;
        if (step > nanoseconds::zero()) give(step, client, state, time);

        end_state& sender = state.ends[input.sender];
        end_state& receiver = state.ends[opposite(input.sender)];
        follow_handshake(input, state);
        sender.there_and_back.answers(sent);
        receiver.there_and_back.passes(sent, input.verdict.is_retransmission());
        state.was_reset = input.connection.close_reason == close_reason::reset;

        if (input.verdict.is_retransmission()) take_retransmission(input, sender, state, time);
        const auto found = sender.sending.on_sent(sent, input.verdict, state.latest, answer_time(sender),
                                                  time.sending(input.direction));
        if (found.was_shut_out) {
            time.receiver_window += sender.shut_out.take_from(time);
            sender.without_progress = {};
            state.since_data = state.since_quiet = {};
        }
        if (found.new_data) take_data(input.sender, client, state, time, found.was_shut_out);
        sender.sent_fin |= sent.flags.fin();

        take_acknowledgment(input, state.latest, receiver);
    }

    /// Whether a restored state agrees with the restored times of its connection, of which side::first sends in `first_direction`. Then
    /// no part can come to be negative, or longer than the connection.
    [[nodiscard]] static constexpr bool fits(const connection_state& state, const facts& restored,
                                             direction first_direction) noexcept {
        const nanoseconds duration = restored.time.duration;
        if (duration > state.latest - detail::clamp_for_arithmetic((timestamp::min)())) return false;
        if (!state.since_data.fits(duration) || !state.since_quiet.fits(duration)) return false;
        const auto end_fits = [&](side which) {
            const end_state& end = state.ends[which];
            const time_attribution::sending_times& sending =
                restored.time.sending(which == side::first ? first_direction : opposite(first_direction));
            return end.shut_out.fits(duration) && fits(duration, end.suspected) &&
                   fits(duration, end.without_progress, end.since_resent) &&
                   end.sending.fits(sending, duration, state.latest);
        };
        return end_fits(side::first) && end_fits(side::second);
    }

private:
    /// Whether two times are not negative, and together no longer than `duration`.
    [[nodiscard]] static constexpr bool fits(nanoseconds duration, nanoseconds a, nanoseconds b = {}) noexcept {
        return a.count() >= 0 && b.count() >= 0 && a <= duration && b <= duration - a;
    }

    /// Gives the time before a segment to a part, by what was known before it.
    static constexpr void give(nanoseconds step, side client, connection_state& state,
                               time_attribution& time) noexcept {
        if (state.saw_syn && !state.opened) {
            time.handshake += step;
            return;
        }
        if (state.was_reset) {
            time.teardown += step;
            return;
        }
        end_state& first = state.ends[client];
        end_state& second = state.ends[opposite(client)];
        const bool first_flight = first.sending.data_in_flight();
        const bool second_flight = second.sending.data_in_flight();
        const nanoseconds first_shut = first.sending.passes(step, state.latest, first_flight, time.client_to_server);
        const nanoseconds second_shut = second.sending.passes(step, state.latest, second_flight, time.server_to_client);

        const rank_of_end first_rank = rank(first, first_flight);
        const rank_of_end second_rank = rank(second, second_flight);
        const bool is_second = second_rank > first_rank;
        end_state& owner = is_second ? second : first;
        const rank_of_end reason = is_second ? second_rank : first_rank;
        if (reason == rank_of_end::recovers) {
            time.loss_recovery += step;
            owner.since_resent += step;
            return;
        }
        const bool flight = first_flight || second_flight;
        const auto part = flight                              ? &time_attribution::path
                          : first.sent_fin || second.sent_fin ? &time_attribution::teardown
                                                              : &time_attribution::sender_application;
        time.*part += step;
        if (is_second ? second_flight : first_flight) owner.without_progress += step;
        if (reason == rank_of_end::suspects_loss) {
            owner.suspected += step;
            return;
        }
        if (reason == rank_of_end::shut_out) {
            owner.shut_out.add(part, is_second ? second_shut : first_shut);
            if (flight) return;
        }
        if (!flight) state.since_quiet.add(part, step);
        const bool client_answers = state.last_talker && *state.last_talker != client;
        if (!state.last_talker || !(client_answers ? first_flight : second_flight)) state.since_data.add(part, step);
    }

    enum class rank_of_end : std::uint8_t { rests, sends, shut_out, suspects_loss, recovers };

    /// The time belongs to the end with the higher rank, which is also the reason.
    [[nodiscard]] static constexpr rank_of_end rank(const end_state& end, bool flight) noexcept {
        if (end.recovers && flight) return rank_of_end::recovers;
        if (end.suspects_loss && flight) return rank_of_end::suspects_loss;
        if (end.sending.has_no_room() && !end.sent_fin) return rank_of_end::shut_out;
        return flight ? rank_of_end::sends : rank_of_end::rests;
    }

    static constexpr void follow_handshake(const observer_input& input, connection_state& state) noexcept {
        const tcp_flags flags = input.segment.flags;
        state.ends[input.sender].sent_syn |= flags.syn();
        state.saw_syn |= flags.syn();
        // A connection that was picked up midstream is open, and so is one of which only the SYN was not captured.
        const bool midstream = input.begins_connection && !flags.syn();
        // A challenge ACK (RFC 5961 4), or another stray ACK, does not answer the SYN.
        const end_state& asked = state.ends[opposite(input.sender)];
        const detail::send_sequence_space& space = asked.sending.space();
        const bool answers_syn = asked.sent_syn && flags.ack() && !flags.syn() && !flags.rst() && space.known() &&
                                 input.segment.acknowledgment.value - space.unacknowledged().value <= 65535;
        state.opened |= midstream || answers_syn || input.connection.handshake == handshake_state::completed;
    }

    /// The least time from the capture to an end and back: almost 0 beside the end, a round trip beside its peer.
    [[nodiscard]] static constexpr nanoseconds answer_time(const end_state& end) noexcept {
        return end.there_and_back.least().value_or(nanoseconds::zero());
    }

    /// An end sends new data, which shows what the time before was.
    static constexpr void take_data(side sender, side client, connection_state& state, time_attribution& time,
                                    bool was_shut_out) noexcept {
        end_state& speaker = state.ends[sender];
        end_state& other = state.ends[opposite(sender)];
        if (!was_shut_out) {
            const bool answers = state.last_talker && *state.last_talker != sender;
            tentative_time& silence = answers ? state.since_data : state.since_quiet;
            const nanoseconds all = silence.take_from(time);
            // Part of the time the peer's segment was on its way to the end, and this one on its way to the capture.
            const nanoseconds under_way = (std::min)(all, answer_time(speaker));
            time.path += under_way;
            (answers && sender != client ? time.receiver_application : time.sender_application) += all - under_way;
            other.without_progress = {};
        }
        other.shut_out.idle = other.shut_out.teardown = {};
        speaker.shut_out = {};
        speaker.without_progress = {};
        state.since_data = state.since_quiet = {};
        state.last_talker = sender;
    }

    /// An end retransmits data that is not acknowledged.
    static constexpr void take_retransmission(const observer_input& input, end_state& sender, connection_state& state,
                                              time_attribution& time) noexcept {
        const sequence_number end = input.segment.sequence_end();
        if (!sender.sending.data_in_flight() || !before(sender.sending.space().unacknowledged(), end)) return;
        const bool timer = input.verdict.has(verdict_kinds::tail_loss_probe) ||
                           (input.verdict.evidence & evidence_set::silence) != evidence_set::none ||
                           (!sender.suspects_loss && !sender.recovers); // no duplicate ACK asked for it
        const nanoseconds lost = timer ? (std::max)(sender.suspected, sender.without_progress) : sender.suspected;
        time.loss_recovery += tentative_time::take(lost, time.path);
        if (timer) {
            time.retransmission_timeout += (std::min)(sender.without_progress + sender.since_resent,
                                                      time.loss_recovery - time.retransmission_timeout);
        }
        if (timer || !sender.recovers) sender.recovery_point = sender.sending.space().next();
        sender.recovers = true;
        sender.suspects_loss = false;
        sender.suspected = sender.without_progress = sender.since_resent = {};
        sender.shut_out = {};
        state.since_data = state.since_quiet = {};
    }

    /// An end gets a segment of its peer.
    static constexpr void take_acknowledgment(const observer_input& input, timestamp now,
                                              end_state& receiver) noexcept {
        const bool advances = receiver.sending.on_received(input.segment, now);
        if (!advances) {
            const auto blocks = input.segment.options.sack_blocks();
            const bool sacks = !blocks.empty() && before(input.segment.acknowledgment, blocks[0].right);
            receiver.suspects_loss |= input.verdict.has(verdict_kinds::duplicate_ack) || sacks;
            return;
        }
        receiver.suspects_loss = false;
        receiver.suspected = receiver.without_progress = receiver.since_resent = {};
        if (!before(receiver.sending.space().unacknowledged(), receiver.recovery_point)) receiver.recovers = false;
    }
};

static_assert(check_observer<time_observer>());

} // namespace tcplens::inline v1
