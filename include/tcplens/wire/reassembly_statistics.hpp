// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// What became of the fragments of IP packets that a decoder met.
struct reassembly_statistics {
    std::uint64_t fragments = 0;   ///< fragments that were captured
    std::uint64_t reassembled = 0; ///< packets that were put together from all their fragments
    std::uint64_t expired = 0;     ///< incomplete packets given up at reassembly_options::max_age
    /// Incomplete packets given up because others needed the memory, or because their fragments left too many gaps.
    std::uint64_t evicted = 0;
    /// Packets dropped because fragments overlap with different bytes (RFC 5722, RFC 8200 section 4.5).
    std::uint64_t overlapping = 0;
    /// Fragments that are impossible: not a multiple of eight bytes, or beyond the longest possible packet.
    std::uint64_t malformed = 0;

    [[nodiscard]] friend constexpr bool operator==(const reassembly_statistics&,
                                                   const reassembly_statistics&) noexcept = default;
};

} // namespace tcplens::inline v1
