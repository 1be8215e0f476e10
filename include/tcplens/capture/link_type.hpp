// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens {

/// What the first byte of a packet belongs to: a LINKTYPE_ value of the registry of the tcpdump group
/// (draft-ietf-opsawg-pcaplinktype). Any value can be held; those that tcplens decodes have a name here.
enum class link_type : std::uint32_t {
    null = 0,     ///< BSD loopback; the family in the byte order of the machine that captured
    ethernet = 1, ///< IEEE 802.3
    raw_dlt = 12, ///< DLT_RAW of most systems, written to files by tools that did not map it to `raw`
    raw_bsd = 14, ///< DLT_RAW of OpenBSD, likewise
    raw = 101,    ///< IPv4 or IPv6, told by the version field
    loop = 108,   ///< OpenBSD loopback; the family in network byte order
    linux_sll = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_sll2 = 276,
};

} // namespace tcplens
