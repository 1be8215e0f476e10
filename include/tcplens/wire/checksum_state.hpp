// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// Whether the checksums of a segment are right: that of TCP and, with IPv4, that of the IP header. The worse of the two counts.
enum class checksum_state : std::uint8_t {
    not_verified, ///< decode_options::verify_checksums is off, or the capture was cut before the end of the segment
    good,         ///< all checksums are right
    offloaded,    ///< the sending host left a checksum to its network adapter: damage cannot be detected
    bad,          ///< the packet was damaged, or a tool wrote it without a valid checksum
};

} // namespace tcplens::inline v1
