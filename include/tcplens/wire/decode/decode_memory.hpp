// SPDX-License-Identifier: MIT
#pragma once

#include "../icmp_notice.hpp"
#include "../ip/ip_reassembly.hpp"
#include "bundle_stack.hpp"

namespace tcplens::inline v1::detail {

/// A store of fragments that keeps none.
struct no_reassembly {
    static constexpr bool keeps = false;
};

/// What decoding remembers beside the bytes of a packet: fragments of others, and what is left of this one. Passed as a whole, so that
/// the common path, which needs none of it, passes one pointer.
struct decoder_memory {
    static constexpr bool reads_notices = true;

    ip_reassembly fragments;
    bundle_stack bundles{};
    icmp_notice notice{};
};

/// The same for decode(), which remembers nothing.
struct no_memory {
    static constexpr bool reads_notices = false;

    no_reassembly fragments{};
    bundle_stack bundles{};
};

} // namespace tcplens::inline v1::detail
