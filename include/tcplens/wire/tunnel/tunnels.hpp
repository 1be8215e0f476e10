// SPDX-License-Identifier: MIT
#pragma once

#include "aruba_gre.hpp"
#include "authentication_header.hpp"
#include "ayiya.hpp"
#include "batman_adv.hpp"
#include "bridged.hpp"
#include "capwap.hpp"
#include "erspan.hpp"
#include "ethernet_in_ip.hpp"
#include "geneve.hpp"
#include "gre.hpp"
#include "gtp.hpp"
#include "ip_in_ip.hpp"
#include "l2tp.hpp"
#include "lisp.hpp"
#include "lwapp.hpp"
#include "mpls.hpp"
#include "nsh.hpp"
#include "pppoe.hpp"
#include "sflow.hpp"
#include "teredo.hpp"
#include "tunnel_list.hpp"
#include "tzsp.hpp"
#include "vxlan.hpp"
#include "wccp.hpp"

namespace tcplens::inline v1::detail {

/// The tunnels that tcplens can enter. A new tunnel is a new file, and its name here; tests/protocols.py then adds it to
/// docs/protocols.md.
using known_tunnels =
    tunnel_list<gtp, gre, vxlan, geneve, mpls, pppoe, ip_in_ip, bridged, authentication_header, erspan, l2tp, teredo,
                ayiya, capwap, lisp, nsh, ethernet_in_ip, tzsp, wccp, aruba_gre, batman_adv, lwapp, sflow>;

} // namespace tcplens::inline v1::detail
