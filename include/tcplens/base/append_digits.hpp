// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace tcplens::inline v1::detail {

/// Appends a number with leading zeros.
inline void append_digits(std::string& text, std::uint64_t number, std::size_t digits) {
    const std::string written = std::to_string(number);
    text.append(digits > written.size() ? digits - written.size() : 0, '0').append(written);
}

} // namespace tcplens::inline v1::detail
