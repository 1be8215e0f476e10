// SPDX-License-Identifier: MIT
#pragma once

#include "address.hpp"
#include "frame_view.hpp"
#include "ip_protocol.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// What an IP packet carries, and the fields of its header that a segment needs.
struct ip_payload {
    address source{};
    address destination{}; ///< the final one if there is a source route
    ip_protocol protocol{};
    bool fragment = false;      ///< it carries only a part of what the sender's packet carried
    std::uint32_t length = 0;   ///< bytes of the whole IP packet, headers included
    std::uint8_t hop_limit = 0; ///< hop limit or time to live
    std::uint8_t ecn = 0;       ///< from 0 to 3 (RFC 3168 section 5)
    bool tiny_fragment = false; ///< it was put together, and a fragment divided the first 20 bytes
    bool has_id = false;        ///< IPv4 only
    std::uint16_t id = 0;
    frame_view content{}; ///< with the length that the IP header gives

    /// Without `content`, whose bytes are not part of this object.
    friend void archive(auto& ar, ip_payload& packet) {
        auto& [source_, destination_, protocol_, fragment_, length_, hop_limit_, ecn_, tiny_, has_id_, id_, content_] =
            packet;
        ar(source_, destination_);
        ar.raw(protocol_);
        ar(fragment_, length_, hop_limit_);
        ar.bounded(ecn_, 3);
        ar(tiny_, has_id_, id_);
    }
};

} // namespace tcplens::inline v1::detail
