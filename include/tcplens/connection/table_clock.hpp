// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/timestamp.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace tcplens {

/// How much time has passed for a table, as far as the times of its packets can be believed. It never runs back: a packet from
/// before the latest is late. A time more than an hour off is believed when the next one goes on from there: a capture's clock
/// may have been set, or nothing was heard for so long; but one leap to another century and back changes nothing.
class table_clock {
public:
    /// The farthest from the latest time that one packet alone is believed to be.
    static constexpr std::chrono::nanoseconds furthest_step = std::chrono::hours{1};
    /// The longest time that is waited for: a longer leap passes no more than that, since all are due then.
    static constexpr std::chrono::nanoseconds longest_wait = std::chrono::hours{24 * 365};

    /// A packet came, or the time is otherwise known to be `now`. \pre subtractable(now) == now
    constexpr void advance(timestamp now) noexcept {
        const auto step = now - latest_;
        if (step >= furthest_step || step <= -furthest_step) return leap(now);
        leaped_to_ = never;
        if (step.count() <= 0) return;
        pass(step);
        latest_ = now;
    }

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

    constexpr void leap(timestamp now) noexcept {
        if (latest_ == never) {
            passed_ =
                static_cast<std::uint64_t>(now.time_since_epoch().count()); // so that ticks of all tables begin alike
        } else {
            const bool goes_on = now - leaped_to_ < furthest_step && leaped_to_ - now < furthest_step;
            if (!goes_on) {
                leaped_to_ = now;
                return;
            }
            if (now > latest_) pass(std::min<std::chrono::nanoseconds>(now - latest_, longest_wait));
        }
        latest_ = now;
        leaped_to_ = never;
    }
    constexpr void pass(std::chrono::nanoseconds time) noexcept { passed_ += static_cast<std::uint64_t>(time.count()); }

    static constexpr timestamp never = subtractable(timestamp::min()); ///< far from all that is

    friend void archive(auto& with, table_clock& of) {
        auto& [latest, passed, leaped_to] = of;
        with(latest, passed, leaped_to);
    }

    timestamp latest_ = never;
    std::uint64_t passed_ = 0;    ///< nanoseconds since 1970, as believed, modulo 2^64
    timestamp leaped_to_ = never; ///< the time of the last packet, if that is not believed yet
};

} // namespace tcplens
