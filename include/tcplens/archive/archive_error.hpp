// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::detail {

enum class archive_error_code : std::uint8_t {
    impossible_value, ///< or too few bytes
    other_value,      ///< expect_equal() found another value
    other_type,       ///< same_type() found another name
};

/// Why an archive_reader stopped.
struct archive_error {
    archive_error_code code{};
    std::uint64_t offset = 0; ///< where the value begins
    /// The name that the list gives to the value that differs; static, may be empty.
    std::string_view subject{};

    friend constexpr bool operator==(const archive_error&, const archive_error&) = default;
};

} // namespace tcplens::inline v1::detail
