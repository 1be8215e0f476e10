// SPDX-License-Identifier: MIT
#pragma once

#include "../frame_view.hpp"
#include "../header_limits.hpp"
#include "../ip_protocol.hpp"
#include "../parse_result.hpp"
#include "../tunnel_set.hpp"
#include "tunnel_payload.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tcplens::inline v1::tunnels {

/// Generic routing encapsulation (RFC 2784, RFC 2890, RFC 1701), also NVGRE (RFC 7637), PPTP (RFC 2637), EoIP and GRE
/// in UDP (RFC 8086).
inline constexpr tunnel_set gre{1u << 2};

} // namespace tcplens::inline v1::tunnels

namespace tcplens::inline v1::detail {

/// Found by: IP protocol 47, UDP port 4754.
/// Read: version 0 with all optional fields and any EtherType. Version 1 with PPP (PPTP) or Ethernet (MikroTik's EoIP).
/// ERSPAN type I, which has no header of its own.
/// Not read: GRE's own checksum, version 1 with other protocols.
/// Network: the key (of NVGRE, whose keys are from 0x100000 on, without the flow number; of EoIP the tunnel number, none for PPTP).
struct gre {
    static constexpr tunnel_set bit = tunnels::gre;
    static constexpr std::string_view name = "gre";
    static constexpr std::array carried_by{protocol_id{ip_protocol::gre}, protocol_id::udp_port(4754)};

    [[nodiscard]] static constexpr parse_result<tunnel_payload> payload(protocol_id,
                                                                        const frame_view& content) noexcept {
        if (!content.has(4)) return content.truncation_error(4);
        const auto flags = load_big<std::uint16_t>(content.bytes.data());
        const auto protocol = load_big<std::uint16_t>(content.bytes.data() + 2);
        if ((flags & version) == 1) return version_1(content, flags, protocol);
        if ((flags & version) != 0) return packet_outcome::not_tcp;

        std::size_t length = 4;
        if ((flags & (has_checksum | has_routing)) != 0) length += 4; // checksum and offset come together
        const std::size_t key_at = length;
        if ((flags & has_key) != 0) length += 4;
        if ((flags & has_sequence) != 0) length += 4;
        if (!content.has(length)) return content.truncation_error(length);
        tunnel_network network;
        if ((flags & has_key) != 0) {
            const auto key = load_big<std::uint32_t>(content.bytes.data() + key_at);
            constexpr std::uint32_t reserved =
                0xfff; // RFC 7637 section 3.2: no NVGRE has these; other Ethernet tunnels do
            const bool nvgre = protocol == 0x6558 && key >> 8 > reserved;
            network = nvgre ? tunnel_network{key >> 8, 24} : tunnel_network{key, 32}; // without the number of the flow
        }
        if ((flags & has_routing) != 0) {
            int entries = 0;
            for (bool more = true; more;) { // source route entries, of which the last is empty (RFC 1701)
                if (++entries > max_repeats) return packet_outcome::not_tcp;
                if (!content.has(length + 4)) return content.truncation_error(length + 4);
                const std::byte* entry = content.bytes.data() + length;
                const auto entry_length = std::to_integer<std::size_t>(entry[3]);
                more = entry_length != 0;
                length += 4 + entry_length;
            }
            if (!content.has(length)) return content.truncation_error(length);
        }
        // ERSPAN type I has no header of its own. The later types have sequence numbers (draft-foschiano-erspan section 4.1).
        if (protocol == 0x88be && (flags & has_sequence) == 0)
            return tunnel_payload{link_type::ethernet, content.subview(length), network};
        return tunnel_payload{protocol_id::gre(protocol), content.subview(length), network};
    }

private:
    static constexpr unsigned has_checksum = 0x8000;
    static constexpr unsigned has_routing = 0x4000;
    static constexpr unsigned has_key = 0x2000;
    static constexpr unsigned has_sequence = 0x1000;
    static constexpr unsigned has_acknowledgment = 0x0080; // of version 1
    static constexpr unsigned version = 0x0007;

    [[nodiscard]] static constexpr parse_result<tunnel_payload> version_1(const frame_view& content, unsigned flags,
                                                                          std::uint16_t protocol) noexcept {
        if ((flags & has_key) == 0) return packet_outcome::not_tcp;
        std::size_t length = 8;
        if ((flags & has_sequence) != 0) length += 4;
        if ((flags & has_acknowledgment) != 0) length += 4;
        if (!content.has(length)) return content.truncation_error(length);
        // The key is the length of the payload and a number. PPTP's number is the receiver's, and differs by direction.
        const auto payload_length = load_big<std::uint16_t>(content.bytes.data() + 4);
        if (payload_length == 0) return packet_outcome::not_tcp; // an acknowledgment alone
        if (protocol == 0x880b) return tunnel_payload{link_type::ppp, content.subview(length)};
        if (protocol == 0x6400) {
            return tunnel_payload{link_type::ethernet,
                                  content.subview(length),
                                  {load_little<std::uint16_t>(content.bytes.data() + 6), 16}};
        }
        return packet_outcome::not_tcp;
    }
};

} // namespace tcplens::inline v1::detail
