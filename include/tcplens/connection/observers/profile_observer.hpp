// SPDX-License-Identifier: MIT
#pragma once

#include "../side.hpp"
#include "../tracking/captured_ranges.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/round_trip_sampler.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "connection_observer.hpp"
#include "direction_profile.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace tcplens::inline v0 {

/// Both directions of a connection in detail, as member `profile` of the connection.
struct profile_facts {
    direction_profiles profile{};

    constexpr void swap_roles() noexcept { std::swap(profile.client_to_server, profile.server_to_client); }
    [[nodiscard]] friend constexpr bool operator==(const profile_facts&, const profile_facts&) noexcept = default;
};

/// Fills in the profile_facts. It remembers a fixed amount of each direction: `RangeCapacity` ranges of captured bytes, and
/// `SendCapacity` segments that wait for their acknowledgment; what is lost where that is too little is counted.
///
/// What was sent is believed as send_sequence_space believes it: a single segment or acknowledgment that is more than 16 MiB off, or a
/// segment beyond the window, changes nothing but ignored_bytes; where its sender goes on there, so far off, what is remembered
/// begins anew there.
template <std::size_t RangeCapacity = 8, std::size_t SendCapacity = 16>
class basic_profile_observer {
public:
    using facts = profile_facts;
    static constexpr std::string_view saved_as = "profile_observer";

    /// What is remembered of one side as a sender.
    struct side_state {
        detail::send_sequence_space space{};
        detail::captured_ranges<RangeCapacity> captured{};
        sequence_number stream_low{};  ///< the stream is known from here ...
        sequence_number stream_high{}; ///< ... up to here
        sequence_number fin{};         ///< where it ends
        sequence_number probed{};      ///< a byte that was sent as a zero window probe
        std::uint32_t awaited_clock = 0;
        std::uint32_t duplicate_acks = 0; ///< of what it sent, since something was acknowledged
        std::uint16_t window_field = 0;   ///< of its last segment
        bool heard = false;
        bool stream_known = false;
        bool has_fin = false;
        bool has_probed = false;
        bool awaits_clock = false;
        bool has_clock = false;         ///< `awaited_clock` is one that it wrote, awaited or not
        bool offers_scale = false;      ///< its SYN does
        bool advertised_scaled = false; ///< a window
        bool in_initial_window = false; ///< none of its data is acknowledged
        timestamp last_time{};          ///< of its last segment
        timestamp in_flight_since{};    ///< when bytes in flight were looked at the last time
        timestamp clock_time{};         ///< when the awaited clock was sent
        detail::round_trip_sampler<SendCapacity> sends{};
    };

    struct connection_state {
        per_side<side_state> sides{};
    };

    constexpr void observe(const observer_input& next, connection_state& of, facts& told) const noexcept {
        const segment& sent = next.segment;
        direction_profile& own = told.profile.of(next.direction);
        if (sent.captured_payload < sent.payload_length) {
            ++own.truncated_packets;
            own.truncated_bytes += sent.payload_length - sent.captured_payload;
        }
        if (next.verdict.has(verdict_kinds::duplicate)) {
            ++own.duplicate_packets;
            own.duplicate_bytes += sent.payload_length;
            return;
        }
        side_state& sender = of.sides[next.sender];
        side_state& receiver = of.sides[opposite(next.sender)];
        if (sender.heard) own.longest_silence = (std::max)(own.longest_silence, sent.time - sender.last_time);
        sender.heard = true;
        sender.last_time = sent.time;
        if (sent.flags.rst()) {
            own.ignored_bytes += sent.payload_length;
            return;
        }
        if (sent.payload_length > 0) count_data(next, own);
        if (sent.flags.ack()) count_ack(sent, own);

        direction_profile& others = told.profile.of(opposite(next.direction));
        pass_time(sent.time, sender, own.in_flight);
        pass_time(sent.time, receiver, others.in_flight);
        take_acknowledgment(next, sender, receiver, others);
        advertise(sent, sender, receiver, own.window);
        if (take_sequence(next, sender, own) && !sent.flags.syn()) sample(bytes_in_flight(sender), own.in_flight);
        sender.window_field = sent.window;
    }

private:
    using nanoseconds = std::chrono::nanoseconds;

    static constexpr void count_data(const observer_input& next, direction_profile& own) noexcept {
        const segment& sent = next.segment;
        own.smallest_segment =
            own.largest_segment == 0 ? sent.payload_length : (std::min)(own.smallest_segment, sent.payload_length);
        own.largest_segment = (std::max)(own.largest_segment, sent.payload_length);
        own.pushed_packets += sent.flags.psh();
        own.urgent_packets += sent.flags.urg();
        if (next.verdict.has(verdict_kinds::keep_alive)) return; // a byte of garbage
        if (!own.first_data_time) own.first_data_time = sent.time;
        own.data_time = (std::max)(own.data_time, sent.time - *own.first_data_time);
    }

    static constexpr void count_ack(const segment& sent, direction_profile& own) noexcept {
        own.pure_acks += sent.sequence_length() == 0;
        const std::uint32_t blocks = sent.options.sack_block_count;
        if (blocks == 0) return;
        ++own.sack_packets;
        own.dsack_packets += sent.reports_duplicate();
        own.most_sack_blocks = (std::max)(own.most_sack_blocks, blocks);
    }

    /// A FIN takes a number, but is no byte.
    [[nodiscard]] static constexpr std::uint32_t bytes_in_flight(const side_state& of) noexcept {
        const std::uint32_t numbers = of.space.in_flight();
        return numbers > 0 && of.has_fin && of.space.next() == of.fin + 1 ? numbers - 1 : numbers;
    }

    /// Up to now as much was in flight as it was.
    static constexpr void pass_time(timestamp now, side_state& of, flight_statistics& told) noexcept {
        if (of.space.known()) {
            const nanoseconds passed = now - of.in_flight_since;
            if (passed.count() > 0 && told.watched <= (nanoseconds::max)() - passed) {
                told.watched += passed;
                if (const std::uint32_t bytes = bytes_in_flight(of); bytes > 0) {
                    told.byte_seconds += static_cast<double>(bytes) * (static_cast<double>(passed.count()) / 1e9);
                }
            }
        }
        // Where the clock ran back, time stands still until it has made good for that.
        of.in_flight_since = of.space.known() ? (std::max)(of.in_flight_since, now) : now;
    }

    static constexpr void sample(std::uint32_t bytes, flight_statistics& told) noexcept {
        ++told.samples;
        if (bytes == 0) return;
        told.total += bytes;
        told.least = told.least == 0 ? bytes : (std::min)(told.least, bytes);
        told.greatest = (std::max)(told.greatest, bytes);
    }

    static constexpr void advertise(const segment& sent, side_state& sender, const side_state& receiver,
                                    window_statistics& told) noexcept {
        if (sent.flags.syn()) {
            sender.offers_scale = sent.options.window_scale.has_value();
            if (sender.advertised_scaled) return;
        } else if (sender.offers_scale && receiver.offers_scale && !sender.advertised_scaled) {
            sender.advertised_scaled = true;
            told = {.zeros = told.zeros};
        }
        const std::uint8_t shift = sent.flags.syn() ? std::uint8_t{0} : receiver.space.window_shift().value_or(0);
        const std::uint32_t window = std::uint32_t{sent.window} << shift;
        ++told.packets;
        if (window == 0) {
            told.zeros += sent.flags.ack();
            return;
        }
        told.total += window;
        told.least = told.least == 0 ? window : (std::min)(told.least, window);
        told.greatest = (std::max)(told.greatest, window);
    }

    /// What a segment of `sender` acknowledges of what `receiver` sent, of which `told` tells.
    static constexpr void take_acknowledgment(const observer_input& next, const side_state& sender,
                                              side_state& receiver, direction_profile& told) noexcept {
        const segment& sent = next.segment;
        const bool known = receiver.space.known();
        const sequence_number acknowledged = receiver.space.unacknowledged();
        receiver.space.on_received(sent);
        if (!sent.flags.ack()) return;
        if (!receiver.stream_known) {
            receiver.stream_low = receiver.stream_high = receiver.space.unacknowledged();
            receiver.stream_known = true;
        }
        if (!known) return;
        const sequence_number ack = receiver.space.unacknowledged();
        if (ack == acknowledged) {
            if (sent.acknowledgment == ack) count_repeated(next, sender, receiver, told);
            return;
        }
        receiver.duplicate_acks = 0;
        if (receiver.in_initial_window && before(receiver.stream_low, ack)) receiver.in_initial_window = false;
        answer(receiver.sends.acknowledged(ack, sent.time), told);
        if (receiver.awaits_clock && sent.options.timestamps) {
            const auto beyond = static_cast<std::int32_t>(sent.options.timestamps->echo - receiver.awaited_clock);
            const nanoseconds took = sent.time - receiver.clock_time;
            if (beyond == 0 && detail::least_round_trip::is_plausible(took)) told.clock_round_trip.add(took);
            if (beyond >= 0) receiver.awaits_clock = false;
        }
        if (receiver.has_probed && before(receiver.probed, ack)) accept_probe(receiver, told, ack);
        const sequence_number reached = receiver.has_fin && ack == receiver.fin + 1 ? receiver.fin : ack;
        stretch(reached, receiver, told);
    }

    static constexpr void answer(const detail::ack_effect& said, direction_profile& told) noexcept {
        using kind = detail::ack_effect::kind;
        told.cumulative_acks += said.cumulative;
        switch (said.is) {
        case kind::none: break;
        case kind::clear:
            if (detail::least_round_trip::is_plausible(said.waited)) told.round_trip.add(said.waited);
            break;
        case kind::ambiguous: ++told.ambiguous_acks; break;
        case kind::post_loss: ++told.post_loss_acks; break;
        }
    }

    /// The same acknowledgment once more (RFC 5681 2).
    static constexpr void count_repeated(const observer_input& next, const side_state& sender, side_state& receiver,
                                         direction_profile& told) noexcept {
        const segment& sent = next.segment;
        using enum verdict_kinds;
        if (sent.sequence_length() > 0 || receiver.space.in_flight() == 0) return;
        if (next.verdict.has(keep_alive | keep_alive_ack | zero_window_probe | zero_window_probe_ack)) return;
        // RFC 6675 2: with SACK it is one that reports something new, whatever its window.
        const bool selective = sent.options.sack_block_count > 0;
        if (selective ? sent.reports_duplicate() : sent.window != sender.window_field) return;
        ++told.duplicate_acks;
        if (++receiver.duplicate_acks == 3) ++told.triple_duplicate_acks;
    }

    static constexpr void accept_probe(side_state& sender, direction_profile& told,
                                       sequence_number acknowledged) noexcept {
        sender.has_probed = false;
        const auto added = sender.captured.add(sender.probed, sender.probed + 1, acknowledged);
        if (added.covered > 0 || told.probe_bytes == 0) return;
        --told.probe_bytes;
        ++told.unique_bytes;
        stretch(sender.probed + 1, sender, told);
    }

    /// The stream reaches up to `end`, not including that.
    static constexpr void stretch(sequence_number end, side_state& sender, direction_profile& told) noexcept {
        const std::int32_t further = distance(sender.stream_high, end);
        if (further <= 0) return;
        if (further <= detail::max_window_distance) told.stream_bytes += static_cast<std::uint32_t>(further);
        sender.stream_high = end;
    }

    /// What it sent. Returns whether that was new, and in order; true for a bare acknowledgment.
    static constexpr bool take_sequence(const observer_input& next, side_state& sender,
                                        direction_profile& told) noexcept {
        const segment& sent = next.segment;
        using enum verdict_kinds;
        if (next.verdict.has(keep_alive | zero_window_probe)) {
            ++told.probe_packets;
            told.probe_bytes += sent.payload_length;
            if (next.verdict.has(zero_window_probe) && sent.payload_length == 1) {
                sender.has_probed = true;
                sender.probed = sent.sequence;
            }
            return sent.payload_length == 0;
        }
        if (sent.sequence_length() == 0) {
            sender.space.on_sent(sent);
            return true;
        }
        const bool known = sender.space.known();
        const sequence_number expected = sender.space.next();
        sender.space.on_sent(sent);
        const std::int32_t off = distance(sent.sequence, sender.space.next());
        if (off < 0 || off > detail::max_window_distance + static_cast<std::int64_t>(sent.sequence_length())) {
            told.ignored_bytes += sent.payload_length;
            return false;
        }
        if (known && detail::beyond_max_window(expected, sent.sequence)) begin_anew(sent, sender, told);

        const sequence_number begin = sent.payload_begin();
        const sequence_number end = begin + sent.payload_length;
        extend_stream(sent, begin, end, sender, told);
        await_clock(sent, sender);

        const bool any_before = !sender.captured.empty();
        const sequence_number highest = any_before ? sender.captured.highest() : sent.sequence;
        const sequence_number acknowledged = sender.space.unacknowledged();
        std::uint32_t again = 0;
        bool fills = false;
        const auto add = [&](sequence_number from, sequence_number to) {
            const auto added = sender.captured.add(from, to, acknowledged);
            again += added.covered;
            fills |= added.fills_hole;
            told.forgotten_ranges += added.forgot;
            return added.covered;
        };
        if (sent.flags.syn()) add(sent.sequence, begin);
        if (begin != end) {
            const std::uint32_t covered = add(begin, end);
            told.retransmitted_bytes += covered;
            told.unique_bytes += sent.payload_length - covered;
            if (sender.in_initial_window && covered < sent.payload_length) {
                told.initial_window_bytes += sent.payload_length - covered;
                ++told.initial_window_packets;
            }
        }
        if (sent.flags.fin()) add(end, end + 1);

        told.hole_filling_packets += fills;
        told.out_of_order_packets += next.verdict.has(out_of_order);
        told.retransmitted_packets += again > 0;
        follow(sent, again > 0, highest, sender, told);
        return again == 0 && !fills;
    }

    /// Remembers when it was sent.
    static constexpr void follow(const segment& sent, bool again, sequence_number highest, side_state& sender,
                                 direction_profile& told) noexcept {
        const sequence_number acknowledged = sender.space.unacknowledged();
        const sequence_number end = sent.sequence_end();
        sequence_number begin = sent.sequence;
        if (again) {
            const sequence_number limit = before(highest, end) ? highest : end;
            const auto done = sender.sends.sent_again(begin, limit, acknowledged, sent.time);
            if (done.since_last && done.since_last->count() >= 0) told.retransmission_time.add(*done.since_last);
            told.most_retransmissions = (std::max)(told.most_retransmissions, std::uint32_t{done.times});
            if (limit == end) return;
            begin = highest;
        }
        if (before(acknowledged, end)) told.unfollowed_sends += sender.sends.sent(begin, end, sent.time);
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

    static constexpr void begin_anew(const segment& sent, side_state& sender, direction_profile& told) noexcept {
        ++told.sequence_jumps;
        sender.captured = {};
        sender.sends.clear();
        sender.stream_low = sender.stream_high = sent.payload_begin();
        sender.has_fin = sender.has_probed = sender.awaits_clock = sender.has_clock = false;
    }

    static constexpr void extend_stream(const segment& sent, sequence_number begin, sequence_number end,
                                        side_state& sender, direction_profile& told) noexcept {
        if (!sender.stream_known) {
            sender.stream_known = true;
            sender.stream_low = sender.stream_high = begin;
        } else if (!told.stream_begins && before(begin, sender.stream_low)) {
            const std::int32_t further = distance(begin, sender.stream_low);
            if (further <= detail::max_window_distance) told.stream_bytes += static_cast<std::uint32_t>(further);
            sender.stream_low = begin;
        }
        if (sent.flags.syn() && !told.stream_begins) {
            told.stream_begins = true;
            sender.in_initial_window = !before(begin, sender.space.unacknowledged());
        }
        if (sent.flags.fin() && (!sender.has_fin || before(sender.fin, end))) {
            // The acknowledgment of the FIN was captured first, and seemed to be one of a byte.
            if (!sender.has_fin && sender.stream_high == end + 1 && told.stream_bytes > 0) {
                sender.stream_high = end;
                --told.stream_bytes;
            }
            sender.has_fin = told.stream_ends = true;
            sender.fin = end;
        }
        stretch(end, sender, told);
    }
};

using profile_observer = basic_profile_observer<>;

static_assert(connection_observer<profile_observer>);

} // namespace tcplens::inline v0
