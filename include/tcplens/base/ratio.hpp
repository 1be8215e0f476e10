// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace tcplens::inline v1::detail {

/// `part` divided by `whole`; 0 if `whole` is 0.
[[nodiscard]] constexpr double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// A ratio as a percentage for people: percentage(0.125, 2) is "12.50%".
[[nodiscard]] inline std::string percentage(double ratio, int decimals) {
    std::array<char, 64> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), ratio * 100, std::chars_format::fixed, decimals);
    return std::string(digits.data(), end.ptr) + '%';
}

} // namespace tcplens::inline v1::detail
