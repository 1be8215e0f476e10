// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v0 {

/// What is wrong with archived bytes.
enum class archive_error_code : std::uint8_t {
    impossible_value, ///< or there are too few of them
    other_value,      ///< of what must be the same
    other_type,
};

/// What is wrong with archived bytes, and where: see archive_reader.
struct archive_error {
    archive_error_code code{};
    std::uint64_t offset = 0;
    /// What must be the same, by the name that its list gives it; static, may be empty.
    std::string_view subject{};

    friend constexpr bool operator==(const archive_error&, const archive_error&) = default;
};

} // namespace tcplens::inline v0
