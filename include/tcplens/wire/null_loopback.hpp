// SPDX-License-Identifier: MIT
#pragma once

#include "../capture/link_type.hpp"
#include "address_family.hpp"
#include "ether_type.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tcplens {

/// BSD loopback: the address family in four bytes, LINKTYPE_LOOP's in network byte order, LINKTYPE_NULL's in that of the
/// capturing machine, which the file does not always know.
struct null_loopback {
    static constexpr std::array types{link_type::null, link_type::loop};

    [[nodiscard]] static constexpr parsed<network_payload> payload(link_type, const layer& frame) noexcept {
        constexpr std::size_t header = 4;
        if (!frame.has(header)) return frame.shortfall(header);
        const std::uint32_t family = load_family(frame.bytes.data());
        // Some tools write an EtherType where the family belongs.
        if (family == static_cast<std::uint32_t>(ether_type::ipv4) ||
            family == static_cast<std::uint32_t>(ether_type::ipv6))
            return network_payload{static_cast<ether_type>(family), frame.after(header)};
        return family_payload(family, frame.after(header));
    }
};

} // namespace tcplens
