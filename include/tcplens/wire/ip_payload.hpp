// SPDX-License-Identifier: MIT
#pragma once

#include "address.hpp"
#include "layer.hpp"

#include <cstdint>

namespace tcplens {

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

/// What an IP packet carries, and what its header says that matters further up.
struct ip_payload {
    address source{};
    address destination{}; ///< the final one, where a source route has others before it
    ip_protocol protocol{};
    bool fragment = false;      ///< only a part of what the sender's packet carried
    std::uint32_t length = 0;   ///< of the whole IP packet, headers included
    std::uint8_t hop_limit = 0; ///< or time to live
    std::uint8_t ecn = 0;       ///< from 0 to 3 (RFC 3168 5)
    bool has_id = false;        ///< IPv4 only
    std::uint16_t id = 0;
    layer content{}; ///< its length is the one that the IP header gives

    /// Without `content`, which is not its own.
    friend void archive(auto& with, ip_payload& of) {
        auto& [source_, destination_, protocol_, fragment_, length_, hop_limit_, ecn_, has_id_, id_, content_] = of;
        with(source_, destination_);
        with.any(protocol_);
        with(fragment_, length_, hop_limit_);
        with.up_to(ecn_, 3);
        with(has_id_, id_);
    }
};

} // namespace tcplens
