// SPDX-License-Identifier: MIT
#pragma once

namespace tcplens {

/// How packets are decoded.
struct decode_options {
    /// Whether to add up the checksums of each segment and tell in segment::checksum what they said. Off, a packet costs less
    /// and all are `not_verified`: a capture taken on the sending host holds mostly checksums that its adapter was to fill in.
    bool verify_checksums = false;

    [[nodiscard]] friend constexpr bool operator==(const decode_options&, const decode_options&) noexcept = default;
};

} // namespace tcplens
