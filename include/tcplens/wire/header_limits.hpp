// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

namespace tcplens::inline v1::detail {

/// The most headers between the link layer and TCP: those of IP, UDP and tunnels, and of the frames in tunnels. A segment behind more of
/// them is not found. Ten nested tunnels have about thirty.
inline constexpr int max_headers = 32;

/// The most headers of one kind in a row: VLAN tags, MPLS labels, IPv6 extension headers, fields of a capture header. What follows more
/// of them is not found. Without a bound, one frame of 64 KiB costs as much as a hundred packets.
inline constexpr int max_repeats = 32;

/// The most packets that are taken out of one. An A-MSDU has at most 178 with TCP (11,454 bytes, IEEE 802.11 section 9.2.4.7.1).
inline constexpr int max_bundled = 256;

} // namespace tcplens::inline v1::detail
