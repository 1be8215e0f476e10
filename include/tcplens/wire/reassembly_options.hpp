// SPDX-License-Identifier: MIT
#pragma once

#include "../base/chrono.hpp"

#include <cstddef>

namespace tcplens::inline v1 {

/// Limits of the memory in which a decoder puts fragmented IP packets together. Beyond a limit the oldest incomplete packet is
/// given up.
struct reassembly_options {
    /// Largest number of incomplete packets at a time. With 0, fragments are not put together.
    std::size_t max_packets = 64;
    /// Largest number of bytes that the fragments of all incomplete packets take up together.
    ///
    /// decoder::reserve() allocates, for each of `max_packets`, room for the longest IP packet (64 KiB) or for `max_bytes` if
    /// that is less: 4 MiB by default. A table with table_options::max_connections does so when it is constructed.
    std::size_t max_bytes = std::size_t{1} << 22;
    /// How long a packet may stay incomplete, in capture time. The default is that of RFC 8200 section 4.5.
    std::chrono::nanoseconds max_age = std::chrono::seconds{60};

    [[nodiscard]] friend constexpr bool operator==(const reassembly_options&,
                                                   const reassembly_options&) noexcept = default;

    friend void archive(auto& ar, reassembly_options& value) {
        auto& [max_packets_, max_bytes_, max_age_] = value;
        ar.size(max_packets_);
        ar.size(max_bytes_);
        ar(max_age_);
    }
};

} // namespace tcplens::inline v1
