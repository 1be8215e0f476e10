// SPDX-License-Identifier: MIT
#pragma once

#include "../base/enum_set.hpp"

#include <cstdint>

namespace tcplens::inline v0 {

/// Tunnels, and other headers between a frame and the TCP in it, that decode() finds the way through. A set of bits.
enum class tunnel_set : std::uint32_t {
    none = 0,
    ip_in_ip = 1u << 0,              ///< IPv4 or IPv6 in either: RFC 2003, RFC 2473, RFC 4213
    authentication_header = 1u << 1, ///< of IPv4: RFC 4302; in IPv6 it is an extension header and always passed over
    gre = 1u << 2,                   ///< and NVGRE, PPTP, EoIP: RFC 2784, RFC 2890, RFC 7637, RFC 2637
    erspan = 1u << 3,                ///< draft-foschiano-erspan
    wccp = 1u << 4,                  ///< draft-wilson-wrec-wccp-v2
    aruba_gre = 1u << 5,             ///< 802.11 frames in GRE
    mpls = 1u << 6,                  ///< RFC 3032, RFC 4385, RFC 4448, RFC 4023, RFC 7510
    pppoe = 1u << 7,                 ///< RFC 2516
    l2tp = 1u << 8,                  ///< RFC 2661, RFC 3931
    vxlan = 1u << 9,                 ///< and VXLAN-GPE: RFC 7348, draft-ietf-nvo3-vxlan-gpe
    geneve = 1u << 10,               ///< RFC 8926
    gtp = 1u << 11,                  ///< the user plane, versions 0 and 1: 3GPP TS 29.281, TS 29.060
    teredo = 1u << 12,               ///< RFC 4380
    ayiya = 1u << 13,                ///< draft-massar-v6ops-ayiya
    capwap = 1u << 14,               ///< data in the clear: RFC 5415
    lisp = 1u << 15,                 ///< RFC 9300
    nsh = 1u << 16,                  ///< RFC 8300
    ethernet_in_ip = 1u << 17,       ///< EtherIP, and Ethernet of segment routing: RFC 3378, RFC 8986
    tzsp = 1u << 18,                 ///< TaZmen Sniffer Protocol
    bridged = 1u << 19,              ///< Ethernet and PPP frames by an EtherType of their own: RFC 1701, RFC 7637
    all = (1u << 20) - 1,
};

/// Makes tunnel_set a set: see base/enum_set.hpp.
[[nodiscard]] constexpr tunnel_set all_members(tunnel_set) noexcept {
    return tunnel_set::all;
}

} // namespace tcplens::inline v0
