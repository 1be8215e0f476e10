// SPDX-License-Identifier: MIT
#pragma once

#include "cisco_hdlc.hpp"
#include "ethernet.hpp"
#include "linux_cooked.hpp"
#include "null_loopback.hpp"
#include "ppp.hpp"
#include "raw_ip.hpp"

#include <algorithm>

namespace tcplens {

/// Link layers by their link types. A link layer has `types`, the link types that it reads, and
/// `payload(link, frame)`, which gives what the frame carries or why that can't be told.
template <class... LinkLayers>
struct link_layer_list {
    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type link, const layer& frame) noexcept {
        parsed<network_payload> found = packet_outcome::unsupported_link;
        static_cast<void>(((std::ranges::find(LinkLayers::types, link) != LinkLayers::types.end() &&
                            (found = LinkLayers::payload(link, frame), true)) ||
                           ...));
        return found;
    }

    [[nodiscard]] static constexpr bool supports(link_type link) noexcept {
        return ((std::ranges::find(LinkLayers::types, link) != LinkLayers::types.end()) || ...);
    }
};

/// All that tcplens reads, the most frequent first. A new link layer: one new file, and its name here.
using link_layers = link_layer_list<ethernet, raw_ip, linux_cooked, null_loopback, cisco_hdlc, ppp>;

} // namespace tcplens
