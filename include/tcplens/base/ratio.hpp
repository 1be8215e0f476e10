// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace tcplens::inline v1::detail {

/// `part` divided by `whole`; 0 if `whole` is 0.
[[nodiscard]] constexpr double ratio(std::uint64_t part, std::uint64_t whole) noexcept {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// A ratio as a percentage for people: percentage(0.125, 2) is "12.50%". `ratio` and `decimals` are at least 0.
[[nodiscard]] inline std::string percentage(double ratio, int decimals) {
    // Not by std::to_chars: <charconv> takes long to compile. A locale may have another decimal point than a dot.
    std::array<char, 64> written{};
    const int length = std::snprintf(written.data(), written.size(), "%.*f", decimals, ratio * 100);
    const std::string_view digits{written.data(), static_cast<std::size_t>(length)};
    std::string text{digits.substr(0, digits.find_first_not_of("0123456789"))};
    if (decimals > 0) text.append(".").append(digits.substr(digits.size() - static_cast<std::size_t>(decimals)));
    return text += '%';
}

} // namespace tcplens::inline v1::detail
