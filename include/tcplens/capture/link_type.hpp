// SPDX-License-Identifier: MIT
#pragma once

#include "link_type_names.hpp"

#include <cstdint>
#include <string_view>

namespace tcplens::inline v1 {

/// The link layer that the bytes of a packet begin with: a LINKTYPE_ value of the registry of the tcpdump group
/// (draft-ietf-opsawg-pcaplinktype). Any number is a valid value; the link types that tcplens decodes have an enumerator.
enum class link_type : std::uint32_t {
    null = 0,                     ///< BSD loopback, with the address family in the byte order of the capturing machine
    ethernet = 1,                 ///< IEEE 802.3
    token_ring = 6,               ///< IEEE 802.5
    arcnet_bsd = 7,               ///< ARCNET, as BSD systems write it
    slip = 8,                     ///< RFC 1055, behind a header of 16 bytes
    ppp = 9,                      ///< PPP, with or without HDLC framing
    fddi = 10,                    ///< FDDI
    raw_dlt = 12,                 ///< DLT_RAW of most systems, written to files by tools that did not map it to `raw`
    raw_bsd = 14,                 ///< DLT_RAW of OpenBSD, likewise
    pflog_old = 17,               ///< DLT_OLD_PFLOG of OpenBSD before 3.4
    ppp_hdlc = 50,                ///< PPP in HDLC-like framing: RFC 1662
    ppp_ether = 51,               ///< PPPoE
    symantec_firewall = 99,       ///< captures of Symantec's firewall
    atm_rfc1483 = 100,            ///< LLC-encapsulated ATM: RFC 2684
    raw = 101,                    ///< IPv4 or IPv6, told by the version field
    cisco_hdlc = 104,             ///< Cisco HDLC
    ieee802_11 = 105,             ///< IEEE 802.11
    atm_clip = 106,               ///< classical IP over ATM: RFC 2225
    frame_relay = 107,            ///< Frame Relay: RFC 2427
    loop = 108,                   ///< OpenBSD loopback, with the address family in network byte order
    enc = 109,                    ///< OpenBSD IPsec
    linux_sll = 113,              ///< Linux cooked capture, version 1
    pflog = 117,                  ///< pf log of BSD systems
    ieee802_11_prism = 119,       ///< 802.11 behind a Prism header
    ip_over_fc = 122,             ///< RFC 2625
    ieee802_11_radiotap = 127,    ///< 802.11 behind a radiotap header
    arcnet_linux = 129,           ///< ARCNET, as Linux writes it
    apple_ip_over_ieee1394 = 138, ///< IP over IEEE 1394, as macOS writes it
    docsis = 143,                 ///< DOCSIS MAC frames
    ieee802_11_avs = 163,         ///< 802.11 behind an AVS header
    ppp_pppd = 166,               ///< PPP behind a direction, as pppd writes it
    juniper_ether = 178,          ///< Ethernet behind a Juniper header
    juniper_ppp = 179,            ///< PPP behind a Juniper header
    juniper_frelay = 180,         ///< Frame Relay behind a Juniper header
    juniper_chdlc = 181,          ///< Cisco HDLC behind a Juniper header
    ppi = 192,                    ///< a Per-Packet Information header
    erf = 197,                    ///< a record of Endace's ERF format
    ppp_with_direction = 204,     ///< PPP behind a direction
    cisco_hdlc_with_direction = 205,  ///< Cisco HDLC behind a direction
    frame_relay_with_direction = 206, ///< Frame Relay behind a direction
    mpls = 219,                       ///< MPLS: RFC 3032
    ipv4 = 228,                       ///< IPv4 without a link layer
    ipv6 = 229,                       ///< IPv6 without a link layer
    nflog = 239,                      ///< Linux netfilter log
    ipoib = 242,                      ///< RFC 4391
    wireshark_upper_pdu = 252,        ///< what Wireshark exported, behind tags that name it
    netlink = 253,                    ///< Linux Netlink messages
    pktap = 258,                      ///< PKTAP of macOS
    linux_sll2 = 276,                 ///< Linux cooked capture, version 2
    dsa_tag_brcm = 281,               ///< Ethernet with a Broadcom switch tag
    dsa_tag_brcm_prepend = 282,       ///< Ethernet behind a Broadcom switch tag
    dsa_tag_dsa = 284,                ///< Ethernet with a Marvell switch tag
    dsa_tag_edsa = 285,               ///< Ethernet with an extended Marvell switch tag
    none = 0xffff'ffff, ///< no link layer, and no number of the registry: a segment that was not captured as a frame
};
/// The greatest value that archives accept: any number.
[[nodiscard]] constexpr link_type tcplens_archive_limit(link_type) noexcept {
    return link_type{0xffff'ffff};
}

/// The name of a link type in the registry, without LINKTYPE_: "IEEE802_15_4_WITHFCS". Empty for a number that has no name there.
[[nodiscard]] constexpr std::string_view to_string(link_type link) noexcept {
    const detail::link_type_name* begin = std::begin(detail::link_type_names);
    const detail::link_type_name* end = std::end(detail::link_type_names);
    while (begin != end) {
        const detail::link_type_name* const middle = begin + (end - begin) / 2;
        if (middle->number == static_cast<std::uint32_t>(link)) return middle->name;
        if (middle->number < static_cast<std::uint32_t>(link)) begin = middle + 1;
        else end = middle;
    }
    return {};
}

} // namespace tcplens::inline v1
