// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/segment.hpp"
#include "../../wire/sequence_number.hpp"
#include "zeek_deliveries.hpp"
#include "zeek_end_state.hpp"
#include "zeek_history_writer.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// What Zeek's state machine remembers of one end of a connection. Positions are sequence numbers that do not wrap around: they
/// count from the end's SYN, which is 0, as if one had been captured if none was.
struct zeek_endpoint {
    /// Events whose letter is written more than once, but ever more seldom.
    enum counted : std::uint8_t { bad_checksum, sent_again, zero_window, gap };

    /// Zeek does not believe the sequence number of a SYN or a RST, nor an acknowledgment of 0, that is further away (1 MiB).
    static constexpr std::int32_t max_believed_step = 1 << 20;

    zeek_end_state state = zeek_end_state::inactive;
    zeek_end_state previous_state = zeek_end_state::inactive; ///< before the last change
    bool sent_fin = false;
    bool closed = false; ///< it closed, and what it sent before was captured or given up
    bool at_end = false; ///< it has nothing more to deliver, which is noticed once
    sequence_number start{};
    std::int64_t last = 0;         ///< after the highest position that it sent
    std::int64_t acknowledged = 0; ///< the highest acknowledgment of its peer
    std::int64_t after_fin = 0;
    std::uint32_t last_syn = 0; ///< the position of its latest SYN, FIN (its end), RST: the low halves
    std::uint32_t last_fin = 0;
    std::uint32_t last_rst = 0;
    zeek_letter_counts<4> counts{};
    zeek_deliveries deliveries{};

    /// No position is further away: each packet moves one by less than 2^32.
    static constexpr std::int64_t farthest_position = std::int64_t{1} << 60;

    [[nodiscard]] friend constexpr bool is_consistent(const zeek_endpoint& end) noexcept {
        const auto is_near = [](std::int64_t at) { return at <= farthest_position && at >= -farthest_position; };
        return is_near(end.last) && is_near(end.acknowledged) && is_near(end.after_fin);
    }

    /// The position of `number`, given that it is near the position `guess`.
    [[nodiscard]] constexpr std::int64_t position(sequence_number number, std::int64_t guess) const noexcept {
        return guess + distance(start + static_cast<std::uint32_t>(guess), number);
    }

    /// Learns from a segment of this end where its sequence numbers begin: at its SYN, or before the first that was captured. `end`:
    /// after the sequence numbers of the segment.
    constexpr void find_start(const segment& sent, sequence_number end) noexcept {
        const auto length = static_cast<std::int64_t>(end.value - sent.sequence.value);
        switch (state) {
        case zeek_end_state::inactive:
            if (sent.flags.syn()) begin_at(sent.sequence, length);
            else begin_at(sent.sequence - 1, 1);
            break;
        case zeek_end_state::syn_sent:
        case zeek_end_state::syn_ack_sent:
            if (sent.flags.syn() && sent.sequence != start) begin_at(sent.sequence, length);
            break;
        case zeek_end_state::established:
        case zeek_end_state::partial:
            if (sent.flags.syn()) begin_at(sent.sequence, length); // this one may be the SYN that counts
            break;
        case zeek_end_state::reset: // the RST may have been forged
            if (sent.flags.syn() && previous_state == zeek_end_state::inactive) begin_at(sent.sequence, length);
            break;
        case zeek_end_state::closed: break;
        }
    }

    /// Takes in an acknowledgment of the peer. Returns its position in this end's stream, for gaps. @pre heard.flags.ack()
    constexpr std::int64_t take_acknowledgment(const segment& heard) noexcept {
        if (state == zeek_end_state::inactive) {
            begin_at(heard.acknowledgment - 1, 0);
            return 1;
        }
        const std::int64_t at = position(heard.acknowledgment, acknowledged);
        if (heard.flags.rst()) return at; // not to be trusted further
        const bool broken = heard.acknowledgment.value == 0 && at - acknowledged > max_believed_step;
        if (!broken) acknowledged = (std::max)(acknowledged, at);
        return at;
    }

    /// Whether nothing but perhaps its SYN was acknowledged.
    [[nodiscard]] constexpr bool none_acknowledged() const noexcept { return acknowledged <= 1; }

    /// The bytes that it has sent by its sequence numbers, without SYN and FIN.
    [[nodiscard]] constexpr std::int64_t size() const noexcept {
        const std::int64_t sent = (std::max)(last, acknowledged);
        return std::max<std::int64_t>(0, sent - 1 - (sent_fin ? 1 : 0));
    }

    constexpr void change_to(zeek_end_state next) noexcept {
        if (next == state) return;
        previous_state = state;
        state = next;
    }

    /// The bytes that Zeek counts for it.
    [[nodiscard]] constexpr std::uint64_t counted_bytes(const zeek_endpoint& peer) const noexcept {
        // A half-open connection that was noticed and aborted: the numbers are of another connection.
        if (previous_state == zeek_end_state::syn_sent && state == zeek_end_state::reset &&
            peer.state == zeek_end_state::inactive && !none_acknowledged()) {
            return 0;
        }
        return static_cast<std::uint64_t>(size());
    }

    /// Whether the state of this end lets Zeek believe in gaps of the connection.
    [[nodiscard]] constexpr bool is_clean() const noexcept {
        return state == zeek_end_state::established ||
               (state == zeek_end_state::closed && previous_state == zeek_end_state::established);
    }

    /// Whether its end waits for data: some of its own is missing, or data of its peer waits for an acknowledgment.
    [[nodiscard]] constexpr bool awaits_data(const zeek_endpoint& peer) const noexcept {
        if (deliveries.gave_up()) return false;
        const std::int64_t delivered = deliveries.next();
        if (last < delivered) return false;
        if (delivered != last - 1 && delivered != last) return true;
        return state != zeek_end_state::reset && peer.deliveries.holds_any();
    }

private:
    /// The sequence numbers begin at `first`, and reach up to the position `up_to`.
    constexpr void begin_at(sequence_number first, std::int64_t up_to) noexcept {
        start = first;
        last = up_to;
        acknowledged = 0;
    }
};

} // namespace tcplens::inline v1::detail
