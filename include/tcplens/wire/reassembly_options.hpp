// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

namespace tcplens::inline v0 {

/// Bounds of the memory in which a decoder puts fragmented IP packets together. Beyond them the oldest is given up.
struct reassembly_options {
    /// How many packets are waited for at a time; 0: fragments are not put together.
    std::size_t max_packets = 64;
    /// Bytes of all their fragments together. A table with table_options::max_connections takes the memory when it is made: for
    /// each of `max_packets` room for the longest packet (64 KiB, or this if it is less), 4 MiB by default.
    std::size_t max_bytes = std::size_t{1} << 22;
    /// How long the rest of a packet is waited for (RFC 8200 4.5: 60 seconds).
    std::chrono::nanoseconds max_age = std::chrono::seconds{60};

    [[nodiscard]] friend constexpr bool operator==(const reassembly_options&,
                                                   const reassembly_options&) noexcept = default;

    friend void archive(auto& ar, reassembly_options& of) {
        auto& [max_packets_, max_bytes_, max_age_] = of;
        ar.size(max_packets_);
        ar.size(max_bytes_);
        ar(max_age_);
    }
};

} // namespace tcplens::inline v0
