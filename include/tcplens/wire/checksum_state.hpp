// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// What the checksums of a segment said, IP and TCP together. IPv6 has none of its own.
enum class checksum_state : std::uint8_t {
    not_verified, ///< nobody asked, or the capture was cut before the end of what they cover
    good,
    offloaded, ///< the sending host left a checksum to its network adapter: damage cannot be told
    bad,       ///< damaged on the way, or made by a tool that does not care
};

} // namespace tcplens::inline v0
