// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstdint>

namespace tcplens::inline v1::detail {

/// Compares `part / whole` of two pairs without rounding or overflow: the quotients of equal fractions may differ, and products
/// of 64 bits do not fit. A pair whose `whole` is 0 counts as 0.
[[nodiscard]] constexpr std::strong_ordering
compare_rates(std::uint64_t part, std::uint64_t whole, std::uint64_t other_part, std::uint64_t other_whole) noexcept {
    if (whole == 0 || other_whole == 0) {
        return (whole != 0 && part != 0) <=> (other_whole != 0 && other_part != 0);
    }
    for (;;) { // Euclid: whole parts first, then what is left, upside down
        if (const auto order = part / whole <=> other_part / other_whole; order != 0) return order;
        const std::uint64_t rest = part % whole;
        const std::uint64_t other_rest = other_part % other_whole;
        if (rest == 0 || other_rest == 0) return rest <=> other_rest;
        part = other_whole; // rest / whole < other_rest / other_whole if other_whole / other_rest < whole / rest
        other_part = whole;
        whole = other_rest;
        other_whole = rest;
    }
}

/// The place of a connection among rates, the highest first.
///
/// Rates of few packets say little: one packet of seven is 14 %. So connections with fewer than `minimum_packets` come after all
/// others in which something was counted; after these, connections in which nothing was.
struct rate_order {
    std::uint8_t tier = 0;
    std::uint64_t part = 0;
    std::uint64_t whole = 0;

    [[nodiscard]] static constexpr rate_order of(std::uint64_t part, std::uint64_t whole,
                                                 std::uint64_t minimum_packets) noexcept {
        const bool none = part == 0 || whole == 0;
        return {.tier = static_cast<std::uint8_t>(none                      ? 2
                                                  : whole < minimum_packets ? 1
                                                                            : 0),
                .part = part,
                .whole = whole};
    }

    /// The place of a plain amount, the greatest first.
    [[nodiscard]] static constexpr rate_order of_amount(std::uint64_t amount) noexcept { return of(amount, 1, 0); }
    /// The place behind all amounts.
    [[nodiscard]] static constexpr rate_order nothing() noexcept { return {.tier = 3, .whole = 1}; }

    [[nodiscard]] friend constexpr std::strong_ordering operator<=>(const rate_order& a, const rate_order& b) noexcept {
        if (const auto order = a.tier <=> b.tier; order != 0) return order;
        return compare_rates(b.part, b.whole, a.part, a.whole);
    }
    [[nodiscard]] friend constexpr bool operator==(const rate_order& a, const rate_order& b) noexcept {
        return (a <=> b) == 0;
    }
};

} // namespace tcplens::inline v1::detail
