// SPDX-License-Identifier: MIT
#pragma once

#include <tcplens/archive/archive_writer.hpp>
#include <tcplens/archive/crc32c.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Where in a saved table which field of its frame lies.
namespace saved_bytes {

inline constexpr std::size_t version_at = 8, length_at = 12, checksum_at = 20, header_checksum_at = 24,
                             header_size = 28;

/// Writes the length and the checksums that such a table has. @pre it is as long as the header
inline void mend(std::span<std::byte> bytes) {
    const auto body = bytes.subspan(header_size);
    const auto put = [&](std::size_t at, auto value) {
        tcplens::archive_writer field;
        field(value);
        std::ranges::copy(field.written(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    };
    put(length_at, std::uint64_t{body.size()});
    put(checksum_at, tcplens::detail::crc32c(body));
    put(header_checksum_at, tcplens::detail::crc32c(bytes.first(header_checksum_at)));
}

} // namespace saved_bytes
