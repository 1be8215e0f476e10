// SPDX-License-Identifier: MIT
#pragma once

#include "ether_type.hpp"
#include "frame_view.hpp"

namespace tcplens {

/// What a link layer carries.
struct network_payload {
    ether_type type{};
    frame_view content{};
};

} // namespace tcplens
