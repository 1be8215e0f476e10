// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "../tracking/captured_ranges.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "connection_observer.hpp"
#include "time_series.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v1 {

/// How time_series_observer bins packets.
struct time_series_options {
    std::chrono::nanoseconds interval = std::chrono::seconds{1}; ///< Width of an interval at first; 1 ns to 2^60 ns.
    time_series::series_overflow overflow =
        time_series::series_overflow::widen;   ///< What happens when the bins do not suffice.
    std::optional<std::uint64_t> connection{}; ///< The number of the only connection that counts; absent: all count.
    std::chrono::nanoseconds furthest_jump =
        std::chrono::hours{24}; ///< How far a time may be from the latest: see time_series.
};

/// Bins the packets of one connection, or of all connections together, by time.
///
///     std::vector<time_series::time_bin> bins(1000);
///     basic_connection_table table{table_options{}, evidence_rules{}, time_series_observer{bins, {.interval = 100ms}}};
///     const time_series& series = table.observer<time_series_observer>().series();
///
/// The bins are the caller's and must outlive the table; the observer never allocates. A packet counts in the interval of its own
/// time, however late it comes. The bytes in flight of all connections are the sum over those that are not closed. If it turns out
/// that client and server of the only connection have to change places, its bins do, too; if all connections count, what was
/// counted before stays where it was.
///
/// New bytes are those outside the ranges of captured numbers that the observer remembers, up to 8 of each direction. Round trips are measured one segment at a
/// time (RFC 6298 section 4), and not of retransmissions (Karn's algorithm). Sequence numbers that are more than 16 MiB away
/// count once their sender goes on there.
class time_series_observer {
public:
    /// Adds nothing to a connection.
    struct facts {
        /// Does nothing.
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

private:
    struct side_state {
        detail::send_sequence_space space{};
        detail::captured_ranges<8> captured{};  ///< the numbers of its data
        std::optional<sequence_number> timed{}; ///< an acknowledgment up to here ends a round trip
        timestamp timed_from{};                 ///< when that round trip began
        std::uint32_t in_flight = 0;            ///< as counted in `in_flight_`
    };

    struct connection_memory {
        per_side<side_state> sides{};
        std::optional<side> client{};
    };

public:
    using connection_state = connection_memory; ///< What the observer remembers of one connection.

    /// Makes an observer that bins into `memory`, which must outlive it. With less than time_series::least_bins bins nothing is
    /// binned.
    explicit constexpr time_series_observer(std::span<time_series::time_bin> memory = {},
                                            const time_series_options& options = {}) noexcept
        : series_(memory, options.interval, options.overflow, options.furthest_jump), connection_(options.connection) {}

    /// Takes in the next segment of a connection. Linear in the number of bins if intervals are added or widened, else constant time;
    /// allocates nothing.
    constexpr void observe(const observer_input& input, connection_state& state, facts&) noexcept {
        if (connection_ && *connection_ != input.connection.number) return;
        follow_roles(input, state);
        const segment& sent = input.segment;
        side_state& sender = state.sides[input.sender];
        side_state& receiver = state.sides[opposite(input.sender)];
        sender.space.on_sent(sent);
        receiver.space.on_received(sent);
        const bool is_garbage = input.verdict.has(verdict_kinds::keep_alive);
        const std::uint32_t new_bytes = is_garbage ? 0 : count_new_bytes(sent, sender);
        const auto rtt = end_round_trip(sent, receiver);
        begin_round_trip(input, sender);
        const bool closed = input.connection.closed;
        count_in_flight(sender, input.direction, closed);
        count_in_flight(receiver, opposite(input.direction), closed);

        time_series::time_bin* const bin = series_.find(sent.time);
        if (bin == nullptr) {
            ++outside_;
            return;
        }
        time_series::direction_bin& there = bin->bin(input.direction);
        time_series::direction_bin& back = bin->bin(opposite(input.direction));
        ++there.packets;
        there.wire_bytes += sent.wire_length;
        there.payload_bytes += sent.payload_length;
        there.new_bytes += new_bytes;
        there.retransmissions += input.verdict.is_retransmission();
        there.most_in_flight = (std::max)(there.most_in_flight, in_flight(input.direction));
        back.most_in_flight = (std::max)(back.most_in_flight, in_flight(opposite(input.direction)));
        if (rtt) back.count_rtt(*rtt);
    }

    /// The intervals so far.
    [[nodiscard]] constexpr const time_series& series() const noexcept { return series_; }
    /// Number of packets whose times had no place in the series.
    [[nodiscard]] constexpr std::uint64_t outside() const noexcept { return outside_; }

private:
    /// Moves what is counted where client and server change places.
    constexpr void follow_roles(const observer_input& input, connection_state& state) noexcept {
        const side client = input.direction == direction::client_to_server ? input.sender : opposite(input.sender);
        const std::optional<side> before = std::exchange(state.client, client);
        if (!before || *before == client) return;
        const std::uint64_t to_server = state.sides[*before].in_flight;
        const std::uint64_t to_client = state.sides[opposite(*before)].in_flight;
        in_flight(direction::client_to_server) += to_client - to_server;
        in_flight(direction::server_to_client) += to_server - to_client;
        if (connection_) series_.swap_roles();
    }

    /// The payload bytes of a segment that were not captured before.
    [[nodiscard]] static constexpr std::uint32_t count_new_bytes(const segment& sent, side_state& sender) noexcept {
        if (sent.payload_length == 0 || sent.flags.rst()) return 0;
        const sequence_number begin = sent.payload_begin();
        if (!sender.captured.empty() && detail::beyond_max_window(sender.captured.highest(), begin)) {
            if (sender.space.next() != sent.sequence_end()) return 0; // a single segment so far away is ignored
            sender.captured = {};
        }
        const sequence_number end = begin + sent.payload_length;
        return sent.payload_length - sender.captured.add(begin, end, sender.space.unacknowledged()).covered;
    }

    /// Begins to measure a round trip, if none is being measured.
    static constexpr void begin_round_trip(const observer_input& input, side_state& sender) noexcept {
        const segment& sent = input.segment;
        if (sent.sequence_length() == 0 || sent.flags.rst()) return;
        if (input.verdict.is_retransmission()) {
            sender.timed.reset();
        } else if (!sender.timed && sender.space.next() == sent.sequence_end() &&
                   input.verdict.kinds == verdict_kinds::none) { // the newest segment
            sender.timed = sent.sequence_end();
            sender.timed_from = sent.time;
        }
    }

    /// The round trip that a segment ends by acknowledging what `receiver` sent.
    [[nodiscard]] static constexpr std::optional<std::chrono::nanoseconds>
    end_round_trip(const segment& sent, side_state& receiver) noexcept {
        if (!sent.flags.ack() || !receiver.timed || before(sent.acknowledgment, *receiver.timed)) return std::nullopt;
        receiver.timed.reset();
        const auto took = sent.time - receiver.timed_from;
        return detail::least_round_trip::is_plausible(took) ? std::optional{took} : std::nullopt;
    }

    [[nodiscard]] constexpr std::uint64_t& in_flight(direction direction) noexcept {
        return in_flight_[static_cast<std::size_t>(direction)];
    }
    constexpr void count_in_flight(side_state& side, direction direction, bool closed) noexcept {
        const std::uint32_t now = closed || !side.space.known() ? 0 : side.space.in_flight();
        in_flight(direction) += std::uint64_t{now} - std::exchange(side.in_flight, now); // modulo 2^64
    }

    time_series series_;
    std::optional<std::uint64_t> connection_;
    std::array<std::uint64_t, 2> in_flight_{};
    std::uint64_t outside_ = 0; ///< packets
};

static_assert(check_observer<time_series_observer>());

} // namespace tcplens::inline v1
