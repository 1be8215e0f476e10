// SPDX-License-Identifier: MIT
#pragma once

#include "address.hpp"
#include "layer.hpp"

#include <cstdint>
#include <optional>

namespace tcplens {

/// An IP protocol number (IANA); IPv6 uses the same ones for its extension headers. Any value can be held.
enum class ip_protocol : std::uint8_t {
    hop_by_hop = 0,
    tcp = 6,
    routing = 43,
    fragment = 44,
    authentication = 51,
    destination_options = 60,
    mobility = 135,
    host_identity = 139,
    shim6 = 140,
};

/// What an IP packet carries, and what its header says that matters further up.
struct ip_payload {
    address source{};
    address destination{};
    ip_protocol protocol{};
    bool fragment = false;             ///< only a part of what the sender's packet carried
    std::uint32_t length = 0;          ///< of the whole IP packet, headers included
    std::uint8_t hop_limit = 0;        ///< or time to live
    std::uint8_t ecn = 0;              ///< from 0 to 3 (RFC 3168 5)
    std::optional<std::uint16_t> id{}; ///< IPv4 only
    layer content{};                   ///< its length is the one that the IP header gives
};

} // namespace tcplens
