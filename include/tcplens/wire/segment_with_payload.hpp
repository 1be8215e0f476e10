// SPDX-License-Identifier: MIT
#pragma once

#include "segment.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace tcplens::inline v1::detail {

/// A segment, and where its data is. decode() writes it where it is asked to.
struct segment_with_payload : segment {
    std::span<const std::byte>
        payload{}; ///< the captured bytes of its data, in the packet or in what fragments were put together to
    std::uint16_t urgent_pointer = 0; ///< of the header; valid only if flags.urg()
};

} // namespace tcplens::inline v1::detail
