// SPDX-License-Identifier: MIT
#pragma once

#include "../base/compiler.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1 {

/// One end of a connection: `first` is the end that sent the first captured segment. A side never changes; the roles of client and
/// server may, when a later segment tells who opened the connection.
enum class side : std::uint8_t { first, second };
/// The greatest value that archives accept.
[[nodiscard]] constexpr side tcplens_archive_limit(side) noexcept {
    return side::second;
}

/// The other end.
[[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr side opposite(side of) noexcept {
    return static_cast<side>(1 - static_cast<std::uint8_t>(of));
}

/// Two values, one for each side of a connection.
template <class Value>
struct per_side {
    std::array<Value, 2> values{}; ///< of side::first, of side::second

    /// The value of one side.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr Value& operator[](side of) noexcept {
        return values[static_cast<std::size_t>(of)];
    }
    /// The value of one side.
    [[nodiscard]] TCPLENS_ALWAYS_INLINE constexpr const Value& operator[](side of) const noexcept {
        return values[static_cast<std::size_t>(of)];
    }

    /// The first of both values.
    [[nodiscard]] constexpr auto begin() noexcept { return values.begin(); }
    /// The first of both values.
    [[nodiscard]] constexpr auto begin() const noexcept { return values.begin(); }
    /// Behind both values.
    [[nodiscard]] constexpr auto end() noexcept { return values.end(); }
    /// Behind both values.
    [[nodiscard]] constexpr auto end() const noexcept { return values.end(); }

    [[nodiscard]] friend constexpr bool operator==(const per_side&, const per_side&) noexcept = default;
};

} // namespace tcplens::inline v1
