// SPDX-License-Identifier: MIT
#pragma once

#include "timestamp.hpp"

#include <cstdint>
#include <optional>

namespace tcplens {

/// What a capture says of one of its interfaces: packets counted from the beginning of the capture until `taken`
/// (draft-ietf-opsawg-pcapng 4.6). Nothing is what it does not say. A capture may say it again and again while it goes
/// on: this is the latest of each.
struct interface_statistics {
    std::optional<std::uint64_t> received{};             ///< from the network
    std::optional<std::uint64_t> dropped_by_interface{}; ///< for lack of resources
    std::optional<std::uint64_t> accepted_by_filter{};
    std::optional<std::uint64_t> dropped_by_system{}; ///< by the operating system; what tcpdump calls the kernel
    std::optional<std::uint64_t> delivered{};         ///< to who captured
    std::optional<timestamp> capture_started{};
    std::optional<timestamp> capture_ended{};
    std::optional<timestamp> taken{}; ///< when this was so

    friend bool operator==(const interface_statistics&, const interface_statistics&) = default;
};

} // namespace tcplens
