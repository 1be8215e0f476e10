// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../side.hpp"
#include "../tracking/least_round_trip.hpp"
#include "../tracking/send_sequence_space.hpp"
#include "../tracking/sequence_holes.hpp"
#include "connection_observer.hpp"
#include "time_series.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

namespace tcplens::inline v0 {

struct time_series_options {
    std::chrono::nanoseconds interval = std::chrono::seconds{1};
    series_overflow overflow = series_overflow::widen;
    std::optional<std::uint64_t> connection{}; ///< the number of the only one that counts; all by default
    std::chrono::nanoseconds furthest_jump = std::chrono::hours{24}; ///< see time_series
};

/// Bins the packets of one connection, or of all together, by time, into bins of the caller's, which have to outlive the table:
///
///     std::vector<time_bin> bins(1000);
///     basic_connection_table table{table_options{}, evidence_rules{}, time_series_observer{bins, {.interval = 100ms}}};
///
/// A packet counts in the interval of its own time, however late it comes. What all connections have in flight is the sum over
/// those that are not closed. When it turns out that client and server of the one connection change places, so does what was
/// counted; of all together what was counted before stays where it was.
///
/// New bytes are told by the holes that sequence_holes remembers: up to 8 of a direction. The round trip is taken from one
/// segment at a time (RFC 6298 4), and not from one that was sent again (Karn's rule). Numbers that lie further than 16 MiB from
/// where their sender was count once it goes on there: see send_sequence_space.
class time_series_observer {
public:
    /// It tells nothing of a single connection.
    struct facts {
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };

    struct connection_state {
        struct side_state {
            detail::send_sequence_space space{};
            detail::sequence_holes holes{};
            std::optional<sequence_number> captured{}; ///< after the highest byte that was captured
            std::optional<sequence_number> timed{};    ///< an acknowledgment up to here ends a round trip ...
            timestamp timed_from{};                    ///< ... that began then
            std::uint32_t in_flight = 0;               ///< as counted
        };
        per_side<side_state> sides{};
        std::optional<side> client{};
    };

    static constexpr bool spans_connections = true; ///< they share the bins: see looks_at_one_connection

    explicit constexpr time_series_observer(std::span<time_bin> memory = {},
                                            const time_series_options& options = {}) noexcept
        : series_(memory, options.interval, options.overflow, options.furthest_jump), connection_(options.connection) {}

    constexpr void observe(const observer_input& next, connection_state& of, facts&) noexcept {
        if (connection_ && *connection_ != next.connection.number) return;
        place(next, of);
        const segment& sent = next.segment;
        side_state& own = of.sides[next.sender];
        side_state& peer = of.sides[opposite(next.sender)];
        own.space.on_sent(sent);
        peer.space.on_received(sent);
        const std::uint32_t new_bytes = count_new(sent, own);
        const auto rtt = acknowledge(sent, peer);
        time(next, own);
        const bool over = next.connection.closed;
        count_in_flight(own, next.direction, over);
        count_in_flight(peer, opposite(next.direction), over);

        time_bin* const bin = series_.find(sent.time);
        if (bin == nullptr) {
            ++outside_;
            return;
        }
        direction_bin& there = bin->bin(next.direction);
        direction_bin& back = bin->bin(opposite(next.direction));
        ++there.packets;
        there.wire_bytes += sent.wire_length;
        there.payload_bytes += sent.payload_length;
        there.new_bytes += new_bytes;
        there.retransmissions += next.verdict.is_retransmission();
        there.most_in_flight = (std::max)(there.most_in_flight, in_flight(next.direction));
        back.most_in_flight = (std::max)(back.most_in_flight, in_flight(opposite(next.direction)));
        if (rtt) back.count_rtt(*rtt);
    }

    [[nodiscard]] constexpr const time_series& series() const noexcept { return series_; }
    /// Packets whose times had no place in the series.
    [[nodiscard]] constexpr std::uint64_t outside() const noexcept { return outside_; }

private:
    using side_state = connection_state::side_state;

    /// Follows client and server when they change places.
    constexpr void place(const observer_input& next, connection_state& of) noexcept {
        const side client = next.direction == direction::client_to_server ? next.sender : opposite(next.sender);
        const std::optional<side> before = std::exchange(of.client, client);
        if (!before || *before == client) return;
        const std::uint64_t to_server = of.sides[*before].in_flight;
        const std::uint64_t to_client = of.sides[opposite(*before)].in_flight;
        in_flight(direction::client_to_server) += to_client - to_server;
        in_flight(direction::server_to_client) += to_server - to_client;
        if (connection_) series_.swap_roles();
    }

    [[nodiscard]] static constexpr std::uint32_t count_new(const segment& sent, side_state& own) noexcept {
        if (sent.payload_length == 0 || sent.flags.rst()) return 0;
        const sequence_number begin = sent.payload_begin();
        const sequence_number end = begin + sent.payload_length;
        if (own.captured && detail::beyond_max_window(*own.captured, begin)) {
            if (own.space.next() != sent.sequence_end()) return 0; // not believed
            own.captured.reset();
            own.holes = {};
        }
        const sequence_number edge = own.captured.value_or(begin);
        own.captured = before(edge, end) ? end : edge;
        std::uint32_t fresh = 0;
        if (before(begin, edge)) fresh = own.holes.fill(begin, before(end, edge) ? end : edge).bytes;
        else if (before(edge, begin)) own.holes.open(edge, begin, {});
        if (before(edge, end)) fresh += end.value - (before(edge, begin) ? begin : edge).value;
        own.holes.age(*own.captured);
        return fresh;
    }

    static constexpr void time(const observer_input& next, side_state& own) noexcept {
        const segment& sent = next.segment;
        if (sent.sequence_length() == 0 || sent.flags.rst()) return;
        if (next.verdict.is_retransmission()) {
            own.timed.reset();
        } else if (!own.timed && own.space.next() == sent.sequence_end() &&
                   next.verdict.kinds == verdict_kinds::none) { // the newest that there is
            own.timed = sent.sequence_end();
            own.timed_from = sent.time;
        }
    }

    /// The round trip that an acknowledgment of what `peer` sent ends.
    [[nodiscard]] static constexpr std::optional<std::chrono::nanoseconds> acknowledge(const segment& heard,
                                                                                       side_state& peer) noexcept {
        if (!heard.flags.ack() || !peer.timed || before(heard.acknowledgment, *peer.timed)) return std::nullopt;
        peer.timed.reset();
        const auto took = heard.time - peer.timed_from;
        return detail::least_round_trip::is_plausible(took) ? std::optional{took} : std::nullopt;
    }

    [[nodiscard]] constexpr std::uint64_t& in_flight(direction direction) noexcept {
        return in_flight_[static_cast<std::size_t>(direction)];
    }
    constexpr void count_in_flight(side_state& of, direction direction, bool over) noexcept {
        const std::uint32_t now = over || !of.space.known() ? 0 : of.space.in_flight();
        in_flight(direction) += std::uint64_t{now} - std::exchange(of.in_flight, now); // modulo 2^64
    }

    time_series series_;
    std::optional<std::uint64_t> connection_;
    std::array<std::uint64_t, 2> in_flight_{};
    std::uint64_t outside_ = 0;
};

static_assert(connection_observer<time_series_observer>);

} // namespace tcplens::inline v0
