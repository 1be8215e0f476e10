// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/timestamp.hpp"
#include "zeek_connection.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace tcplens::inline v0::detail {

/// When Zeek forgets a connection, by the times of packets: after that, whatever comes begins another. The values are Zeek's
/// defaults. Two more, for a half of a partial connection and for a RST after a FIN, run only if a script asks for them, and no
/// standard script does.
///
/// A timer of Zeek goes off with the next packet of any connection. Here that is made up for when the connection's own next
/// packet comes, from the time of the packet before that one in the table: it is exact where the table holds just one connection,
/// and to within a gap between two packets where it holds many.
class zeek_timers {
public:
    static constexpr std::chrono::seconds attempt_delay{5}; ///< for an answer to the SYN
    static constexpr std::chrono::seconds close_delay{5};   ///< after both ends closed, or one aborted
    static constexpr std::chrono::seconds first_check{5};   ///< from the first packet to the first look at it, ...
    static constexpr std::chrono::seconds check_period{6};  ///< ... and from each to the next
    static constexpr std::chrono::seconds linger{5};        ///< after the last packet, where one end closed

    /// Whether `of` is forgotten when a packet comes at `now`, after one of any connection at `before`.
    [[nodiscard]] constexpr bool forgets(const zeek_connection& of, timestamp now, timestamp before) const noexcept {
        if (now - of.last_time() >= of.longest_silence()) return true;
        if (removal_) return now >= *removal_;
        if (!of.watched()) return false;
        if (attempt_ && now >= *attempt_ && of.unanswered()) return true;
        return of.likely_over() &&
               std::any_of(checks_.begin(), checks_.end(), [&](const std::optional<timestamp>& check) {
                   return check && *check <= now && of.last_time() + linger < last_look(*check, now, before);
               });
    }

    /// A segment came, after one of any connection at `before`, and `brought` this about.
    constexpr void follow(const zeek_connection& of, timestamp now, timestamp before,
                          const zeek_connection::changes& brought) noexcept {
        if (!checks_[0] && !removal_) checks_[0] = now + first_check; // it is the first
        for (std::optional<timestamp>& check : checks_) {
            if (check && *check <= now) check = last_look(*check, now, before) + check_period;
        }
        if (brought.attempted) attempt_ = now + attempt_delay;
        if (brought.half_closed) checks_[1] = of.last_time() + check_period;
        if (brought.fully_closed) {
            removal_ = of.last_time() + close_delay;
            attempt_.reset();
            checks_ = {};
        }
    }

private:
    /// When the last look up to `now` takes place, of those that are due from `first` on. \pre first <= now
    [[nodiscard]] static constexpr timestamp last_look(timestamp first, timestamp now, timestamp before) noexcept {
        if (before < first) return now;
        const timestamp last = first + (before - first) / check_period * check_period;
        return last + check_period <= now ? now : last;
    }

    friend void archive(auto& ar, zeek_timers& of) {
        auto& [attempt, checks, removal] = of;
        archive_time(ar, attempt);
        for (std::optional<timestamp>& each : checks) archive_time(ar, each);
        archive_time(ar, removal);
    }
    static void archive_time(auto& ar, std::optional<timestamp>& of) {
        bool any = of.has_value();
        ar(any);
        if (!any) return;
        timestamp at = of.value_or(timestamp{});
        ar.raw(at);
        constexpr std::chrono::seconds longest_delay{6}; // after a packet
        const timestamp packet = at > timestamp{} ? at - longest_delay : at;
        ar.require(clamp_for_arithmetic(packet) == packet);
        of = at;
    }

    std::optional<timestamp> attempt_{};
    std::array<std::optional<timestamp>, 2> checks_{}; ///< from the first packet on, and from when one end closed
    std::optional<timestamp> removal_{};
};

} // namespace tcplens::inline v0::detail
