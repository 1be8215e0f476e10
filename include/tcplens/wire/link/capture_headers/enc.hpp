// SPDX-License-Identifier: MIT
#pragma once

#include "../../../capture/link_type.hpp"
#include "../../frame_view.hpp"
#include "../../network_payload.hpp"
#include "../../parse_result.hpp"
#include "address_family.hpp"

#include <array>
#include <cstddef>

namespace tcplens::inline v1::detail {

/// OpenBSD's IPsec encapsulation interface.
///
/// Read: an address family in either byte order, the security parameter index, flags, then the IP packet.
/// Not read: packets that are still encrypted.
struct enc {
    static constexpr std::array types{link_type::enc};

    [[nodiscard]] static constexpr parse_result<network_payload> payload(link_type, const frame_view& frame) noexcept {
        constexpr std::size_t header = 12;
        if (!frame.has(header)) return frame.truncation_error(header);
        return family_payload(load_family(frame.bytes.data()), frame.subview(header));
    }
};

} // namespace tcplens::inline v1::detail
