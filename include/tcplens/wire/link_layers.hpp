// SPDX-License-Identifier: MIT
#pragma once

#include "arcnet.hpp"
#include "cisco_hdlc.hpp"
#include "docsis.hpp"
#include "enc.hpp"
#include "ethernet.hpp"
#include "fddi.hpp"
#include "frame_relay.hpp"
#include "ieee802_11.hpp"
#include "ip_over_atm.hpp"
#include "ip_over_fibre_channel.hpp"
#include "ip_over_ieee1394.hpp"
#include "ip_over_infiniband.hpp"
#include "juniper.hpp"
#include "link_layer_list.hpp"
#include "linux_cooked.hpp"
#include "mpls_link.hpp"
#include "nflog.hpp"
#include "null_loopback.hpp"
#include "pflog.hpp"
#include "ppp.hpp"
#include "raw_ip.hpp"
#include "slip.hpp"
#include "switch_tagged_ethernet.hpp"
#include "token_ring.hpp"
#include "wrapped_link.hpp"

namespace tcplens {

/// All that tcplens reads, the most frequent first. A new link layer: one new file, and its name here.
using link_layers =
    link_layer_list<ethernet, raw_ip, null_loopback, linux_cooked, cisco_hdlc, ppp, fddi, nflog, arcnet, ieee802_11,
                    wrapped_link, frame_relay, token_ring, ip_over_infiniband, ip_over_fibre_channel, ip_over_ieee1394,
                    ip_over_atm, mpls_link, pflog, enc, slip, docsis, juniper, switch_tagged_ethernet>;

} // namespace tcplens
