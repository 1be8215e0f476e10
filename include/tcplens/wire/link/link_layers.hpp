// SPDX-License-Identifier: MIT
#pragma once

#include "capture_headers/enc.hpp"
#include "capture_headers/erf.hpp"
#include "capture_headers/exported_pdu.hpp"
#include "capture_headers/juniper.hpp"
#include "capture_headers/linux_cooked.hpp"
#include "capture_headers/netlink.hpp"
#include "capture_headers/nflog.hpp"
#include "capture_headers/null_loopback.hpp"
#include "capture_headers/pflog.hpp"
#include "capture_headers/symantec_firewall.hpp"
#include "ethernet/docsis.hpp"
#include "ethernet/ethernet.hpp"
#include "ethernet/fddi.hpp"
#include "ethernet/switch_tagged_ethernet.hpp"
#include "ethernet/token_ring.hpp"
#include "ip_over/arcnet.hpp"
#include "ip_over/ip_over_atm.hpp"
#include "ip_over/ip_over_fibre_channel.hpp"
#include "ip_over/ip_over_ieee1394.hpp"
#include "ip_over/ip_over_infiniband.hpp"
#include "link_layer_list.hpp"
#include "point_to_point/cisco_hdlc.hpp"
#include "point_to_point/frame_relay.hpp"
#include "point_to_point/mpls_link.hpp"
#include "point_to_point/ppp.hpp"
#include "point_to_point/raw_ip.hpp"
#include "point_to_point/slip.hpp"
#include "wireless/ieee802_11.hpp"
#include "wrapped_link.hpp"

namespace tcplens::inline v1::detail {

/// The link layers that tcplens reads, the most frequent first. A new link layer is a new file, and its name here;
/// tests/protocols.py then adds it to docs/protocols.md.
using link_layers =
    link_layer_list<ethernet, raw_ip, null_loopback, linux_cooked, cisco_hdlc, ppp, fddi, nflog, arcnet, ieee802_11,
                    wrapped_link, frame_relay, token_ring, ip_over_infiniband, ip_over_fibre_channel, ip_over_ieee1394,
                    ip_over_atm, mpls_link, pflog, enc, slip, docsis, juniper, switch_tagged_ethernet, erf,
                    exported_pdu, netlink, symantec_firewall>;

} // namespace tcplens::inline v1::detail
