// SPDX-License-Identifier: MIT
#pragma once

#include "link_type_names.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace tcplens::inline v0 {

/// The link layer that the bytes of a packet begin with: a LINKTYPE_ value of the registry of the tcpdump group
/// (draft-ietf-opsawg-pcaplinktype). Any number is a valid value; the link types that tcplens decodes have an enumerator.
enum class link_type : std::uint32_t {
    null = 0,       ///< BSD loopback; the family in the byte order of the machine that captured
    ethernet = 1,   ///< IEEE 802.3
    token_ring = 6, ///< IEEE 802.5
    arcnet_bsd = 7,
    slip = 8, ///< RFC 1055, behind a header of 16 bytes
    ppp = 9,
    fddi = 10,
    raw_dlt = 12,   ///< DLT_RAW of most systems, written to files by tools that did not map it to `raw`
    raw_bsd = 14,   ///< DLT_RAW of OpenBSD, likewise
    pflog_old = 17, ///< DLT_OLD_PFLOG of OpenBSD before 3.4
    ppp_hdlc = 50,
    ppp_ether = 51, ///< PPPoE
    atm_rfc1483 = 100,
    raw = 101, ///< IPv4 or IPv6, told by the version field
    cisco_hdlc = 104,
    ieee802_11 = 105,
    atm_clip = 106,
    frame_relay = 107,
    loop = 108, ///< OpenBSD loopback; the family in network byte order
    enc = 109,  ///< OpenBSD IPsec
    linux_sll = 113,
    pflog = 117,
    ieee802_11_prism = 119,
    ip_over_fc = 122, ///< RFC 2625
    ieee802_11_radiotap = 127,
    arcnet_linux = 129,
    apple_ip_over_ieee1394 = 138,
    docsis = 143,
    ieee802_11_avs = 163,
    ppp_pppd = 166,
    juniper_ether = 178,
    juniper_ppp = 179,
    juniper_frelay = 180,
    juniper_chdlc = 181,
    ppi = 192,
    ppp_with_direction = 204,
    cisco_hdlc_with_direction = 205,
    frame_relay_with_direction = 206,
    mpls = 219,
    ipv4 = 228,
    ipv6 = 229,
    nflog = 239,
    ipoib = 242, ///< RFC 4391
    pktap = 258,
    linux_sll2 = 276,
    dsa_tag_brcm = 281,
    dsa_tag_brcm_prepend = 282,
    dsa_tag_dsa = 284,
    dsa_tag_edsa = 285,
    none = 0xffff'ffff, ///< no link layer, and no number of the registry: a segment that was not captured as a frame
};
/// The greatest value that archives accept: any number.
[[nodiscard]] constexpr link_type archive_limit(link_type) noexcept {
    return link_type{0xffff'ffff};
}

/// The name of a link type in the registry, without LINKTYPE_: "IEEE802_15_4_WITHFCS". Empty for a number that has no name there.
[[nodiscard]] constexpr std::string_view to_string(link_type link) noexcept {
    std::span<const detail::link_type_name> names{detail::link_type_names};
    while (!names.empty()) {
        const detail::link_type_name& middle = names[names.size() / 2];
        if (middle.number == static_cast<std::uint32_t>(link)) return middle.name;
        names = middle.number < static_cast<std::uint32_t>(link) ? names.subspan(names.size() / 2 + 1)
                                                                 : names.first(names.size() / 2);
    }
    return {};
}

} // namespace tcplens::inline v0
