// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "address.hpp"
#include "endpoint.hpp"
#include "network_id.hpp"
#include "sequence_number.hpp"

#include <cstdint>
#include <optional>

namespace tcplens::inline v1 {

/// What an ICMP error says of a TCP segment that it quotes: the segment was not delivered, and why.
///
/// Not a segment: it is never counted as one. Errors can be forged by anyone who knows the endpoints (RFC 5927), so the quoted sequence
/// number should be compared with what was sent.
struct icmp_notice {
    /// What the error is about, whatever the version of ICMP.
    enum class subject : std::uint8_t {
        unreachable,       ///< type 3 (RFC 792), type 1 (RFC 4443); `code` says what could not be reached
        packet_too_big,    ///< type 3 code 4 (RFC 1191), type 2 (RFC 4443); see `mtu`
        time_exceeded,     ///< type 11, type 3: the hop limit, or the time for reassembly (code 1)
        parameter_problem, ///< type 12, type 4
        source_quench,     ///< type 4 (deprecated by RFC 6633)
        redirect,          ///< type 5; the segment was delivered
    };

    timestamp time{};                     ///< capture time of the packet with the error
    std::uint64_t packet_number = 0;      ///< the number of that packet
    subject about = subject::unreachable; ///< what the error is about
    bool v6 = false;                      ///< whether the error is of ICMPv6: `type` and `code` are numbers of that
    std::uint8_t type = 0;                ///< the type of the error
    std::uint8_t code = 0;                ///< the code of the error
    std::uint32_t mtu =
        0;              ///< largest packet in bytes that can pass, with `packet_too_big`; 0 if the router does not say
    address sender{};   ///< who sent the error: a router, or the destination
    address receiver{}; ///< who gets the error: as a rule the sender of the segment
    endpoint quoted_source{};                 ///< the sender of the quoted segment
    endpoint quoted_destination{};            ///< the receiver of the quoted segment
    sequence_number quoted_sequence{};        ///< the sequence number of the quoted segment
    std::uint32_t quoted_length = 0;          ///< bytes of the quoted IP packet, by its header
    std::optional<std::uint16_t> quoted_id{}; ///< IPv4 Identification of the quoted packet; `nullopt` for IPv6
    detail::network_id network{};             ///< see segment::network

    [[nodiscard]] friend constexpr bool operator==(const icmp_notice&, const icmp_notice&) noexcept = default;
};

} // namespace tcplens::inline v1
