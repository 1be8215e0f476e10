// SPDX-License-Identifier: MIT
#pragma once

#include "address.hpp"
#include "frame_view.hpp"
#include "ip_protocol.hpp"

#include <cstdint>

namespace tcplens::inline v0::detail {

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
    frame_view content{}; ///< its length is the one that the IP header gives

    /// Without `content`, which is not its own.
    friend void archive(auto& ar, ip_payload& of) {
        auto& [source_, destination_, protocol_, fragment_, length_, hop_limit_, ecn_, has_id_, id_, content_] = of;
        ar(source_, destination_);
        ar.raw(protocol_);
        ar(fragment_, length_, hop_limit_);
        ar.bounded(ecn_, 3);
        ar(has_id_, id_);
    }
};

} // namespace tcplens::inline v0::detail
