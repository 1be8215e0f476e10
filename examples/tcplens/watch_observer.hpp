// SPDX-License-Identifier: MIT
#pragma once

// What watch learns of each segment, as an observer of its table.

#include "watch_services.hpp"
#include "watch_totals.hpp"
#include "watch_worst_connections.hpp"

#include <tcplens/tcplens.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>

namespace program::watching {

/// What the observer counts: it outlives the table.
struct segment_counts {
    segment_totals totals{};
    worst_connections worst{};
    service_counts services{};
};

/// Counts segments, and times round trips: from a segment to its acknowledgment, one at a time in each direction, and none of
/// what is sent again (RFC 6298 section 3). What is timed is the way from the capture to the end that acknowledges and back.
struct segment_observer {
    static constexpr auto hooks = tcplens::observer_hooks::finish;

    struct facts {
        constexpr void swap_roles() noexcept {}
        [[nodiscard]] friend constexpr bool operator==(const facts&, const facts&) noexcept = default;
    };
    /// A segment that waits for its acknowledgment.
    struct timer {
        bool runs = false;
        tcplens::sequence_number end{};
        tcplens::timestamp sent{};
    };
    struct connection_state {
        tcplens::per_side<timer> timers{};
        service_counts::place service{};
        bool is_open = false; ///< its handshake was counted as completed
    };

    segment_counts* counts;

    void observe(const tcplens::observer_input& next, connection_state& state, facts&) noexcept {
        segment_totals& totals = counts->totals;
        traffic_totals& sent = totals.sent[static_cast<std::size_t>(next.direction)];
        ++sent.segments;
        sent.wire_bytes += next.segment.wire_length;
        sent.payload_bytes += next.segment.payload_length;

        service_counts::service& service = counts->services.of(next.connection.server, state.service);
        ++service.segments;
        service.wire_bytes += next.segment.wire_length;
        service.begun += next.begins_connection;

        for (auto bits = static_cast<std::uint32_t>(next.verdict.kinds); bits != 0; bits &= bits - 1) {
            ++totals.verdicts[static_cast<std::size_t>(std::countr_zero(bits))];
        }
        if (next.verdict.is_retransmission()) {
            ++totals.again[static_cast<std::size_t>(resend_kind_of(next.verdict))];
            ++service.retransmissions;
            counts->worst.count(next.connection);
        }
        if (!state.is_open && next.connection.handshake == tcplens::handshake_state::completed) {
            state.is_open = true;
            ++totals.handshakes_completed;
        }
        time(next, state);
    }

    void finish(const tcplens::connection& left, tcplens::end_reason, connection_state&, facts&) noexcept {
        counts->totals.handshakes_failed += left.handshake == tcplens::handshake_state::failed;
    }

private:
    void time(const tcplens::observer_input& next, connection_state& state) noexcept {
        using enum tcplens::verdict_kinds;
        const tcplens::segment& sent = next.segment;
        timer& peer = state.timers[tcplens::opposite(next.sender)];
        if (peer.runs && sent.flags.ack() && !before(sent.acknowledgment, peer.end)) {
            peer.runs = false;
            const auto direction = static_cast<std::size_t>(tcplens::opposite(next.direction));
            if (sent.time >= peer.sent) counts->totals.round_trips[direction].add(sent.time - peer.sent);
        }
        timer& own = state.timers[next.sender];
        constexpr auto is_no_news = retransmission | out_of_order | duplicate | keep_alive | zero_window_probe;
        if (next.verdict.is_retransmission()) own.runs = false; // which of both is acknowledged cannot be told
        if (own.runs || sent.sequence_length() == 0 || sent.flags.rst() || next.verdict.has(is_no_news)) return;
        own = {.runs = true, .end = sent.sequence_end(), .sent = sent.time};
    }
};

static_assert(tcplens::check_observer<segment_observer>());

} // namespace program::watching
