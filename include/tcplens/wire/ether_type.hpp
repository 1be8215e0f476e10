// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace tcplens::inline v1 {

/// An EtherType (IEEE registry): the protocol above a link layer.
///
/// Any value is valid; those that tcplens needs most have a name.
enum class ether_type : std::uint16_t {
    ipv4 = 0x0800,                 ///< RFC 791
    trill = 0x22f3,                ///< RFC 6325
    batman_adv = 0x4305,           ///< B.A.T.M.A.N. advanced
    transparent_ethernet = 0x6558, ///< a whole Ethernet frame follows (RFC 1701, RFC 7637)
    vlan = 0x8100,                 ///< IEEE 802.1Q
    ipv6 = 0x86dd,                 ///< RFC 8200
    ppp = 0x880b,                  ///< PPP from its protocol field on (RFC 9542 appendix B.2)
    mpls = 0x8847,                 ///< RFC 5332
    mpls_multicast = 0x8848,       ///< RFC 5332
    pppoe_session = 0x8864,        ///< RFC 2516
    jumbo_llc = 0x8870,            ///< IEEE 802.2 LLC in frames that are longer than a length field can say
    provider_vlan = 0x88a8,        ///< IEEE 802.1ad
    macsec = 0x88e5,               ///< IEEE 802.1AE
    backbone_service = 0x88e7,     ///< IEEE 802.1ah I-TAG: provider backbone bridges
    fabric_path = 0x8903,          ///< Cisco FabricPath
    cisco_metadata = 0x8909,       ///< Cisco MetaData
    vn_tag = 0x8926,               ///< Cisco VN-tag
    redundancy_tag = 0x892f,       ///< IEC 62439-3: High-availability Seamless Redundancy
    e_tag = 0x893f,                ///< IEEE 802.1BR
    nsh = 0x894f,                  ///< RFC 8300
    old_qinq = 0x9100,             ///< double VLAN tags before 802.1ad
    old_qinq_9200 = 0x9200,        ///< the same, of other vendors
    old_qinq_9300 = 0x9300,        ///< the same, of other vendors
    arista_time = 0xd28b,          ///< Arista's timestamp tag
    marvell_edsa = 0xdada,         ///< the tag of Marvell's switch chips, after two zero bytes
    r_tag = 0xf1c1,                ///< IEEE 802.1CB
};

} // namespace tcplens::inline v1
