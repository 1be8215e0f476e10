// SPDX-License-Identifier: MIT
#pragma once

#include "reassembly_options.hpp"
#include "tunnel_set.hpp"

namespace tcplens::inline v0 {

/// How packets are decoded.
struct decode_options {
    /// Whether to add up the checksums of each segment and tell in segment::checksum what they said. Off, a packet
    /// costs less and all are `not_verified`: a capture taken on the sending host holds mostly checksums that its
    /// adapter was to fill in.
    bool verify_checksums = false;
    /// Whether segment::network tells VLANs and tunnelled networks apart, so that two networks with the same private
    /// addresses have connections of their own. Off, since the two directions of a connection may come by different
    /// VLANs.
    bool identify_networks = false;
    /// What leads to the segment within. `~tunnel_set::gtp` is all but one.
    tunnel_set tunnels = tunnel_set::all;
    /// Where fragments are put together, and how far; decode() keeps nothing, and does not.
    reassembly_options reassembly{};

    [[nodiscard]] friend constexpr bool operator==(const decode_options&, const decode_options&) noexcept = default;
};

} // namespace tcplens::inline v0
