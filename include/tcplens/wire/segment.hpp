// SPDX-License-Identifier: MIT
#pragma once

#include "../base/timestamp.hpp"
#include "checksum_state.hpp"
#include "endpoint.hpp"
#include "sequence_number.hpp"
#include "tcp_flags.hpp"
#include "tcp_options.hpp"

#include <cstdint>
#include <optional>
#include <type_traits>

namespace tcplens::inline v0 {

/// One TCP segment as it was on the wire: all that the analysis of connections needs to know of a packet.
struct segment {
    timestamp time{};                ///< from 1823 to 2116: see clamp_for_arithmetic()
    std::uint64_t packet_number = 0; ///< of the packet that carried it
    endpoint source{};
    endpoint destination{};
    sequence_number sequence{};
    sequence_number acknowledgment{}; ///< the field; it means something only where flags.ack()
    std::uint32_t payload_length = 0; ///< bytes of data, from the IP length: neither snaplen nor padding counts
    /// How much of `payload_length` the frame on the wire had no room for: the IP length or the frame's is wrong,
    /// mostly since a tool cut the packet and wrote the length that was left.
    std::uint32_t payload_beyond_frame = 0;
    std::uint32_t captured_payload = 0; ///< how much of `payload_length` the capture holds; less where a snaplen cut it
    std::uint32_t ip_length = 0;        ///< bytes of the IP packet: header, extension headers and all that it carries
    std::uint32_t wire_length = 0;      ///< bytes of the whole packet on the wire, link layer and padding included
    std::uint16_t window = 0;           ///< the field, not scaled
    tcp_flags flags{};
    checksum_state checksum = checksum_state::not_verified; ///< decode_options::verify_checksums asks for it
    std::optional<std::uint16_t> ip_id{};                   ///< IPv4 Identification; IPv6 has none
    std::uint8_t hop_limit = 0;                             ///< or the IPv4 time to live
    std::uint8_t ecn = 0;                                   ///< the two bits of RFC 3168 5, from 0 to 3
    std::uint8_t tunnel_depth = 0; ///< how many tunnels stand around the IP packet; an MPLS label stack is one
    tcp_options options{};
    /// Tells networks apart that may use the same addresses, by VLAN and tunnel; 0 for none, and unless
    /// decode_options::identify_networks asks for it.
    std::uint32_t network = 0;

    /// Sequence numbers that it takes up: a byte each, SYN and FIN one more each (RFC 9293 3.4).
    [[nodiscard]] constexpr std::uint32_t sequence_length() const noexcept {
        return payload_length + (flags.syn() ? 1u : 0u) + (flags.fin() ? 1u : 0u);
    }
    /// The sequence number after its last one.
    [[nodiscard]] constexpr sequence_number sequence_end() const noexcept { return sequence + sequence_length(); }
    /// Where its data begins: a SYN comes before the data that it carries.
    [[nodiscard]] constexpr sequence_number payload_begin() const noexcept {
        return sequence + (flags.syn() ? 1u : 0u);
    }

    /// Whether its first SACK block reports what came twice (RFC 2883 4): it begins below what is acknowledged, or lies within the
    /// second.
    [[nodiscard]] constexpr bool reports_duplicate() const noexcept {
        const auto blocks = options.sack_blocks();
        if (blocks.empty()) return false;
        if (before(blocks[0].left, acknowledgment)) return true;
        return blocks.size() > 1 && !before(blocks[0].left, blocks[1].left) &&
               !before(blocks[1].right, blocks[0].right);
    }

    [[nodiscard]] friend constexpr bool operator==(const segment&, const segment&) noexcept = default;
};

static_assert(std::is_trivially_copyable_v<segment>);

} // namespace tcplens::inline v0
