// SPDX-License-Identifier: MIT
#pragma once

#include "../ether_type.hpp"
#include "../ip_payload.hpp"
#include "../network_payload.hpp"
#include "../parse_result.hpp"
#include "ipv4.hpp"
#include "ipv6.hpp"

namespace tcplens::inline v1::detail {

/// What an IPv4 or IPv6 packet carries; not_tcp for any other type.
[[nodiscard]] constexpr parse_result<ip_payload> ip_payload_of(const network_payload& from) noexcept {
    if (from.type == ether_type::ipv4) {
        const auto header = ipv4_header::parse(from.content);
        if (!header) return header.error();
        return header->payload();
    }
    if (from.type == ether_type::ipv6) {
        const auto header = ipv6_header::parse(from.content);
        if (!header) return header.error();
        return header->payload();
    }
    return packet_outcome::not_tcp;
}

} // namespace tcplens::inline v1::detail
