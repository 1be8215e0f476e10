// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../side.hpp"
#include "../tracking/captured_ranges.hpp"
#include "../tracking/kernel_round_trip.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/round_trip_sampler.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "connection_observer.hpp"
#include "direction_profile.hpp"
#include "profile_counts.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tcplens::inline v1 {

namespace detail {

/// The member `profile` of the connection.
struct profile_facts {
    direction_profiles profile{}; ///< The profiles, up to date after each packet.

    /// Exchanges client and server.
    constexpr void swap_roles() noexcept { std::swap(profile.client_to_server, profile.server_to_client); }
    [[nodiscard]] friend constexpr bool operator==(const profile_facts&, const profile_facts&) noexcept = default;
};

/// Adds to each connection, as member `profile`, both directions in detail: see direction_profile.
///
/// Of each direction the observer remembers `RangeCapacity` ranges of captured bytes, and `SendCapacity` segments that wait for their
/// acknowledgment. What is lost where that is too little is counted (direction_profile::forgotten_ranges, unfollowed_sends).
///
/// Implausible sequence numbers are ignored: a single segment or acknowledgment that is more than 16 MiB away, and a segment beyond
/// the window, only count in direction_profile::ignored_bytes. If the sender goes on there, the first such segment counts as well, and
/// what is remembered begins anew there. A jump ahead is a hole of the capture, whose bytes are missed, if a link of 400 Gbit/s can
/// carry them in the time that it took.
// Longer than 450 lines: all steps work on the memory and the profile of both sides, and are private, so they are one class.
template <std::size_t RangeCapacity = 8, std::size_t SendCapacity = 16>
class basic_profile_observer {
    /// What is remembered of one side as a sender.
    struct side_state {
        detail::send_sequence_space space{};
        detail::captured_ranges<RangeCapacity> captured{};
        sequence_number stream_low{};  ///< where the known part of the stream begins, if stream_known
        sequence_number stream_high{}; ///< where it ends
        sequence_number fin{};         ///< the number of the FIN, if has_fin
        sequence_number probed{};      ///< a byte that was sent as a zero window probe, if has_probed
        sequence_number ignored{};     ///< where the latest segment began that was ignored because it lay too far away
        std::uint32_t ignored_length = 0; ///< its payload; 0 if it was believed since, or there was none
        std::uint32_t awaited_clock = 0;
        std::uint32_t duplicate_acks = 0; ///< of what it sent, since something was acknowledged
        std::uint16_t window_field = 0;   ///< of its last segment
        bool heard = false;               ///< any segment of it was captured
        bool stream_known = false;
        bool has_fin = false;
        bool has_probed = false;
        bool awaits_clock = false;      ///< a clock round trip is being measured
        bool has_clock = false;         ///< `awaited_clock` is a clock that it sent, awaited or not
        bool offers_scale = false;      ///< its SYN offers window scaling
        bool advertised_scaled = false; ///< it has advertised a scaled window
        bool in_initial_window = false; ///< its SYN was captured, and none of its data is acknowledged
        timestamp last_time{};          ///< of its last segment
        timestamp stream_time{};        ///< when stream_high was reached
        timestamp in_flight_since{};    ///< up to when its bytes in flight are integrated
        timestamp clock_time{};         ///< when the awaited clock was sent
        detail::round_trip_sampler<SendCapacity> sends{};
        detail::kernel_round_trip<> kernel{};
    };

public:
    using facts = detail::profile_facts; ///< The member `profile` of the connection.
    /// The optional members that tables use.
    static constexpr auto hooks = observer_hooks::saving;
    /// Results for a connection depend on no other connection, so parallel tables take it.
    static constexpr bool per_connection = true;
    /// The name of the observer in a saved table.
    static constexpr std::string_view saved_as = "profile_observer";

private:
    struct connection_memory {
        per_side<side_state> sides{};
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Takes in the next segment of a connection. The time is bounded by the capacities; allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts& result) const noexcept {
        const segment& sent = input.segment;
        direction_profile& profile = result.profile[input.direction];
        if (sent.captured_payload < sent.payload_length) {
            ++profile.truncated_packets;
            profile.truncated_bytes += sent.payload_length - sent.captured_payload;
        }
        const bool is_retransmission = input.verdict.is_retransmission();
        profile.certain_retransmissions += is_retransmission && input.verdict.is_certain();
        profile.possible_retransmissions +=
            is_retransmission || contains_any(input.verdict.alternatives, verdict::reading_set::retransmission);
        if (input.verdict.has(verdict_kinds::duplicate)) {
            ++profile.duplicate_packets;
            profile.duplicate_bytes += sent.payload_length;
            return;
        }
        side_state& sender = state.sides[input.sender];
        side_state& receiver = state.sides[opposite(input.sender)];
        if (sender.heard) profile.longest_silence = (std::max)(profile.longest_silence, sent.time - sender.last_time);
        sender.heard = true;
        sender.last_time = sent.time;
        if (sent.flags.rst()) {
            profile.ignored_bytes += sent.payload_length;
            return;
        }
        if (sent.payload_length > 0) detail::count_data_packet(input, profile);
        if (sent.flags.ack()) detail::count_ack_packet(sent, profile);

        direction_profile& peer_profile = result.profile[opposite(input.direction)];
        pass_time(sent.time, sender, profile.in_flight);
        pass_time(sent.time, receiver, peer_profile.in_flight);
        take_acknowledgment(input, sender, receiver, peer_profile);
        advertise(sent, sender, receiver, profile.window);
        if (take_sequence(input, sender, profile) && !sent.flags.syn())
            detail::sample_flight(bytes_in_flight(sender), profile.in_flight);
        sender.window_field = sent.window;
    }

private:
    using nanoseconds = std::chrono::nanoseconds;

    /// The numbers in flight, without that of a FIN.
    [[nodiscard]] static constexpr std::uint32_t bytes_in_flight(const side_state& side) noexcept {
        const std::uint32_t numbers = side.space.in_flight();
        return numbers > 0 && side.has_fin && side.space.next() == side.fin + 1 ? numbers - 1 : numbers;
    }

    /// Integrates the bytes in flight, which have not changed since the last time, up to now.
    static constexpr void pass_time(timestamp now, side_state& side,
                                    direction_profile::flight_statistics& statistics) noexcept {
        if (side.space.known()) {
            const nanoseconds passed = now - side.in_flight_since;
            if (passed.count() > 0 && statistics.watched <= (nanoseconds::max)() - passed) {
                statistics.watched += passed;
                if (const std::uint32_t bytes = bytes_in_flight(side); bytes > 0) {
                    statistics.byte_seconds += static_cast<double>(bytes) * (static_cast<double>(passed.count()) / 1e9);
                }
            }
        }
        // Where the clock ran back, time stands still until it is later again.
        side.in_flight_since = side.space.known() ? (std::max)(side.in_flight_since, now) : now;
    }

    static constexpr void advertise(const segment& sent, side_state& sender, const side_state& receiver,
                                    direction_profile::window_statistics& statistics) noexcept {
        if (sent.flags.syn()) {
            sender.offers_scale = sent.options.window_scale.has_value();
            if (sender.advertised_scaled) return;
        } else if (sender.offers_scale && receiver.offers_scale && !sender.advertised_scaled) {
            sender.advertised_scaled = true;
            statistics = {.zeros = statistics.zeros};
        }
        const std::uint8_t shift = sent.flags.syn() ? std::uint8_t{0} : receiver.space.window_shift().value_or(0);
        const std::uint32_t window = std::uint32_t{sent.window} << shift;
        ++statistics.packets;
        if (window == 0) {
            statistics.zeros += sent.flags.ack();
            return;
        }
        statistics.total += window;
        statistics.least = statistics.least == 0 ? window : (std::min)(statistics.least, window);
        statistics.greatest = (std::max)(statistics.greatest, window);
    }

    /// What a segment of `sender` acknowledges of what `receiver` sent, whose profile this is.
    static constexpr void take_acknowledgment(const observer_input& input, const side_state& sender,
                                              side_state& receiver, direction_profile& profile) noexcept {
        const segment& sent = input.segment;
        const bool known = receiver.space.known();
        const sequence_number acknowledged = receiver.space.unacknowledged();
        receiver.space.on_received(sent);
        if (!sent.flags.ack()) return;
        if (!receiver.stream_known) {
            receiver.stream_low = receiver.stream_high = receiver.space.unacknowledged();
            receiver.stream_known = true;
            receiver.stream_time = sent.time;
        }
        if (!known) return;
        const sequence_number ack = receiver.space.unacknowledged();
        const sequence_number reached = receiver.has_fin && ack == receiver.fin + 1 ? receiver.fin : ack;
        if (before(acknowledged, reached) || sent.options.sack_block_count > 0) {
            // NOLINTNEXTLINE(readability-suspicious-call-argument): from where to where
            receiver.kernel.on_acknowledged(sent, acknowledged, reached, receiver.space.next(),
                                            profile.largest_segment);
            profile.kernel_min_rtt = receiver.kernel.least();
        }
        if (ack == acknowledged) {
            if (sent.acknowledgment == ack) count_repeated(input, sender, receiver, profile);
            return;
        }
        receiver.duplicate_acks = 0;
        if (receiver.in_initial_window && before(receiver.stream_low, ack)) receiver.in_initial_window = false;
        detail::count_ack_effect(receiver.sends.acknowledged(ack, sent.time), profile);
        if (receiver.awaits_clock && sent.options.timestamps) {
            const auto beyond = static_cast<std::int32_t>(sent.options.timestamps->echo - receiver.awaited_clock);
            const nanoseconds took = sent.time - receiver.clock_time;
            if (beyond == 0 && detail::least_round_trip::is_plausible(took)) profile.clock_round_trip.add(took);
            if (beyond >= 0) receiver.awaits_clock = false;
        }
        if (receiver.has_probed && before(receiver.probed, ack)) accept_probe(receiver, profile, ack, sent.time);
        stretch(reached, sent.time, receiver, profile);
    }

    /// The same acknowledgment comes once more: a duplicate ACK by RFC 5681 2?
    static constexpr void count_repeated(const observer_input& input, const side_state& sender, side_state& receiver,
                                         direction_profile& profile) noexcept {
        const segment& sent = input.segment;
        using enum verdict_kinds;
        if (sent.sequence_length() > 0 || receiver.space.in_flight() == 0) return;
        if (input.verdict.has(keep_alive | keep_alive_ack | zero_window_probe | zero_window_probe_ack)) return;
        // RFC 6675 2: with SACK a duplicate ACK reports something new, whatever its window.
        const bool selective = sent.options.sack_block_count > 0;
        if (selective ? sent.reports_duplicate() : sent.window != sender.window_field) return;
        ++profile.duplicate_acks;
        if (++receiver.duplicate_acks == 3) ++profile.triple_duplicate_acks;
    }

    static constexpr void accept_probe(side_state& sender, direction_profile& profile, sequence_number acknowledged,
                                       timestamp now) noexcept {
        sender.has_probed = false;
        const auto added = sender.captured.add(sender.probed, sender.probed + 1, acknowledged);
        if (added.covered > 0 || profile.probe_bytes == 0) return;
        --profile.probe_bytes;
        ++profile.unique_bytes;
        stretch(sender.probed + 1, now, sender, profile);
    }

    /// The stream reaches up to `end`, not including that.
    static constexpr void stretch(sequence_number end, timestamp now, side_state& sender,
                                  direction_profile& profile) noexcept {
        const std::int32_t further = distance(sender.stream_high, end);
        if (further <= 0) return;
        if (detail::is_stream_step_possible(further, now - sender.stream_time))
            profile.stream_bytes += static_cast<std::uint32_t>(further);
        sender.stream_high = end;
        sender.stream_time = now;
    }

    static constexpr void take_probe(const observer_input& input, side_state& sender,
                                     direction_profile& profile) noexcept {
        const segment& sent = input.segment;
        ++profile.probe_packets;
        profile.probe_bytes += sent.payload_length;
        if (input.verdict.has(verdict_kinds::zero_window_probe) && sent.payload_length == 1) {
            sender.has_probed = true;
            sender.probed = sent.sequence;
        }
    }

    /// Takes in the sequence numbers of a segment. Returns whether they were new and in order; true for a bare acknowledgment.
    static constexpr bool take_sequence(const observer_input& input, side_state& sender,
                                        direction_profile& profile) noexcept {
        const segment& sent = input.segment;
        using enum verdict_kinds;
        if (input.verdict.has(keep_alive | zero_window_probe)) {
            take_probe(input, sender, profile);
            return sent.payload_length == 0;
        }
        if (sent.sequence_length() == 0) {
            sender.space.on_sent(sent);
            return true;
        }
        const bool known = sender.space.known();
        const sequence_number expected = sender.space.next();
        sender.space.on_sent(sent);
        const std::int32_t behind = distance(sent.sequence, sender.space.next());
        if (behind < 0 || behind > detail::max_window_distance + static_cast<std::int64_t>(sent.sequence_length())) {
            profile.ignored_bytes += sent.payload_length;
            sender.ignored = sent.payload_begin();
            sender.ignored_length = sent.payload_length;
            return false;
        }
        if (sender.ignored_length > 0 && !goes_on_at_ignored(sent, sender)) sender.ignored_length = 0;
        if (known && detail::beyond_max_window(expected, sent.sequence)) begin_anew(sent, sender, profile);

        if (sender.ignored_length > 0) believe_ignored(sent, sender, profile);
        extend_stream(sent, sender, profile);
        await_clock(sent, sender);
        sender.kernel.on_sent(sent, known ? expected : sent.sequence, sender.space.unacknowledged(),
                              input.verdict.is_retransmission());
        const sequence_number highest = sender.captured.empty() ? sent.sequence : sender.captured.highest();
        const captured_numbers numbers = capture_numbers(sent, sender, profile);
        profile.hole_filling_packets += numbers.fills_hole;
        profile.out_of_order_packets += input.verdict.has(out_of_order);
        const bool is_again = numbers.captured_before > std::uint32_t{answers_with_own_syn(input)};
        profile.retransmitted_packets += is_again;
        remember_send(sent, numbers.captured_before > 0, is_again, highest, sender, profile);
        return numbers.captured_before == 0 && !numbers.fills_hole;
    }

    /// Whether a segment is the first SYN-ACK of its side. In a simultaneous open it has the number of the SYN that the side sent before, and
    /// sends nothing again (RFC 9293 section 3.5, figure 7).
    [[nodiscard]] static constexpr bool answers_with_own_syn(const observer_input& input) noexcept {
        return input.segment.flags.syn() && input.segment.flags.ack() && !input.verdict.is_retransmission() &&
               input.connection.statistics(input.direction).syn_ack == 1;
    }

    struct captured_numbers {
        std::uint32_t captured_before = 0; ///< how many of a segment's numbers
        bool fills_hole = false;
    };

    /// Adds the sequence numbers of a segment to those that were captured.
    static constexpr captured_numbers capture_numbers(const segment& sent, side_state& sender,
                                                      direction_profile& profile) noexcept {
        const sequence_number begin = sent.payload_begin();
        const sequence_number end = begin + sent.payload_length;
        captured_numbers numbers;
        const auto add = [&, acknowledged = sender.space.unacknowledged()](sequence_number from, sequence_number to) {
            const auto added = sender.captured.add(from, to, acknowledged);
            numbers.captured_before += added.covered;
            numbers.fills_hole |= added.fills_hole;
            profile.forgotten_ranges += added.forgot;
            return added.covered;
        };
        if (sent.flags.syn()) add(sent.sequence, begin);
        if (begin != end) {
            const std::uint32_t covered = add(begin, end);
            profile.retransmitted_bytes += covered;
            profile.unique_bytes += sent.payload_length - covered;
            if (sender.in_initial_window && covered < sent.payload_length) {
                profile.initial_window_bytes += sent.payload_length - covered;
                ++profile.initial_window_packets;
            }
        }
        if (sent.flags.fin()) add(end, end + 1);
        return numbers;
    }

    /// Remembers when a segment was sent. `again`: some of its numbers were captured before, so that an answer may be to either; `counts`:
    /// it is a retransmission; `highest`: after the highest of these numbers.
    static constexpr void remember_send(const segment& sent, bool again, bool counts, sequence_number highest,
                                        side_state& sender, direction_profile& profile) noexcept {
        const sequence_number acknowledged = sender.space.unacknowledged();
        const sequence_number end = sent.sequence_end();
        sequence_number begin = sent.sequence;
        if (again) {
            const sequence_number limit = before(highest, end) ? highest : end;
            const auto done = sender.sends.sent_again(begin, limit, acknowledged, sent.time);
            if (counts) {
                if (done.since_last && done.since_last->count() >= 0) profile.retransmission_time.add(*done.since_last);
                profile.most_retransmissions = (std::max)(profile.most_retransmissions, std::uint32_t{done.times});
            }
            if (limit == end) return;
            begin = highest;
        }
        if (before(acknowledged, end)) profile.unfollowed_sends += sender.sends.sent(begin, end, sent.time);
    }

    static constexpr void await_clock(const segment& sent, side_state& sender) noexcept {
        const auto& stamps = sent.options.timestamps;
        if (!stamps) return;
        const bool newer = !sender.has_clock || static_cast<std::int32_t>(stamps->value - sender.awaited_clock) > 0;
        if (!newer) {
            // A SYN-ACK echoes the clock of the first SYN, whichever SYN it answers.
            if (sent.flags.syn()) sender.awaits_clock = false;
            return;
        }
        if (sender.awaits_clock && !sent.flags.syn()) return;
        sender.awaits_clock = !sent.flags.syn() || !sender.has_clock;
        sender.has_clock = true;
        sender.awaited_clock = stamps->value;
        sender.clock_time = sent.time;
    }

    static constexpr void begin_anew(const segment& sent, side_state& sender, direction_profile& profile) noexcept {
        ++profile.sequence_jumps;
        sender.captured = {};
        sender.sends.clear();
        sender.kernel.begin_anew();
        // After a hole the stream goes on; after any other jump a stretch of it begins that has no known place.
        sequence_number begin = sent.payload_begin();
        if (sender.ignored_length > 0 && before(sender.ignored, begin)) begin = sender.ignored;
        const std::int32_t further = distance(sender.stream_high, begin);
        if (further < 0 || !detail::is_stream_step_possible(further, sent.time - sender.stream_time)) {
            sender.stream_low = sender.stream_high = begin;
        }
        sender.has_fin = sender.has_probed = sender.awaits_clock = sender.has_clock = false;
    }

    /// Whether a segment lies nearer to the one that was ignored than to all that was captured.
    [[nodiscard]] static constexpr bool goes_on_at_ignored(const segment& sent, const side_state& sender) noexcept {
        const auto away = [&](sequence_number from) {
            const std::int64_t step = distance(from, sent.sequence);
            return step < 0 ? -step : step;
        };
        const std::int64_t from_ignored = away(sender.ignored);
        return from_ignored <= detail::max_window_distance &&
               (sender.captured.empty() || from_ignored < away(sender.captured.highest()));
    }

    /// A segment goes on where the one before it lay that was ignored: that was the sender's too.
    static constexpr void believe_ignored(const segment& sent, side_state& sender,
                                          direction_profile& profile) noexcept {
        const std::uint32_t length = std::exchange(sender.ignored_length, 0);
        if (profile.ignored_bytes < length) return;
        profile.ignored_bytes -= length;
        const sequence_number end = sender.ignored + length;
        const std::uint32_t covered = sender.captured.add(sender.ignored, end, sender.space.unacknowledged()).covered;
        profile.retransmitted_bytes += covered;
        profile.unique_bytes += length - covered;
        stretch(end, sent.time, sender, profile);
    }

    static constexpr void extend_stream(const segment& sent, side_state& sender, direction_profile& profile) noexcept {
        const sequence_number begin = sent.payload_begin();
        const sequence_number end = begin + sent.payload_length;
        if (!sender.stream_known) {
            sender.stream_known = true;
            sender.stream_low = sender.stream_high = begin;
            sender.stream_time = sent.time;
        } else if (!profile.stream_begins && before(begin, sender.stream_low)) {
            const std::int32_t further = distance(begin, sender.stream_low);
            if (further <= detail::max_window_distance) profile.stream_bytes += static_cast<std::uint32_t>(further);
            sender.stream_low = begin;
        }
        if (sent.flags.syn() && !profile.stream_begins) {
            profile.stream_begins = true;
            sender.in_initial_window = !before(begin, sender.space.unacknowledged());
        }
        if (sent.flags.fin() && (!sender.has_fin || before(sender.fin, end))) {
            // The acknowledgment of the FIN was captured first, and seemed to be one of a byte.
            if (!sender.has_fin && sender.stream_high == end + 1 && profile.stream_bytes > 0) {
                sender.stream_high = end;
                --profile.stream_bytes;
            }
            sender.has_fin = profile.stream_ends = true;
            sender.fin = end;
        }
        stretch(end, sent.time, sender, profile);
    }
};

} // namespace detail

/// The profile_observer with the usual memory: 8 ranges and 16 segments of each direction.
using profile_observer = detail::basic_profile_observer<>;

static_assert(check_observer<profile_observer>());

} // namespace tcplens::inline v1
