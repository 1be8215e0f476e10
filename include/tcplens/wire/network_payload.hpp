// SPDX-License-Identifier: MIT
#pragma once

#include "ether_type.hpp"
#include "frame_view.hpp"

namespace tcplens::inline v0::detail {

/// What a link layer carries: the EtherType, and what follows.
struct network_payload {
    ether_type type{};
    frame_view content{};
};

} // namespace tcplens::inline v0::detail
