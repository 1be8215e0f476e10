// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/chrono.hpp"
#include "../../base/compiler.hpp"
#include "../../base/timestamp.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace tcplens::inline v1::detail {

/// Turns the 64-bit timestamps of one pcapng interface into times: its if_tsresol and if_tsoffset
/// (draft-ietf-opsawg-pcapng 4.2). Exact to the nanosecond, rounded down, for every resolution and every value; what
/// lies outside of the range of a `timestamp` is moved to its nearest end.
class interface_clock {
public:
    /// \param resolution if_tsresol: with the top bit clear, units of 10^-resolution s; set, of 2^-(lower seven bits) s
    /// \param offset if_tsoffset: seconds to be added
    constexpr explicit interface_clock(std::uint8_t resolution = 6, std::int64_t offset = 0) noexcept
        : offset_(offset), exponent_(resolution & 0x7f), binary_((resolution & 0x80) != 0) {
        if (!binary_ && exponent_ <= 9 && offset == 0) {
            nanoseconds_per_unit_ = static_cast<std::int32_t>(power_of_ten(9u - exponent_));
            multiplied_below_ = static_cast<std::uint64_t>(largest / nanoseconds_per_unit_) + 1;
        }
    }

    /// Whether a multiplication makes a time of the value, as with all usual clocks.
    [[nodiscard]] constexpr bool is_simple(std::uint64_t units) const noexcept { return units < multiplied_below_; }

    [[nodiscard]] constexpr timestamp operator()(std::uint64_t units) const noexcept {
        if (is_simple(units)) [[likely]] {
            return at(static_cast<std::int64_t>(units) * nanoseconds_per_unit_);
        }
        return divide(units);
    }

private:
    static constexpr std::int64_t largest = (std::numeric_limits<std::int64_t>::max)();
    static constexpr std::int64_t smallest = (std::numeric_limits<std::int64_t>::min)();
    static constexpr std::int64_t second = 1'000'000'000;

    static constexpr timestamp at(std::int64_t nanoseconds) noexcept {
        return timestamp{std::chrono::nanoseconds{nanoseconds}};
    }

    /// What the multiplication does for the usual clocks, for any.
    TCPLENS_NOINLINE constexpr timestamp divide(std::uint64_t units) const noexcept {
        std::uint64_t seconds = 0;
        std::int64_t nanoseconds = 0; // within the second
        if (binary_) {
            split_binary(units, seconds, nanoseconds);
        } else {
            split_decimal(units, seconds, nanoseconds);
        }
        return add_offset(seconds, nanoseconds);
    }

    /// @pre exponent <= 19
    static constexpr std::uint64_t power_of_ten(unsigned exponent) noexcept {
        std::uint64_t power = 1;
        while (exponent-- > 0) power *= 10;
        return power;
    }

    constexpr void split_decimal(std::uint64_t units, std::uint64_t& seconds,
                                 std::int64_t& nanoseconds) const noexcept {
        std::uint64_t rest = units;
        if (exponent_ <= 19) {
            const std::uint64_t units_per_second = power_of_ten(exponent_);
            seconds = units / units_per_second;
            rest = units % units_per_second;
        }
        // 2^64 is less than 10^20: with finer units than that, all of it is a fraction of a second
        if (exponent_ <= 9) {
            nanoseconds = static_cast<std::int64_t>(rest * power_of_ten(9u - exponent_));
        } else if (exponent_ <= 28) {
            nanoseconds = static_cast<std::int64_t>(rest / power_of_ten(exponent_ - 9u));
        }
    }

    constexpr void split_binary(std::uint64_t units, std::uint64_t& seconds, std::int64_t& nanoseconds) const noexcept {
        std::uint64_t rest = units;
        if (exponent_ < 64) {
            seconds = units >> exponent_;
            rest = units & ((std::uint64_t{1} << exponent_) - 1);
        }
        // rest * 10^9 / 2^exponent; the product has up to 94 bits, so in two halves
        const std::uint64_t low = (rest & 0xffffffff) * second;
        const std::uint64_t high = (rest >> 32) * second + (low >> 32);
        if (exponent_ < 32) {
            nanoseconds = static_cast<std::int64_t>(low >> exponent_);
        } else if (exponent_ - 32u < 64) {
            nanoseconds = static_cast<std::int64_t>(high >> (exponent_ - 32u));
        }
    }

    constexpr timestamp add_offset(std::uint64_t seconds, std::int64_t nanoseconds) const noexcept {
        constexpr auto last_second = static_cast<std::uint64_t>(largest / second);
        constexpr auto first_second = last_second + 1; // before the epoch, rounded down

        std::uint64_t magnitude = 0;
        bool before_epoch = false;
        if (offset_ >= 0) {
            if (seconds > last_second) return (timestamp::max)();
            magnitude = seconds + static_cast<std::uint64_t>(offset_);
        } else {
            const std::uint64_t back = 0 - static_cast<std::uint64_t>(offset_);
            before_epoch = seconds < back;
            magnitude = before_epoch ? back - seconds : seconds - back;
        }
        if (!before_epoch) {
            if (magnitude > last_second) return (timestamp::max)();
            const std::int64_t whole = static_cast<std::int64_t>(magnitude) * second;
            return whole > largest - nanoseconds ? (timestamp::max)() : at(whole + nanoseconds);
        }
        if (magnitude > first_second) return (timestamp::min)();
        // one second nearer to the epoch, so that it fits, and back again within the fraction
        const std::int64_t whole = -static_cast<std::int64_t>(magnitude - 1) * second;
        return whole < smallest - (nanoseconds - second) ? (timestamp::min)() : at(whole + (nanoseconds - second));
    }

    std::uint64_t multiplied_below_ = 0; ///< the values for which a multiplication will do, those of the usual clocks
    std::int64_t offset_;
    std::int32_t nanoseconds_per_unit_ = 0; ///< of those
    std::uint8_t exponent_;
    bool binary_;
};

} // namespace tcplens::inline v1::detail
