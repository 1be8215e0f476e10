// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v0 {

/// An IP protocol number (IANA); IPv6 uses the same ones for its extension headers. Any value can be held.
enum class ip_protocol : std::uint8_t {
    hop_by_hop = 0,
    ipv4 = 4, ///< RFC 2003
    tcp = 6,
    udp = 17,
    ipv6 = 41, ///< RFC 2473
    routing = 43,
    fragment = 44,
    gre = 47,
    authentication = 51,
    destination_options = 60,
    ether_ip = 97, ///< RFC 3378
    l2tp = 115,    ///< RFC 3931
    mobility = 135,
    mpls = 137, ///< RFC 4023
    host_identity = 139,
    shim6 = 140,
    ethernet = 143, ///< RFC 8986
};
/// The greatest value that archives accept: any number.
[[nodiscard]] constexpr ip_protocol archive_limit(ip_protocol) noexcept {
    return ip_protocol{0xff};
}

} // namespace tcplens::inline v0
