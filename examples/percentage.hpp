// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace example {

/// A ratio as a percentage for people: percentage(0.125, 2) is "12.50%".
[[nodiscard]] inline std::string percentage(double ratio, int decimals) {
    std::array<char, 64> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), ratio * 100, std::chars_format::fixed, decimals);
    return std::string(digits.data(), end.ptr) + '%';
}

} // namespace example
