// SPDX-License-Identifier: MIT
#pragma once

#include "../../base/byte_order.hpp"
#include "../frame_view.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "sflow_records.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// Samples of packets that a device sends to an analyser, sFlow version 5 (sflow.org).
inline constexpr tunnel_set sflow{1u << 22};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: UDP port 6343.
/// Read: headers of sampled packets: Ethernet, Token Ring, FDDI, Frame Relay, PPP, IPv4, IPv6, MPLS and IEEE 802.11. All samples of a
/// datagram; their segments are `segment::sampled`.
/// Not read: counters, samples without a header, earlier versions.
/// Network: nothing.
struct sflow {
    static constexpr tunnel_set bit = tunnels::sflow;
    static constexpr std::string_view name = "sflow";
    static constexpr std::array carried_by{protocol_id::udp_port(6343)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(8)) return content.truncation_error(8);
        if (load_big<std::uint32_t>(content.bytes.data()) != 5) return packet_outcome::not_tcp;
        std::size_t length = 0; // up to the samples: address, sub-agent, sequence number, uptime, number of samples
        switch (load_big<std::uint32_t>(content.bytes.data() + 4)) {
        case 1: length = 8 + 4 + 16; break;  // an IPv4 address
        case 2: length = 8 + 16 + 16; break; // an IPv6 address
        default: return packet_outcome::not_tcp;
        }
        if (!content.has(length)) return content.truncation_error(length);
        return tunnel_payload{bundle_of(bundle_kind::sflow_samples), content.subview(length)};
    }
};

} // namespace tcplens::inline v1::detail
