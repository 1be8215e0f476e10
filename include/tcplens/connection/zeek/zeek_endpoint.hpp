// SPDX-License-Identifier: MIT
#pragma once

#include "../../wire/sequence_number.hpp"
#include "zeek_deliveries.hpp"
#include "zeek_history.hpp"
#include "zeek_state.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v0::detail {

/// What is remembered of one end of a connection to tell what Zeek tells. Positions are sequence numbers that do not wrap
/// around, from the end's SYN, which is 0; where no SYN was seen, as if one had been there.
struct zeek_endpoint {
    /// What has a letter that is written more than once, but ever more seldom.
    enum counted : std::uint8_t { bad_checksum, sent_again, zero_window, gap };

    zeek_end_state state = zeek_end_state::inactive;
    zeek_end_state previous_state = zeek_end_state::inactive; ///< before the last change
    bool sent_fin = false;
    bool closed = false; ///< it closed, and what it sent before that came in or was given up
    bool at_end = false; ///< that was told once
    sequence_number start{};
    std::int64_t last = 0;         ///< after the highest that it sent
    std::int64_t acknowledged = 0; ///< by its peer
    std::int64_t after_fin = 0;
    std::uint32_t last_syn = 0; ///< where it sent its latest SYN, FIN (its end), RST: the low halves of positions
    std::uint32_t last_fin = 0;
    std::uint32_t last_rst = 0;
    zeek_letter_counts<4> counts{};
    zeek_deliveries deliveries{};

    /// No position is further away: each packet moves one by less than 2^32.
    static constexpr std::int64_t farthest_position = std::int64_t{1} << 60;

    [[nodiscard]] friend constexpr bool is_consistent(const zeek_endpoint& of) noexcept {
        const auto is_near = [](std::int64_t at) { return at <= farthest_position && at >= -farthest_position; };
        return is_near(of.last) && is_near(of.acknowledged) && is_near(of.after_fin);
    }

    /// Where `number` is, given that it is near the position `guess`.
    [[nodiscard]] constexpr std::int64_t position(sequence_number number, std::int64_t guess) const noexcept {
        return guess + distance(start + static_cast<std::uint32_t>(guess), number);
    }

    /// Its sequence numbers begin at `first`, and reach up to the position `up_to`.
    constexpr void begin_at(sequence_number first, std::int64_t up_to) noexcept {
        start = first;
        last = up_to;
        acknowledged = 0;
    }

    /// Whether nothing but perhaps its SYN was acknowledged.
    [[nodiscard]] constexpr bool none_acknowledged() const noexcept { return acknowledged <= 1; }

    /// What it has sent, without SYN and FIN.
    [[nodiscard]] constexpr std::int64_t size() const noexcept {
        const std::int64_t sent = (std::max)(last, acknowledged);
        return std::max<std::int64_t>(0, sent - 1 - (sent_fin ? 1 : 0));
    }

    constexpr void change_to(zeek_end_state next) noexcept {
        if (next == state) return;
        previous_state = state;
        state = next;
    }

    /// Whether gaps in what it sent are to be believed, as far as it can say.
    [[nodiscard]] constexpr bool is_clean() const noexcept {
        return state == zeek_end_state::established ||
               (state == zeek_end_state::closed && previous_state == zeek_end_state::established);
    }

    /// Whether data of it is still to come before its end: some is missing, or its peer's waits for an acknowledgment.
    [[nodiscard]] constexpr bool awaits_data(const zeek_endpoint& peer) const noexcept {
        if (deliveries.gave_up()) return false;
        const std::int64_t delivered = deliveries.next();
        if (last < delivered) return false;
        if (delivered != last - 1 && delivered != last) return true;
        return state != zeek_end_state::reset && peer.deliveries.holds_any();
    }
};

} // namespace tcplens::inline v0::detail
