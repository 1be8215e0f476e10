// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"
#include "zeek_connection.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace tcplens::inline v1::detail {

/// When Zeek removes a connection, by the times of packets: after that, the next segment begins another connection. The values are
/// Zeek's defaults. Two more timers, for a half of a partial connection and for a RST after a FIN, run only if a script asks for
/// them, and no standard script does.
///
/// A timer of Zeek goes off with the next packet of any connection. Here it is evaluated when the connection's own next packet
/// comes, from the time of the table's packet before: exact if the table holds one connection, and to within a gap between two
/// packets if it holds many.
class zeek_timers {
public:
    // Zeek's scripts name these tcp_attempt_delay, tcp_close_delay, and tcp_connection_linger; the periods of the checks are constants.
    static constexpr std::chrono::seconds attempt_delay{5}; ///< for an answer to the SYN
    static constexpr std::chrono::seconds close_delay{5};   ///< after both ends closed, or one aborted
    static constexpr std::chrono::seconds first_check{5};   ///< from the first packet to the first check
    static constexpr std::chrono::seconds check_period{6};  ///< from one check to the next
    static constexpr std::chrono::seconds linger{5};        ///< after the last packet, if one end closed

    /// Whether the connection is removed when a packet comes at `now`, after a packet of any connection at `before`.
    [[nodiscard]] constexpr bool forgets(const zeek_connection& connection, timestamp now,
                                         timestamp before) const noexcept {
        if (now - connection.last_time() >= connection.longest_silence()) return true;
        if (removal_) return now >= *removal_;
        if (!connection.watched()) return false;
        if (attempt_ && now >= *attempt_ && connection.unanswered()) return true;
        return connection.likely_over() &&
               std::any_of(checks_.begin(), checks_.end(), [&](const std::optional<timestamp>& check) {
                   return check && *check <= now && connection.last_time() + linger < last_check(*check, now, before);
               });
    }

    /// Takes in a segment at `now`, after a packet of any connection at `before`, and the changes that it made.
    constexpr void follow(const zeek_connection& connection, timestamp now, timestamp before,
                          const zeek_connection::changes& changes) noexcept {
        if (!checks_[0] && !removal_) checks_[0] = now + first_check; // this is the first packet
        for (std::optional<timestamp>& check : checks_) {
            if (check && *check <= now) check = last_check(*check, now, before) + check_period;
        }
        if (changes.attempted) attempt_ = now + attempt_delay;
        if (changes.half_closed) checks_[1] = connection.last_time() + check_period;
        if (changes.fully_closed) {
            removal_ = connection.last_time() + close_delay;
            attempt_.reset();
            checks_ = {};
        }
    }

private:
    /// When the last check up to `now` takes place, of those that are due from `first` on. @pre first <= now
    [[nodiscard]] static constexpr timestamp last_check(timestamp first, timestamp now, timestamp before) noexcept {
        if (before < first) return now;
        const timestamp last = first + (before - first) / check_period * check_period;
        return last + check_period <= now ? now : last;
    }

    friend void archive(auto& ar, zeek_timers& timers) {
        auto& [attempt, checks, removal] = timers;
        archive_time(ar, attempt);
        for (std::optional<timestamp>& check : checks) archive_time(ar, check);
        archive_time(ar, removal);
    }
    static void archive_time(auto& ar, std::optional<timestamp>& due) {
        bool any = due.has_value();
        ar(any);
        if (!any) return;
        timestamp at = due.value_or(timestamp{});
        ar.raw(at);
        constexpr std::chrono::seconds longest_delay{6}; // after a packet
        const timestamp packet = at > timestamp{} ? at - longest_delay : at;
        ar.require(clamp_for_arithmetic(packet) == packet);
        due = at;
    }

    std::optional<timestamp> attempt_{};
    std::array<std::optional<timestamp>, 2> checks_{}; ///< from the first packet on, and from when one end closed
    std::optional<timestamp> removal_{};
};

} // namespace tcplens::inline v1::detail
