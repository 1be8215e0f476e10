// SPDX-License-Identifier: MIT
#pragma once

#include "../base/enum_set.hpp"
#include "../base/timestamp.hpp"
#include "checksum_state.hpp"
#include "endpoint.hpp"
#include "network_id.hpp"
#include "sequence_number.hpp"
#include "tcp_flags.hpp"
#include "tcp_options.hpp"

#include <cstdint>
#include <optional>
#include <type_traits>

namespace tcplens::inline v1 {

/// One TCP segment as it was on the wire: what the analysis of connections needs to know of a packet.
///
/// Trivially copyable. decode() fills in all members.
struct segment {
    /// A stack of VLANs and tunnels, which compares exactly; to_string() makes it text for people. `{}` is none.
    using network_id = detail::network_id;

    /// What headers can hold that ordinary stacks do not send: a set of bits.
    enum class oddity_set : std::uint8_t {
        none = 0,                 ///< nothing odd
        reserved_bits = 1u << 0,  ///< one of the three reserved bits of the TCP header is set (RFC 9293 section 3.1)
        urgent_pointer = 1u << 1, ///< an urgent pointer other than 0, without the flag URG
        tiny_fragment = 1u << 2,  ///< an IP fragment divided the fixed TCP header (RFC 1858 section 3, RFC 3128)
    };
    /// Makes oddity_set a set: see base/enum_set.hpp.
    [[nodiscard]] friend constexpr oddity_set tcplens_all_members(oddity_set) noexcept {
        return detail::members_up_to(oddity_set::tiny_fragment);
    }

    /// Capture time, from 1823 to 2116; decode() takes the nearest of these for a time outside.
    timestamp time{};
    std::uint64_t packet_number = 0;  ///< the number of the packet that carried the segment
    endpoint source{};                ///< the sender
    endpoint destination{};           ///< the receiver; with a source route, the final one
    sequence_number sequence{};       ///< the sequence number of the header
    sequence_number acknowledgment{}; ///< the acknowledgment number of the header; valid only if flags.ack()
    /// Bytes of data, from the IP length: neither a snaplen nor padding changes it.
    std::uint32_t payload_length = 0;
    /// How many bytes of `payload_length` the frame on the wire had no room for; normally 0.
    ///
    /// Otherwise either length is wrong, mostly because a tool cut the packet and rewrote the length of the frame.
    std::uint32_t payload_beyond_frame = 0;
    std::uint32_t captured_payload = 0; ///< how many bytes of `payload_length` were captured; fewer with a snaplen
    std::uint32_t ip_length = 0;        ///< bytes of the IP packet, with its headers
    /// Bytes of the whole packet on the wire, with link layer and padding; of fragments, those of the packet that completed the segment.
    std::uint32_t wire_length = 0;
    std::uint16_t window = 0;                               ///< the window of the header, not scaled
    tcp_flags flags{};                                      ///< the control bits
    checksum_state checksum = checksum_state::not_verified; ///< see decode_options::verify_checksums
    /// Whether the segment is a sample that a device chose (sFlow): the segments around it were not captured.
    bool sampled = false;
    std::uint8_t hop_limit = 0;    ///< IPv6 hop limit or IPv4 time to live
    std::uint8_t ecn = 0;          ///< the two ECN bits of IP (RFC 3168 section 5), from 0 to 3
    std::uint8_t tunnel_depth = 0; ///< how many tunnels are around the IP packet; an MPLS label stack counts as one
    oddity_set oddities = oddity_set::none; ///< what the headers hold that ordinary stacks do not send
    std::optional<std::uint16_t> ip_id{};   ///< IPv4 Identification; `nullopt` for IPv6
    tcp_options options{};                  ///< the TCP options, as far as they were captured
    /// Which of several networks that may use the same addresses: the VLAN tags and the tunnels with a number that are around the
    /// segment. `{}` outside of those, and unless decode_options::identify_networks is set.
    network_id network{};

    /// How many sequence numbers the segment occupies: one for each byte of data, SYN and FIN (RFC 9293 section 3.4).
    [[nodiscard]] constexpr std::uint32_t sequence_length() const noexcept {
        return payload_length + (flags.syn() ? 1u : 0u) + (flags.fin() ? 1u : 0u);
    }
    /// The sequence number after the last one of the segment.
    [[nodiscard]] constexpr sequence_number sequence_end() const noexcept { return sequence + sequence_length(); }
    /// The sequence number of the first byte of data: that after the SYN, if there is one.
    [[nodiscard]] constexpr sequence_number payload_begin() const noexcept {
        return sequence + (flags.syn() ? 1u : 0u);
    }

    /// Whether the first SACK block reports duplicate data (RFC 2883 section 4): it begins before the acknowledgment number, or
    /// lies within the second block.
    [[nodiscard]] constexpr bool reports_duplicate() const noexcept {
        const auto& blocks = options.sack_block_storage;
        if (options.sack_block_count == 0) return false;
        if (before(blocks[0].left, acknowledgment)) return true;
        return options.sack_block_count > 1 && !before(blocks[0].left, blocks[1].left) &&
               !before(blocks[1].right, blocks[0].right);
    }

    [[nodiscard]] friend constexpr bool operator==(const segment&, const segment&) noexcept = default;
};

static_assert(std::is_trivially_copyable_v<segment>);

} // namespace tcplens::inline v1
