// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// An IP protocol number (IANA). IPv6 uses the same numbers for its extension headers.
///
/// Any value is valid; those that tcplens needs most have a name.
enum class ip_protocol : std::uint8_t {
    hop_by_hop = 0,           ///< IPv6 extension header (RFC 8200 section 4.3)
    icmp = 1,                 ///< RFC 792
    ipv4 = 4,                 ///< RFC 2003
    tcp = 6,                  ///< RFC 9293
    udp = 17,                 ///< RFC 768
    ipv6 = 41,                ///< RFC 2473
    routing = 43,             ///< IPv6 extension header (RFC 8200 section 4.4)
    fragment = 44,            ///< IPv6 extension header (RFC 8200 section 4.5)
    gre = 47,                 ///< RFC 2784
    authentication = 51,      ///< RFC 4302
    icmp6 = 58,               ///< RFC 4443
    destination_options = 60, ///< IPv6 extension header (RFC 8200 section 4.6)
    ether_ip = 97,            ///< RFC 3378
    l2tp = 115,               ///< RFC 3931
    mobility = 135,           ///< IPv6 extension header (RFC 6275)
    mpls = 137,               ///< RFC 4023
    host_identity = 139,      ///< IPv6 extension header (RFC 7401)
    shim6 = 140,              ///< IPv6 extension header (RFC 5533)
    ethernet = 143,           ///< RFC 8986
};
/// The greatest value that archives accept: any number.
[[nodiscard]] constexpr ip_protocol tcplens_archive_limit(ip_protocol) noexcept {
    return ip_protocol{0xff};
}

} // namespace tcplens::inline v1
