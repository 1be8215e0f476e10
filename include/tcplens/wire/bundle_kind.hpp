// SPDX-License-Identifier: MIT
#pragma once

#include "protocol_id.hpp"

#include <cstdint>

namespace tcplens::inline v1::detail {

/// Headers behind which several packets follow each other. Link layers and tunnels name them by bundle_of(); decode/bundle_list.hpp
/// finds what takes them apart.
enum class bundle_kind : std::uint8_t {
    aggregate,      ///< subframes of an IEEE 802.11 A-MSDU
    mesh_aggregate, ///< the same with a mesh control in each
    netlink,        ///< Netlink messages
    sflow_samples,  ///< samples of an sFlow datagram
    sflow_records,  ///< records of one of them
};

/// The protocol of a bundle, as the decoder hands it on.
[[nodiscard]] constexpr protocol_id bundle_of(bundle_kind kind) noexcept {
    return {protocol_id::registry::bundle, static_cast<std::uint32_t>(kind)};
}

} // namespace tcplens::inline v1::detail
