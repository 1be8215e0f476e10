// SPDX-License-Identifier: MIT
#pragma once

#include "../end_reason.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens::inline v1 {

/// How many connections of a table began and ended. `begun == ended() + open` always holds.
struct connection_counters {
    /// Connections that began.
    std::uint64_t begun = 0;
    /// Connections in the table, closed or not.
    std::uint64_t open = 0;
    /// Connections that left the table, indexed by end_reason.
    std::array<std::uint64_t, detail::end_reason_count> ended_by{};
    /// Segments that belong to no connection, since the table had no room for the one that they would have begun.
    std::uint64_t refused = 0;

    /// Connections that left the table for that reason.
    [[nodiscard]] constexpr std::uint64_t ended(end_reason reason) const noexcept {
        return ended_by[static_cast<std::size_t>(reason)];
    }
    /// Connections that left the table.
    [[nodiscard]] constexpr std::uint64_t ended() const noexcept {
        std::uint64_t all = 0;
        for (const std::uint64_t each : ended_by) all += each;
        return all;
    }

    /// Whether all counts are equal.
    [[nodiscard]] friend constexpr bool operator==(const connection_counters&,
                                                   const connection_counters&) noexcept = default;

    /// Each connection that has begun is open or has ended.
    [[nodiscard]] friend constexpr bool is_consistent(const connection_counters& of) noexcept {
        return of.begun == of.ended() + of.open;
    }
};

} // namespace tcplens::inline v1
