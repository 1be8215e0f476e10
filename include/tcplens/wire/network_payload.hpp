// SPDX-License-Identifier: MIT
#pragma once

#include "ether_type.hpp"
#include "frame_view.hpp"
#include "protocol_id.hpp"

namespace tcplens::inline v1::detail {

/// What a link layer carries: the EtherType, and what follows.
struct network_payload {
    ether_type type{};
    frame_view content{};
    /// What follows if no EtherType names it; `type` is 0 then.
    protocol_id other{};

    /// The protocol of the content.
    [[nodiscard]] constexpr protocol_id what() const noexcept {
        return other.in == protocol_id::registry::none ? protocol_id{type} : other;
    }
};

/// What a link layer carries if no EtherType names it.
[[nodiscard]] constexpr network_payload other_payload(protocol_id what, const frame_view& content) noexcept {
    return {ether_type{}, content, what};
}

} // namespace tcplens::inline v1::detail
