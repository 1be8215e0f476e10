// SPDX-License-Identifier: MIT
#pragma once

#include "../end_reason.hpp"

#include <array>
#include <cstdint>
#include <numeric>

namespace tcplens::inline v0 {

/// What became of the connections of a table: `begun == ended() + open`, always.
struct connection_counters {
    std::uint64_t begun = 0;
    std::uint64_t open = 0;                                 ///< still in the table, closed or not
    std::array<std::uint64_t, end_reason_count> ended_by{}; ///< by end_reason
    /// Segments that would have begun a connection for which there was no room: they are of none.
    std::uint64_t refused = 0;

    [[nodiscard]] constexpr std::uint64_t ended(end_reason reason) const noexcept {
        return ended_by[static_cast<std::size_t>(reason)];
    }
    [[nodiscard]] constexpr std::uint64_t ended() const noexcept {
        return std::accumulate(ended_by.begin(), ended_by.end(), std::uint64_t{0});
    }

    [[nodiscard]] friend constexpr bool operator==(const connection_counters&,
                                                   const connection_counters&) noexcept = default;

    /// Each connection that has begun is open or has ended.
    [[nodiscard]] friend constexpr bool is_consistent(const connection_counters& of) noexcept {
        return of.begun == of.ended() + of.open;
    }
};

} // namespace tcplens::inline v0
