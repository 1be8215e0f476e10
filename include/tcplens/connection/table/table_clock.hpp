// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/timestamp.hpp"

#include <algorithm>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// How much time has passed for a table, by the times of its packets as far as they are believed. The clock never runs back: a packet
/// with an earlier time than the latest is late. If for a minute, by their own times, only such packets came, the capture's clock
/// was set back, and time passes from there on. A time of more than an hour ahead is believed if the next time goes on from there;
/// so one packet from another century changes nothing.
class table_clock {
public:
    /// The farthest ahead of the latest time that one packet alone is believed to be.
    static constexpr std::chrono::nanoseconds furthest_step = std::chrono::hours{1};
    /// For how long, by their own times, packets have to be earlier than the latest time until that time is not believed any more.
    static constexpr std::chrono::nanoseconds patience = std::chrono::minutes{1};
    /// The longest timeout. A longer leap counts as this one, since all connections are due then.
    static constexpr std::chrono::nanoseconds longest_wait = std::chrono::hours{24 * 365};

    /// A packet came. @pre clamp_for_arithmetic(now) == now
    constexpr void advance(timestamp now) noexcept {
        const auto step = now - latest_;
        if (step.count() < 0 || step >= furthest_step) return doubt(now);
        odd_ = never;
        pass(step);
        latest_ = now;
    }
    /// It is `now`, which is believed at once. @pre clamp_for_arithmetic(now) == now
    constexpr void reach(timestamp now) noexcept {
        advance(now);
        if (latest_ < now) advance(now);
    }

    /// The latest time that is believed.
    [[nodiscard]] constexpr timestamp latest() const noexcept { return latest_; }
    /// Time passed, in ticks of 2^24 ns (17 ms), modulo 2^32 (2.3 years).
    [[nodiscard]] constexpr std::uint32_t ticks() const noexcept {
        return static_cast<std::uint32_t>(passed_ >> tick_bits);
    }
    /// A time in ticks, rounded up; at most longest_wait.
    [[nodiscard]] static constexpr std::uint32_t ticks_of(std::chrono::nanoseconds time) noexcept {
        if (time > longest_wait) time = longest_wait;
        if (time.count() <= 0) return 0;
        return static_cast<std::uint32_t>((static_cast<std::uint64_t>(time.count()) + (1u << tick_bits) - 1) >>
                                          tick_bits);
    }

private:
    static constexpr unsigned tick_bits = 24;

    constexpr void doubt(timestamp now) noexcept {
        if (latest_ == never) {
            passed_ =
                static_cast<std::uint64_t>(now.time_since_epoch().count()); // so that ticks of all tables begin alike
        } else {
            const bool ahead = now > latest_;
            const auto furthest = ahead ? furthest_step : patience;
            const bool goes_on = now - odd_ < furthest && odd_ - now < furthest;
            if (!goes_on || now < odd_since_) odd_since_ = now;
            odd_ = now;
            if (ahead ? !goes_on : now - odd_since_ < patience) return;
            if (ahead) pass(std::min<std::chrono::nanoseconds>(now - latest_, longest_wait));
        }
        latest_ = now;
        odd_ = never;
    }
    constexpr void pass(std::chrono::nanoseconds time) noexcept { passed_ += static_cast<std::uint64_t>(time.count()); }

    static constexpr timestamp never = clamp_for_arithmetic((timestamp::min)()); ///< far from every real time

    friend void archive(auto& ar, table_clock& of) {
        auto& [latest, passed, odd, odd_since] = of;
        ar(latest, passed, odd, odd_since);
    }

    timestamp latest_ = never;
    std::uint64_t passed_ = 0;    ///< nanoseconds since 1970, as believed, modulo 2^64
    timestamp odd_ = never;       ///< the time of the last packet, if that is not believed yet ...
    timestamp odd_since_ = never; ///< ... and the earliest of those before it that it goes on with
};

} // namespace tcplens::inline v1::detail
